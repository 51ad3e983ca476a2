"""The token bucket of a socket."""

from hypothesis import given
from hypothesis import strategies as st

from net.websocket.bucket import TokenBucket


def test_a_burst_is_granted_at_once_and_no_more() -> None:
    """What was saved can be spent at once."""
    bucket = TokenBucket(burst=3, per_minute=60, now=10.0)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]


def test_tokens_come_back_with_time() -> None:
    """At 60 a minute one comes back in a second, and not before."""
    bucket = TokenBucket(burst=1, per_minute=60, now=0.0)
    assert [bucket.take(0.0), bucket.take(0.5), bucket.take(1.0), bucket.take(1.5)] == [True, False, True, False]


def test_no_more_than_the_burst_is_saved() -> None:
    """An hour of silence buys no more than the burst."""
    bucket = TokenBucket(burst=2, per_minute=60, now=0.0)
    assert [bucket.take(3600.0) for _ in range(3)] == [True, True, False]


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=200))
def test_the_rate_holds_over_any_time(gaps: list[float]) -> None:
    """However the frames are spaced, no more pass than the burst and what has come back since."""
    bucket = TokenBucket(burst=5, per_minute=60, now=0.0)
    now, passed = 0.0, 0
    for gap in gaps:
        now += gap
        passed += bucket.take(now)
    assert passed <= 5 + now + 1e-6
