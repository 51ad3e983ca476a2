"""How much of the disk simulations may take: what is to go, and which runs cannot go on."""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from actors.simulating.model import Job

MB: Final = 1_000_000
FREE_BYTES_MIN: Final = 500 * MB
"""What simulations leave of the disk: a floor that cannot write its log cannot trade."""


@frozen
class Space:
    """What each job takes of the disk, with its results, and how much of that is free, in bytes."""

    sizes_bytes: Mapping[str, int]
    free_bytes: int


@frozen
class Limits:
    """So many jobs that are over are kept, and all jobs together may take so many bytes."""

    kept: int
    bytes_max: int


@frozen
class Clearance:
    """What makes room: jobs that are forgotten, the oldest first, and runs that are given up, each with the reason."""

    forgotten: tuple[str, ...]
    given_up: Mapping[str, str]


def clearance(jobs: Sequence[Job], space: Space, limits: Limits) -> Clearance:
    """Return what makes room among these jobs, the oldest first.

    Jobs that are over go first; runs that take too much all by themselves, or too much together, are given up, the
    largest first. A disk that is nearly full ends all runs and takes nobody's results: others fill it, too.
    """
    over = [job.job_id for job in jobs if job.state.is_over]
    forgotten = over[: max(0, len(over) - limits.kept)]
    sizes = {job.job_id: space.sizes_bytes.get(job.job_id, 0) for job in jobs if job.job_id not in forgotten}
    running = {job.job_id: sizes[job.job_id] for job in jobs if job.state.is_running}
    given_up = {} if space.free_bytes >= FREE_BYTES_MIN else dict.fromkeys(running, nearly_full(space.free_bytes))
    for job_id in sorted(running, key=running.__getitem__, reverse=True):
        if sum(running.values()) > limits.bytes_max:
            given_up[job_id] = too_large(running[job_id], limits.bytes_max)
            running[job_id] = 0
    total = sum(running.values()) + sum(sizes[job_id] for job_id in over if job_id in sizes)
    for job_id in over[len(forgotten) :]:
        if total <= limits.bytes_max:
            break
        forgotten.append(job_id)
        total -= sizes[job_id]
    return Clearance(tuple(forgotten), given_up)


def too_large(size_bytes: int, bytes_max: int) -> str:
    """Return why a run of this size cannot be kept."""
    return (
        f"It wrote {size_bytes / MB:,.1f} MB, and all simulations together may take {bytes_max / MB:,.0f} MB "
        "(SIMULATIONS_MB_MAX). Ask for fewer agents or days, or raise that limit."
    )


def nearly_full(free_bytes: int) -> str:
    """Return why nothing is run on a disk with so little room."""
    return (
        f"The disk has {free_bytes / MB:,.0f} MB free, and simulations leave the floor {FREE_BYTES_MIN / MB:,.0f} MB. "
        "Remove simulations that nobody needs, or free some space, and start it again."
    )
