"""Simulations as jobs: their states, their progress, and how they end."""

from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.simulating.comparison import METRICS, compared
from actors.simulating.model import TRACK_POINTS_MAX, Ending, Job, JobState, Wanted, ended, interrupted, progressed
from tests.fakes.simulations import CUT, PLAN, RESULT, progress

JOB = Job("sim_1", Wanted("quickstart"), PLAN, "Olive", 1_000)
RUNNING = evolve(JOB, state=JobState.RUNNING, started_at_us=2_000)
CANCELLING = evolve(RUNNING, state=JobState.CANCELLING)


def test_only_what_waits_or_runs_is_not_over() -> None:
    """From every other state nothing more comes."""
    assert {state for state in JobState if not state.is_over} == {
        JobState.QUEUED,
        JobState.RUNNING,
        JobState.CANCELLING,
    }


@given(st.integers(1, 2_000))
def test_the_track_of_a_run_stays_short(count: int) -> None:
    """However often it tells its progress, the first and the last of it are there, in order."""
    job = RUNNING
    for ticks in range(count):
        job = progressed(job, progress(ticks))
    assert job.progress == progress(count - 1)
    assert job.track[0] == progress(0)
    assert len(job.track) <= TRACK_POINTS_MAX
    assert all(before.ticks < after.ticks for before, after in pairwise(job.track))


def test_a_job_that_has_not_begun_has_no_progress() -> None:
    """Nor a track."""
    assert JOB.progress is None


@pytest.mark.parametrize(
    ("job", "ending", "state"),
    [
        (RUNNING, Ending(RESULT), JobState.COMPLETED),
        (RUNNING, Ending(failure="out of memory"), JobState.FAILED),
        (CANCELLING, Ending(CUT), JobState.CANCELLED),
        (CANCELLING, Ending(failure="nothing to report"), JobState.CANCELLED),
        # It was done before the wish to cancel it arrived.
        (CANCELLING, Ending(RESULT), JobState.COMPLETED),
    ],
)
def test_a_run_ends_as_it_went(job: Job, ending: Ending, state: JobState) -> None:
    """With its result or the reason why there is none."""
    assert ended(job, ending, 3_000) == evolve(
        job, state=state, ended_at_us=3_000, result=ending.result, failure=ending.failure
    )


def test_an_interrupted_run_says_what_to_do() -> None:
    """It is over, at the time at which that was noticed."""
    job = interrupted(RUNNING, 5_000)
    assert (job.state, job.ended_at_us, job.result) == (JobState.INTERRUPTED, 5_000, None)
    assert job.failure is not None
    assert "Start it again" in job.failure


def test_figures_are_compared_with_the_first_run() -> None:
    """Where one of the two has no figure there is no difference."""
    rows = {row.metric.name: row for row in compared([RESULT, CUT])}
    assert list(rows) == [metric.name for metric in METRICS]
    assert (rows["gain"].values, rows["gain"].differences) == ((0.25, 0.5), (0.0, 0.25))
    assert (rows["trades"].values, rows["trades"].differences) == ((12, 3), (0, -9))
    assert (rows["busyShare"].values, rows["busyShare"].differences) == ((None, None), (None, None))
