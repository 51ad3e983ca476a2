"""Room for simulations: which of them go, and which runs are given up."""

from collections.abc import Mapping
from typing import Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.simulating.model import Job, JobState, Wanted
from actors.simulating.room import FREE_BYTES_MIN, MB, Clearance, Limits, Space, clearance
from tests.fakes.simulations import PLAN

PLENTY: Final = 10_000 * MB
LIMITS: Final = Limits(kept=3, bytes_max=100 * MB)
JOBS: Final = st.lists(st.tuples(st.sampled_from(JobState), st.integers(0, 200)), max_size=12)


def job(job_id: str, state: JobState) -> Job:
    """Return a job in a state."""
    return evolve(Job(job_id, Wanted("quickstart"), PLAN, "Olive", 1_000), state=state)


def cleared(states: Mapping[str, JobState], sizes_mb: Mapping[str, int], free_bytes: int = PLENTY) -> Clearance:
    """Return what makes room."""
    space = Space({name: size * MB for name, size in sizes_mb.items()}, free_bytes)
    return clearance([job(name, state) for name, state in states.items()], space, LIMITS)


@pytest.mark.parametrize(
    ("sizes_mb", "forgotten"),
    [
        ({"a": 40, "b": 40, "c": 20}, ()),
        ({"a": 40, "b": 40, "c": 21}, ("a",)),
        ({"a": 10, "b": 90, "c": 99}, ("a", "b")),
        ({"a": 0, "b": 0, "c": 101}, ("a", "b", "c")),
        ({}, ()),
    ],
)
def test_the_oldest_that_are_over_go_first(sizes_mb: Mapping[str, int], forgotten: tuple[str, ...]) -> None:
    """Until what is left is within the limit."""
    states = {"a": JobState.COMPLETED, "b": JobState.FAILED, "c": JobState.CANCELLED}
    assert cleared(states, sizes_mb) == Clearance(forgotten, {})


def test_a_limit_by_number_holds_as_well() -> None:
    """What goes for that takes no more room."""
    states = dict.fromkeys("abcd", JobState.COMPLETED)
    assert cleared(states, {"a": 60, "b": 50, "c": 30, "d": 20}).forgotten == ("a",)


def test_a_run_takes_the_place_of_those_that_are_over() -> None:
    """It is not older than they are, and never forgotten."""
    states = {"a": JobState.COMPLETED, "b": JobState.RUNNING, "c": JobState.COMPLETED, "d": JobState.QUEUED}
    assert cleared(states, {"a": 10, "b": 80, "c": 15}) == Clearance(("a",), {})


def test_a_run_that_is_too_large_is_given_up_and_the_results_of_others_stay() -> None:
    """The reason names the limit; of several that are too large together the largest goes."""
    states = {"a": JobState.COMPLETED, "b": JobState.RUNNING, "c": JobState.CANCELLING}
    found = cleared(states, {"a": 40, "b": 45, "c": 61})
    assert (found.forgotten, list(found.given_up)) == ((), ["c"])
    assert "wrote 61.0 MB" in found.given_up["c"]
    assert "100 MB (SIMULATIONS_MB_MAX)" in found.given_up["c"]


def test_a_disk_that_is_nearly_full_ends_what_runs() -> None:
    """Results stay, as others may fill the disk; the reason says how much is to be free."""
    states = {"a": JobState.COMPLETED, "b": JobState.RUNNING, "c": JobState.QUEUED}
    assert cleared(states, {}, FREE_BYTES_MIN).given_up == {}
    found = cleared(states, {"a": 40, "b": 1}, FREE_BYTES_MIN - 1 * MB)
    assert (found.forgotten, list(found.given_up)) == ((), ["b"])
    assert "499 MB free" in found.given_up["b"]
    assert "500 MB" in found.given_up["b"]


@given(JOBS)
def test_what_stays_is_within_the_limits(jobs: list[tuple[JobState, int]]) -> None:
    """No run and nothing that waits is forgotten, and nothing goes while what is older stays."""
    states = {f"sim_{number:02}": state for number, (state, _) in enumerate(jobs)}
    sizes_mb = {name: jobs[number][1] for number, name in enumerate(states)}
    found = cleared(states, sizes_mb)
    over = [name for name, state in states.items() if state.is_over]
    staying = [name for name in over if name not in found.forgotten]
    running = [name for name, state in states.items() if state.is_running and name not in found.given_up]
    assert list(found.forgotten) == over[: len(found.forgotten)]
    assert len(staying) <= LIMITS.kept
    assert sum(sizes_mb[name] for name in [*staying, *running]) * MB <= LIMITS.bytes_max
