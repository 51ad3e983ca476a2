"""The build of SQLite that is used, how its connections are set up, and what its errors mean here.

Versions 3.7.0 to 3.51.2 can corrupt a database in WAL mode when two connections write or checkpoint at once (the
WAL-reset bug, https://sqlite.org/wal.html#walresetbug). One connection writes and checkpoints here, and the lock on the
file keeps a second program out; the version is checked all the same, because `verify` or a shell may come beside it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined] # the build of SQLite the library chose

from actors.errors import JournalUnavailable

FIXED_VERSION = (3, 51, 3)
"""The first version without the WAL-reset bug."""

BUSY_TIMEOUT_MS = 1_000
"""How long a statement waits for another program's lock before it fails; within the deadline of an ask."""

CACHE_KIB = 32_768
STATEMENTS_READY_MAX = 512
"""More than there are texts: some 240 of insertions, one for each table and number of rows in a step, and others."""

WAL_AUTOCHECKPOINT_PAGES = 4_000
"""Four times SQLite's default: fewer, longer checkpoints cost less in all, and 16 MB are replayed in an instant."""

JOURNAL_SIZE_LIMIT_BYTES = 67_108_864
"""To what a WAL that a long reader made grow is cut back."""

Connection = Any
"""A connection of whichever build was chosen; its stubs exist for the standard library's only."""


def sqlite_version() -> str:
    """Return the version of the SQLite library that is used, as `3.53.4`."""
    return str(sqlite3.sqlite_version)


def has_wal_reset_bug(version: tuple[int, ...] | None = None) -> bool:
    """Say whether this version of SQLite (the one in use by default) is older than the fix."""
    return (sqlite3.sqlite_version_info if version is None else version) < FIXED_VERSION


def log_of(path: Path) -> Path:
    """Return where a database's write-ahead log is: what was committed, and is not in the database's file yet."""
    return path.with_name(f"{path.name}-wal")


def sizes_bytes(path: Path) -> Mapping[str, int]:
    """Return how large a database's file and its log are, 0 where there is none."""
    files = {"database": path, "log": log_of(path)}
    return {name: file.stat().st_size if file.exists() else 0 for name, file in files.items()}


def connect_writer(path: Path) -> Connection:
    """Open the one connection that writes and checkpoints, each of its commits synced before it returns."""
    connection = sqlite3.connect(
        str(path),
        timeout=BUSY_TIMEOUT_MS / 1_000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENTS_READY_MAX,
    )
    set_up_writer(connection)
    return connection


def set_up_writer(connection: Connection) -> None:
    """Make a connection one that writes: a log ahead of the file, synced with every commit."""
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"cache_size=-{CACHE_KIB}",
        f"wal_autocheckpoint={WAL_AUTOCHECKPOINT_PAGES}",
        f"journal_size_limit={JOURNAL_SIZE_LIMIT_BYTES}",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def connect_reader(path: Path) -> Connection:
    """Open a connection that cannot write; it needs the file to exist."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=BUSY_TIMEOUT_MS / 1_000,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA query_only=ON")
    return connection


DatabaseError: type[Exception] = sqlite3.DatabaseError
"""What SQLite raises, the base of all its errors but those of misuse."""

IntegrityError: type[Exception] = sqlite3.IntegrityError
"""What it raises for a constraint that does not hold."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise JournalUnavailable for what SQLite cannot do now: full, locked, read-only, failing, damaged or closed.

    A constraint that does not hold is a defect and passes as it is.
    """
    try:
        yield
    except IntegrityError:
        raise
    except UnicodeDecodeError as error:
        # The name of a table or index is in what SQLite says of a malformed schema, as it was found.
        raise JournalUnavailable(f"cannot {doing}: the schema is damaged: {error.object!r}") from error
    except DatabaseError as error:
        raise JournalUnavailable(f"cannot {doing}: {error}") from error
