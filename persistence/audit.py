"""Reading the audit out of a database that a floor may have open meanwhile."""

from collections.abc import Sequence
from pathlib import Path

from actors.ports.history import AuditEntry
from persistence import queries
from persistence.sqlite import connect_reader, translated


def read_audit(path: Path | str, after_seq: int, limit: int) -> Sequence[AuditEntry]:
    """Return what is audited after a sequence, oldest first. Raises JournalUnavailable when it cannot be read."""
    with translated(f"read {path}"):
        connection = connect_reader(Path(path))
        try:
            return queries.audit(connection, after_seq, limit)
        finally:
            connection.close()
