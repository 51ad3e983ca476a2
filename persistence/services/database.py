"""One SQLite connection, guarded by one lock, for a service whose calls arrive on many threads."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock

from sqlite_utils import Database, Migrations
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined] # the build of SQLite the library chose

from persistence.files import FileLock, make_file
from persistence.migrating import migrate
from persistence.sqlite import DatabaseError, IntegrityError

BUSY_TIMEOUT_MS = 1_000
"""Below the deadline of a call (2 s), so that a locked file becomes an error the caller sees."""


class ServiceDatabase:
    """A database file in WAL mode with ``synchronous=FULL``: a transaction that returned survives a power cut."""

    def __init__(self, path: Path | str, migrations: Migrations, unavailable: Callable[[str], Exception]) -> None:
        """Open or create the file and migrate it. Raises FloorInUse when another program has it open.

        ``unavailable`` makes the error raised when SQLite cannot read or write it: locked, full, failing or damaged.
        """
        self._lock = Lock()
        self._unavailable = unavailable
        self._closed = False
        self._held = ExitStack()
        if str(path) != ":memory:":
            with suppress(OSError):  # SQLite says better what is in the way.
                make_file(Path(path))
                self._held.callback(FileLock(Path(path)).release)
        try:
            connection = sqlite3.connect(str(path), timeout=BUSY_TIMEOUT_MS / 1_000, check_same_thread=False)
            self._db = Database(connection)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            migrate(self._db, migrations)
        except DatabaseError as error:
            self._held.close()
            raise unavailable(f"cannot open {path}: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Hold the connection for one transaction, committed at the end of the block, rolled back on any error."""
        with self._lock:
            if self._closed:
                raise self._unavailable("the database is closed")
            with self._translated(), self._db.atomic():
                yield self._db

    def close(self) -> None:
        """Close the file; a transaction in progress ends first."""
        with self._lock:
            self._closed = True
            self._db.close()
            self._held.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DatabaseError as error:
            raise self._unavailable(str(error)) from error
