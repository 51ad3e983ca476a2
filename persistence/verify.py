"""Verification that the log is whole, and that the state is what the log leads to.

It reads one snapshot of the database, which may be in use meanwhile, and holds one agent in memory at a time:

1. the file itself, as SQLite checks it, each index against its table;
2. the log: no gap in its sequence, and every hash follows from the event and the hash before it;
3. every stream: no gap, the events replay, and the rows of the agent, its portfolio, usage, trades and approvals, or of
   the person, their sign-ins and keys, are what the replay leads to, the ledger identities included;
4. no row belongs to a stream that the log does not have.

An agent that was purged has no rows but a tombstone (see `persistence.purge`); its stream must end in its deletion,
long enough before.
"""

from pathlib import Path

from attrs import frozen

from persistence.chain import GENESIS, EventRow, link
from persistence.findings import Finding, Findings
from persistence.rows import EVENT_COLUMNS
from persistence.sqlite import Connection, DatabaseError, connect_reader, translated
from persistence.verify_streams import Counts, check_orphans, check_streams

_LOG = f"SELECT {EVENT_COLUMNS}, hash FROM events ORDER BY seq"  # noqa: S608 - constants


@frozen
class Report:
    """What was verified and what was found. `head_hash` stands for the whole log: note it elsewhere to detect a cut."""

    path: str
    events: int
    head_hash: str
    counts: Counts
    findings: tuple[Finding, ...]
    findings_left_out: int

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(path: Path | str) -> Report:
    """Verify a floor's database. Raises JournalUnavailable when it cannot be opened or read as one."""
    database = Path(path)
    with translated(f"verify {database}"):
        connection = connect_reader(database)
        # A changed byte may no longer be UTF-8; it is to be found, not to end the search.
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        try:
            connection.execute("BEGIN")
            connection.execute("PRAGMA schema_version").fetchone()
            return _verify(connection, database)
        finally:
            connection.close()


def _verify(connection: Connection, database: Path) -> Report:
    findings, counts = Findings(), Counts()
    events, head = 0, GENESIS
    try:
        for (line,) in connection.execute("PRAGMA integrity_check"):
            if line != "ok":
                findings.add(str(database), f"SQLite finds the file damaged: {line}")
        events, head = _check_chain(connection, findings)
        counts = check_streams(connection, findings)
        check_orphans(connection, findings)
    except DatabaseError as error:
        findings.add(str(database), f"SQLite cannot read the file to its end: {error}")
    return Report(str(database), events, head.hex(), counts, findings.kept, findings.left_out)


def _check_chain(connection: Connection, findings: Findings) -> tuple[int, bytes]:
    """Return the number of events and the hash of the last one."""
    events, last_seq, head = 0, 0, GENESIS
    for *row, stored in connection.execute(_LOG):
        seq, stream, stream_seq, _, type_name, *_ = row
        name = f"event {seq}"
        if seq != last_seq + 1:
            findings.add(name, f"follows event {last_seq}: what was between is missing")
        if not _follows(head, tuple(row), stored):
            findings.add(name, f"({type_name}, the {stream_seq}. of {stream}) was changed: its hash does not follow")
        # What is no hash cannot be gone on from, and has been found by now.
        events, last_seq, head = events + 1, seq, stored if isinstance(stored, bytes) else GENESIS
    return events, head


def _follows(head: bytes, row: EventRow, stored: object) -> bool:
    try:
        return link(head, row) == stored
    except TypeError:  # A value that is no text any more, nor a number, has no canonical form.
        return False
