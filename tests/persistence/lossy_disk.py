"""A disk that loses power: apsw's VFS over real files, remembering what would be left of each.

The files themselves play the part of the system's page cache: they hold what was written. Beside them stands what the
medium holds for certain, which is what was there at the last sync. When the power goes, every write since then has been
kept, lost or torn, each by the seed's draw, in any subset: what a page cache may have written back by itself. A file
whose creation was not synced may be gone, and one whose deletion was not may be back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import apsw
from attrs import Factory, define
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined] # the build of SQLite the library chose

ResultT = TypeVar("ResultT")
Write = tuple[int, bytes | None]
"""Where and what; None cuts the file there."""


class PowerLoss(Exception):
    """The power went before this reached the disk."""


@define
class Medium:
    """What is left of one file for certain, and what came since."""

    durable: bytes | None = None
    pending: list[Write] = Factory(list)
    is_deleted: bool = False

    def sync(self) -> None:
        """Make everything durable."""
        content = bytearray(self.durable or b"")
        for write in self.pending:
            apply(content, write)
        self.durable, self.pending = bytes(content), []

    def after_power_loss(self, rng: Random, kept: float) -> bytes | None:
        """Return what is there when the power is back, None for no file; `kept` is how likely a write survives."""
        if (self.durable is None or self.is_deleted) and rng.random() >= kept:
            return None
        content = bytearray(self.durable or b"")
        for write in self.pending:
            offset, data = write
            if rng.random() < kept:
                apply(content, write)
            elif data is not None and rng.random() < 0.5:
                torn = rng.randrange(len(data) + 1)
                # The file may have grown without its data, which then reads as zeros.
                apply(content, (offset, data[:torn] + bytes(rng.choice((0, len(data) - torn)))))
        return bytes(content)


@define
class Disk:
    """The files of one life, until the power goes at the operation of this number."""

    cut_at: int
    media: dict[str, Medium] = Factory(dict)
    operations: int = 0

    @property
    def is_off(self) -> bool:
        """Whether the power has gone."""
        return self.operations >= self.cut_at

    def operate(self) -> None:
        """Count what changes the disk. Raises PowerLoss from the moment on at which the power goes."""
        if self.is_off:
            raise PowerLoss
        self.operations += 1
        if self.is_off:
            raise PowerLoss

    def cut(self) -> None:
        """Let the power go now, if it has not."""
        self.cut_at = min(self.cut_at, self.operations)

    def after_power_loss(self, rng: Random) -> Mapping[str, bytes]:
        """Return the files that are there when the power is back, by name."""
        kept = rng.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        left = {name: medium.after_power_loss(rng, kept) for name, medium in self.media.items()}
        return {name: content for name, content in left.items() if content is not None}


def apply(content: bytearray, write: Write) -> None:
    """Write into a file's content, which grows by zeros where there is a gap."""
    offset, data = write
    if data is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


class LossyFile(apsw.VFSFile):
    """A file of the lossy disk."""

    def __init__(self, path: str, flags: list[int], disk: Disk) -> None:
        super().__init__("", path, flags)
        self._disk = disk
        self._medium = disk.media.setdefault(Path(path).name, Medium())
        self._medium.is_deleted = False

    def excepthook(self, *_error: object) -> bool:
        """Keep quiet: whoever works on the file is told by the error code."""
        return True

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 -- apsw's name
        """Write, for now."""
        self._medium.pending.append((offset, bytes(data)))
        self._disk.operate()
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 -- apsw's name
        """Cut the file, for now."""
        self._medium.pending.append((newsize, None))
        self._disk.operate()
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 -- apsw's name
        """Make what was written durable. SQLite syncs the folder of a new file with it."""
        self._disk.operate()
        self._medium.sync()


class LossyVFS(apsw.VFS):
    """The lossy disk as SQLite sees it."""

    def __init__(self, name: str, disk: Disk) -> None:
        super().__init__(name, "")
        self._disk = disk

    def excepthook(self, *_error: object) -> bool:
        """Keep quiet, as the file does."""
        return True

    def xOpen(self, name: Any, flags: list[int]) -> LossyFile:  # noqa: N802 -- apsw's name
        """Open a file."""
        return LossyFile(name.filename() if isinstance(name, apsw.URIFilename) else name, flags, self._disk)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 -- apsw's name
        """Delete a file, for certain only where the folder is synced."""
        self._disk.operate()
        medium = self._disk.media[Path(filename).name]
        if syncdir:
            medium.durable = None
        medium.is_deleted, medium.pending = True, [(0, None)]
        super().xDelete(filename, syncdir)


class LossyConnection:
    """A connection over the lossy disk, with as much of `sqlite3.Connection` as the writer uses."""

    isolation_level = None

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def execute(self, statement: str, values: Sequence[Any] = ()) -> apsw.Cursor:
        """Run a statement. Raises sqlite3.OperationalError."""
        return _told_as_sqlite3(lambda: self._connection.execute(statement, tuple(values)))

    def executemany(self, statement: str, rows: Any) -> apsw.Cursor:
        """Run a statement for each row. Raises sqlite3.OperationalError."""
        return _told_as_sqlite3(lambda: self._connection.executemany(statement, [tuple(row) for row in rows]))

    def close(self) -> None:
        """Close the file, its log checkpointed as far as the power lets it be. Raises sqlite3.OperationalError."""
        _told_as_sqlite3(self._connection.close)


@contextmanager
def lossy_connection(path: Path, disk: Disk) -> Iterator[LossyConnection]:
    """Open a file over a disk that may lose power; its other files are beside it."""
    vfs = LossyVFS("lossy", disk)
    try:
        connection = apsw.Connection(str(path), vfs="lossy")
        try:
            yield LossyConnection(connection)
        finally:
            # Nothing gets through to a disk without power; what is released are the descriptors.
            disk.cut()
            with suppress(PowerLoss, apsw.Error):
                connection.close(force=True)
    finally:
        vfs.unregister()


def _told_as_sqlite3(work: Callable[[], ResultT]) -> ResultT:
    try:
        return work()
    except (apsw.Error, PowerLoss) as error:
        raise sqlite3.OperationalError(str(error) or "the power is gone") from error
