"""A simulation as a job: what is asked for, how far it is, and how it ended."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

TRACK_POINTS_MAX: Final = 120
"""As many as a chart of progress can show; beyond them every other one goes."""


class JobState(StrEnum):
    """Where a job is. `interrupted`: it ended with its actor or the program, before it was done."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self is not JobState.QUEUED and not self.is_running

    @property
    def is_running(self) -> bool:
        """Whether its run is under way."""
        return self in {JobState.RUNNING, JobState.CANCELLING}


@frozen
class Wanted:
    """What is to be run: one of the scenarios that come along, with changes. None leaves it as the scenario has it.

    `settings` are keys with values as TOML has them, such as `oversight.approvers=3`.
    """

    scenario: str
    agents: int | None = None
    days: float | None = None
    seed: int | None = None
    settings: tuple[str, ...] = ()


@frozen
class Plan:
    """What a scenario comes to: agents, ticks of its market, seconds of virtual time, and the seed."""

    agents: int
    ticks: int
    virtual_s: float
    seed: int


@frozen
class Scenario:
    """A scenario that can be started, as it is without changes."""

    name: str
    summary: str
    plan: Plan


@frozen
class Progress:
    """How far a run is."""

    ticks: int
    ticks_total: int
    virtual_s: float
    real_s: float
    trades: int


@frozen
class Result:
    """What came of a run. `figures` are by the names of `comparison.METRICS`; None where there is nothing to tell.

    `digest` is that of its events: the same for the same program, scenario and seed.
    """

    digest: str
    ended_early: bool
    figures: Mapping[str, float | None]


@frozen
class Ending:
    """How a run ended: with a result, or with the reason why there is none."""

    result: Result | None = None
    failure: str | None = None


@frozen
class Job:
    """One simulation that somebody asked for. `track` holds its progress so far, thinned; times are of the real clock.

    `failure` says in a sentence why it has no result, or ended before its time.
    """

    job_id: str
    wanted: Wanted
    plan: Plan
    asked_by: str
    created_at_us: int
    state: JobState = JobState.QUEUED
    started_at_us: int | None = None
    ended_at_us: int | None = None
    track: tuple[Progress, ...] = ()
    result: Result | None = None
    failure: str | None = field(default=None)

    @property
    def progress(self) -> Progress | None:
        """How far it is, as far as it has said."""
        return self.track[-1] if self.track else None


def progressed(job: Job, progress: Progress) -> Job:
    """Return the job a step further."""
    track = (*job.track, progress)
    if len(track) > TRACK_POINTS_MAX:
        track = (*track[:-1:2], progress)
    return evolve(job, track=track)


def ended(job: Job, ending: Ending, now_us: int) -> Job:
    """Return the job after its run: whoever cancelled it has a result all the same, of the part that was run."""
    was_cancelled = job.state is JobState.CANCELLING
    if ending.result is not None:
        state = JobState.CANCELLED if ending.result.ended_early else JobState.COMPLETED
    else:
        state = JobState.CANCELLED if was_cancelled else JobState.FAILED
    return evolve(job, state=state, ended_at_us=now_us, result=ending.result, failure=ending.failure)


def interrupted(job: Job, now_us: int) -> Job:
    """Return a job that ended with its actor or the program."""
    failure = "It ended with the program or with its actor, before it was done. Start it again."
    return evolve(job, state=JobState.INTERRUPTED, ended_at_us=now_us, failure=failure)
