"""Backups of a floor's databases while it runs, and their way back.

A backup is a copy of the floor's database as it was at one moment, in one file that needs no other, brought to the
current schema and verified. The embedded services' files, where there are any, are copied after it and stand beside it:
what a service knows may then be newer than what the floor has, which its deduping makes harmless, but never older.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import frozen
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined] # the build of SQLite the library chose

from actors.errors import JournalUnavailable
from persistence.files import FILE_MODE, FileLock, FolderLock
from persistence.migrating import migrate
from persistence.schema import migrations
from persistence.sqlite import connect_reader, log_of, translated
from persistence.verify import Report, verify

PAGES_PER_STEP = 1_000
"""4 MB between two words about the progress."""

Progress = Callable[[int, int], None]
"""Is told how many pages of the floor's database are copied, and of how many."""


class AlreadyThere(Exception):
    """A file is in the way, and was not to be replaced."""


class BackupDamaged(Exception):
    """The copy does not verify; the report says why."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{len(report.findings) + report.findings_left_out} findings, the first: {report.findings[0]}")
        self.report = report


@frozen
class Copied:
    """What was copied: the report on the floor's database, and the size of all files."""

    report: Report
    size_bytes: int


def back_up(database: Path, target: Path, parts: Mapping[str, Path], progress: Progress, *, force: bool) -> Copied:
    """Copy a floor that may be running to `target`, and each part that exists to `target.<name of the part>`.

    Nothing is at `target` before all of it is there and verified. Raises AlreadyThere unless `force`, BackupDamaged,
    JournalUnavailable when a database cannot be read or the copy not be written, and OSError.
    """
    if target.exists() and not force:
        raise AlreadyThere(f"{target} exists already")
    copies = {target: database} | {_part(target, name): path for name, path in parts.items() if path.exists()}
    with _arriving(copies, {}) as arriving:
        return _copied(copies, arriving, target, progress)


def restore(
    backup: Path, database: Path, parts: Mapping[str, Path], progress: Progress, *, kept_as: str | None
) -> Copied:
    """Put a backup in the place of a floor that is stopped; what was there gets the suffix `kept_as`.

    Raises AlreadyThere when something was there and `kept_as` is None, FloorInUse, BackupDamaged, JournalUnavailable
    and OSError. Until all of the copy is there, verified and durable, nothing is touched.
    """
    with ExitStack() as locks:
        locks.callback(FolderLock(database.parent).release)
        for path in (database, *parts.values()):
            locks.callback(FileLock(path).release)
        there = [path for path in (database, *parts.values()) if path.exists() or log_of(path).exists()]
        if there and kept_as is None:
            raise AlreadyThere(f"{there[0]} exists already")
        sources = {path: _part(backup, name) for name, path in parts.items()}
        copies = {database: backup} | {path: source for path, source in sources.items() if source.exists()}
        with _arriving(copies, dict.fromkeys(there, f"{kept_as}")) as arriving:
            return _copied(copies, arriving, database, progress)


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """Copy a database as it is at one moment, though others write to it meanwhile. Raises JournalUnavailable, OSError.

    The open snapshot keeps the copy from beginning anew with every commit of the others.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE))
    with translated(f"copy {source}"):
        reader = connect_reader(source)
        try:
            reader.execute("BEGIN")
            reader.execute("PRAGMA schema_version").fetchone()
            writer = sqlite3.connect(str(target), isolation_level=None)
            try:
                reader.backup(
                    writer, pages=PAGES_PER_STEP, progress=lambda _, left, total: progress(total - left, total)
                )
                writer.execute("PRAGMA journal_mode=DELETE")
            finally:
                writer.close()
        finally:
            reader.close()


@contextmanager
def _arriving(copies: Mapping[Path, Path], set_aside: Mapping[Path, str]) -> Iterator[Mapping[Path, Path]]:
    """Yield where each copy is made; at a good end all are moved to their places, at a bad one removed.

    What is in a place and to be kept gets its suffix right before another file takes that place: nothing that takes
    long is between the two, as a floor that is started in that moment would begin with an empty database.
    """
    arriving = {target: target.with_name(f".{target.name}.part") for target in copies}
    try:
        yield arriving
        for path in arriving.values():
            _sync(path)
        for path in set_aside.keys() - arriving.keys():
            _set_aside(path, set_aside[path])
        # The first is what stands for the whole, so it comes last.
        for target in reversed(arriving):
            if target in set_aside:
                _set_aside(target, set_aside[target])
            arriving[target].replace(target)
            _sync(target.parent)
    finally:
        for path in arriving.values():
            path.unlink(missing_ok=True)


def _copied(copies: Mapping[Path, Path], arriving: Mapping[Path, Path], first: Path, progress: Progress) -> Copied:
    for target, source in copies.items():
        copy_database(source, arriving[target], progress if target == first else _quiet)
    _bring_up_to_date(arriving[first])
    report = verify(arriving[first])
    if not report.ok:
        raise BackupDamaged(report)
    return Copied(report, sum(path.stat().st_size for path in arriving.values()))


def _bring_up_to_date(path: Path) -> None:
    with translated(f"migrate the copy of {path}"):
        db = Database(sqlite3.connect(str(path), isolation_level=None))
        try:
            if not migrations.applied(db):
                raise JournalUnavailable(f"{path} is no database of a floor")
            migrate(db, migrations)
        finally:
            db.close()


def _set_aside(path: Path, suffix: str) -> None:
    """Rename a database with the log that belongs to it; SQLite finds the two together under the new name."""
    kept = path.with_name(f"{path.name}.{suffix}")
    for old, new in ((path, kept), (log_of(path), log_of(kept))):
        if old.exists():
            old.rename(new)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)


def _part(backup: Path, name: str) -> Path:
    return backup.with_name(f"{backup.name}.{name}")


def _sync(path: Path) -> None:
    """Make a file or the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quiet(_done: int, _total: int) -> None:
    """Say nothing about a small part."""
