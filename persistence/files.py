"""The database's files: made for their owner alone, and locked against a second program."""

import fcntl
import os
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class FloorInUse(Exception):
    """Another program has the database open for writing."""


class FileLock:
    """An exclusive lock beside a database file, held until it is released or the process ends, however it ends.

    It is on a file of its own: a lock of ours on the database itself would be one of those that SQLite keeps there, and
    closing the file would drop them all (POSIX record locks are per process).
    """

    def __init__(self, database: Path) -> None:
        """Take the lock. Raises FloorInUse when another program holds it, OSError when the file cannot be made."""
        file = database.resolve()  # Whatever link leads to it, there is one lock.
        path = file.with_name(f"{file.name}.lock")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        _lock(self._descriptor, database, "another file")

    def release(self) -> None:
        """Let another program have the database."""
        os.close(self._descriptor)


class FolderLock:
    """An exclusive lock on a folder of data, held until it is released or the process ends.

    Beside a floor's database are files that every floor calls by the same names: those of the embedded services and the
    local operator's door. So a folder is one floor's, whatever its database is called.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock, making the folder where it is missing. Raises FloorInUse and OSError."""
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        _lock(self._descriptor, folder, "a file in another folder")

    def release(self) -> None:
        """Let another program have the folder."""
        os.close(self._descriptor)


def _lock(descriptor: int, path: Path, other: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise FloorInUse(
            f"{path} is in use by another tradefloor; stop that one, or set DATABASE_PATH to {other}"
        ) from None


def prepare(database: Path) -> None:
    """Make the folder and the file where they are missing, their owner's alone; SQLite's other files follow suit."""
    database.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    make_file(database)


def make_file(database: Path) -> None:
    """Make the file where it is missing, its owner's alone. Raises OSError."""
    os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
