"""Simulations of a floor in a folder: one below it for each job, `job.json` in it beside what the run writes there.

A job is replaced as a whole, so that a crash leaves the one before or the one after. What cannot be read is passed
over with a line in the log: one bad folder must not hide the others.
"""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import trio
from cattrs.preconf.orjson import make_converter

from actors.simulating.model import Job
from actors.simulating.room import Space

ValueT = TypeVar("ValueT")

JOB_FILE: Final = "job.json"
REPORT_FILE: Final = "report.html"

_converter: Final = make_converter(detailed_validation=False)
_log = logging.getLogger(__name__)


class FolderJobStore:
    """Satisfies `actors.ports.simulations.JobStore` with files, which it touches in a thread, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._limiter = trio.CapacityLimiter(1)

    def folder_of(self, job_id: str) -> Path:
        """Return where a job and its results are."""
        return self._folder / job_id

    async def jobs(self) -> list[Job]:
        """Return the jobs that are kept, the oldest first. Raises OSError."""
        return await self._in_thread(lambda: sorted(self._read_all(), key=lambda job: (job.created_at_us, job.job_id)))

    async def save(self, job: Job) -> None:
        """Keep a job as it is now, over a crash of the machine. Raises OSError."""
        await self._in_thread(lambda: self._write(job))

    async def remove(self, job_id: str) -> None:
        """Forget a job, with its results. Raises OSError."""
        await self._in_thread(lambda: self._remove(job_id))

    async def clear(self, job_id: str) -> None:
        """Remove the results of a job, and keep the job. Raises OSError."""
        await self._in_thread(lambda: self._clear(job_id))

    async def space(self) -> Space:
        """Return what each folder takes, and what is free on their disk. Raises OSError."""
        return await self._in_thread(self._measure)

    async def report(self, job_id: str) -> bytes | None:
        """Return the report of a run, None where there is none. Raises OSError."""
        return await self._in_thread(lambda: self._report(job_id))

    async def _in_thread(self, work: Callable[[], ValueT]) -> ValueT:
        return await trio.to_thread.run_sync(work, limiter=self._limiter)

    def _read_all(self) -> Iterator[Job]:
        if not self._folder.exists():
            return
        for file in self._folder.glob(f"*/{JOB_FILE}"):
            try:
                yield _converter.loads(file.read_bytes(), Job)
            except (OSError, ValueError, TypeError, KeyError):
                _log.exception("%s is no simulation that can be read; remove its folder", file)

    def _write(self, job: Job) -> None:
        folder = self.folder_of(job.job_id)
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f"{JOB_FILE}.new"
        with beside.open("wb") as file:
            file.write(_converter.dumps(job))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(folder / JOB_FILE)

    def _remove(self, job_id: str) -> None:
        folder = self.folder_of(job_id)
        # The job goes first: a folder without one is no simulation, should the rest not go.
        (folder / JOB_FILE).unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)

    def _clear(self, job_id: str) -> None:
        for path in self.folder_of(job_id).iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != JOB_FILE:
                path.unlink()

    def _measure(self) -> Space:
        there = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        folders = list(self._folder.iterdir()) if there == self._folder else []
        sizes = {folder.name: _size_of(folder) for folder in folders if folder.is_dir()}
        return Space(sizes, shutil.disk_usage(there).free)

    def _report(self, job_id: str) -> bytes | None:
        try:
            return (self.folder_of(job_id) / REPORT_FILE).read_bytes()
        except FileNotFoundError:
            return None


def _size_of(folder: Path) -> int:
    """Return what the files below a folder take; a run may remove some of them meanwhile."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                size += path.lstat().st_size
    return size
