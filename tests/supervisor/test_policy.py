"""The decisions of a supervisor: one test per policy and reason of exit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.policy import Action, Decision, Exit, Reason, affected, attempt_next, decide, delay_s, wants_restart
from supervisor.spec import Backoff, ChildSpec, Exceeded, Restart, Strategy, SupervisorSpec
from tests.supervisor.samples import Sample

SUPERVISOR = SupervisorSpec("s", intensity=2, period_s=10.0)
EVERY_REASON = list(Reason)


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_permanent_child_is_always_restarted(reason: Reason) -> None:
    """A permanent child comes back whatever ended it."""
    assert wants_restart(Restart.PERMANENT, reason)


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_transient_child_is_restarted_after_an_abnormal_end(reason: Reason) -> None:
    """A transient child comes back only after a crash or a kill."""
    assert wants_restart(Restart.TRANSIENT, reason) == (reason in {Reason.CRASHED, Reason.KILLED})


@pytest.mark.parametrize("reason", EVERY_REASON)
def test_temporary_child_is_never_restarted(reason: Reason) -> None:
    """A temporary child is gone."""
    exited = Exit(reason)
    decision = decide(SUPERVISOR, ChildSpec("c", Sample, restart=Restart.TEMPORARY), exited, [1.0], 2.0)
    assert decision == Decision(Action.FORGET, (1.0,))


@given(st.lists(st.floats(0, 100), max_size=8).map(sorted), st.sampled_from(Exceeded))
def test_more_failures_than_the_intensity_within_the_period_are_too_many(
    history: list[float], on_exceeded: Exceeded
) -> None:
    """Only failures within the period count, this one included, by the child's own limits or the supervisor's."""
    child = ChildSpec("c", Sample, on_exceeded=on_exceeded, intensity=1, period_s=20.0)
    decision = decide(SUPERVISOR, child, Exit(Reason.CRASHED, ValueError()), history, 100.0)
    own = on_exceeded is Exceeded.QUARANTINE
    intensity, period_s = (1, 20.0) if own else (2, 10.0)
    recent = (*[at for at in history if 100.0 - at <= period_s], 100.0)
    exceeded = Action.QUARANTINE if own else Action.ESCALATE
    assert decision == Decision(Action.RESTART if len(recent) <= intensity else exceeded, recent)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.ONE_FOR_ONE, ("b",)),
        (Strategy.ONE_FOR_ALL, ("a", "b", "c")),
        (Strategy.REST_FOR_ONE, ("b", "c")),
    ],
)
def test_strategy_names_the_children_to_restart(strategy: Strategy, expected: tuple[str, ...]) -> None:
    """The strategies of OTP, in starting order."""
    assert affected(strategy, ("a", "b", "c"), "b") == expected


@given(st.integers(0, 200), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_within_its_bounds(attempt: int, draw: float) -> None:
    """The delay is the exponential one, capped, give or take the jitter."""
    backoff = Backoff(base_s=0.5, factor=2.0, max_s=8.0, jitter=0.2)
    exponential_s = min(8.0, 0.5 * 2.0 ** min(attempt, 64))
    assert 0.8 * exponential_s <= delay_s(backoff, attempt, draw) <= 1.2 * exponential_s


def test_backoff_starts_again_after_a_calm_period() -> None:
    """The attempts count up while failures follow one another, and from 0 after a calm period."""
    backoff = Backoff(reset_after_s=60.0)
    assert [attempt_next(backoff, 4, calm_s) for calm_s in (0.0, 59.9, 60.0)] == [5, 5, 0]
    assert attempt_next(backoff, -1, float("inf")) == 0
