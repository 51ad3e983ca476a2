"""The circuit breaker, as cases and as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.grpc.breaker import BreakerPolicy, Closed, HalfOpen, Open, Refusal, State, abandon, admit, fail, succeed

POLICY = BreakerPolicy(failures_max=3, open_s=1.0, open_s_max=3.0)
STATES: st.SearchStrategy[State] = st.one_of(
    st.builds(Closed, st.integers(0, 2)),
    st.builds(Open, st.floats(0, 100), st.floats(0.1, 3)),
    st.builds(HalfOpen, st.floats(0.1, 3)),
)
TIMES = st.floats(0, 200)


def test_opens_after_the_failures_in_a_row_that_the_policy_allows() -> None:
    """The third failure opens it; calls are refused until its time."""
    state: State = Closed()
    for expected in (Closed(1), Closed(2), Open(until_s=11.0, open_s=1.0)):
        assert admit(state, 10.0) == state
        state = fail(state, POLICY, 10.0)
        assert state == expected
    assert admit(state, 10.25) == Refusal(retry_after_s=0.75)


def test_an_answer_in_between_starts_the_count_anew() -> None:
    """Only failures in a row count."""
    assert fail(succeed(), POLICY, 0.0) == Closed(1)


def test_lets_one_probe_out_when_the_time_has_come() -> None:
    """The next call goes out, those after it do not."""
    state = admit(Open(until_s=11.0, open_s=1.0), 11.0)
    assert state == HalfOpen(1.0)
    assert admit(HalfOpen(1.0), 11.0) == Refusal(1.0)


def test_a_failed_probe_doubles_the_time_up_to_the_limit() -> None:
    """An outage that lasts is asked about less and less often."""
    openings = []
    opening = Open(until_s=1.0, open_s=1.0)
    for _ in range(3):
        state = fail(HalfOpen(opening.open_s), POLICY, 10.0)
        assert isinstance(state, Open)
        opening = state
        openings.append(opening)
    assert openings == [Open(12.0, 2.0), Open(13.0, 3.0), Open(13.0, 3.0)]


def test_a_late_failure_does_not_prolong_an_opening() -> None:
    """Calls that went out before it opened may still fail."""
    assert fail(Open(11.0, 1.0), POLICY, 10.9) == Open(11.0, 1.0)


@pytest.mark.parametrize("state", [Closed(2), Open(11.0, 1.0)])
def test_a_call_nobody_waited_for_says_nothing(state: State) -> None:
    """Outside a probe, an abandoned call leaves the state."""
    assert abandon(state, 10.0) == state


def test_an_abandoned_probe_makes_room_for_the_next() -> None:
    """Otherwise the breaker would stay half open for ever."""
    assert admit(abandon(HalfOpen(2.0), 10.0), 10.0) == HalfOpen(2.0)


@given(STATES, TIMES)
def test_a_refusal_is_brief_and_never_zero(state: State, now_s: float) -> None:
    """Who is refused is told a positive time."""
    admitted = admit(state, now_s)
    if isinstance(admitted, Refusal):
        assert admitted.retry_after_s > 0
        assert not isinstance(state, Closed)


@given(st.lists(st.tuples(st.sampled_from(["answered", "failed", "abandoned"]), st.floats(0, 5)), max_size=60))
def test_one_call_at_a_time_is_never_shut_out_for_longer_than_the_limit(calls: list[tuple[str, float]]) -> None:
    """Whatever happens, after `open_s_max` a call goes out; while closed, fewer than `failures_max` have failed."""
    state: State = Closed()
    now_s, failures = 0.0, 0
    for outcome, pause_s in calls:
        now_s += pause_s
        admitted = admit(state, now_s)
        if isinstance(admitted, Refusal):
            assert failures >= POLICY.failures_max
            assert admitted.retry_after_s <= POLICY.open_s_max
            now_s += admitted.retry_after_s
            admitted = admit(state, now_s + 1e-9)
        assert not isinstance(admitted, Refusal)
        match outcome:
            case "answered":
                state, failures = succeed(), 0
            case "failed":
                state, failures = fail(admitted, POLICY, now_s), failures + 1
            case _:
                state = abandon(admitted, now_s)
        assert isinstance(state, Closed) == (failures < POLICY.failures_max)


@pytest.mark.parametrize("wrong", [{"failures_max": 0}, {"open_s": 0}, {"open_s_max": -1}])
def test_a_policy_without_sense_cannot_be_made(wrong: dict[str, int]) -> None:
    """Counts and times are positive."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        BreakerPolicy(**wrong)
