"""The heartbeat: a ping after the interval, the end after the timeout, a new round with every pong."""

from hypothesis import given
from hypothesis import strategies as st

from net.socketio.heartbeat import Beat, started


def test_a_round() -> None:
    """Ping at the interval; its pong starts the next round; silence ends it."""
    heartbeat = started(500, 250, 10.0)
    assert heartbeat.due_at_s == 10.5
    assert heartbeat.beat(10.25)[1] is Beat.NOTHING
    heartbeat, beat = heartbeat.beat(10.5)
    assert beat is Beat.PING
    assert heartbeat.due_at_s == 10.75
    assert heartbeat.beat(10.625)[1] is Beat.NOTHING
    heartbeat = heartbeat.pong(10.625)
    assert heartbeat.due_at_s == 11.125
    heartbeat, beat = heartbeat.beat(11.125)
    assert beat is Beat.PING
    assert heartbeat.beat(11.375)[1] is Beat.TIMEOUT


def test_a_pong_that_nobody_asked_for_changes_nothing() -> None:
    """A client cannot put off the ping."""
    heartbeat = started(300, 200, 0.0)
    assert heartbeat.pong(0.2) is heartbeat


@given(st.lists(st.floats(0.001, 1.0), max_size=30))
def test_a_silent_client_is_gone_after_interval_and_timeout(steps: list[float]) -> None:
    """However late the loop looks, the end comes at the first look at or after that time, and never before."""
    heartbeat, now_s = started(300, 200, 0.0), 0.0
    for step in steps:
        now_s += step
        heartbeat, beat = heartbeat.beat(now_s)
        assert (beat is Beat.TIMEOUT) == (now_s >= 0.5)
