"""A session by itself: what is queued where, and that one that is over stays over."""

from typing import Any

import trio

from net.socketio.asgi import ConnectionInfo
from net.socketio.engine_packet import EnginePacket, PacketType
from net.socketio.lifecycle import Phase, Step
from net.socketio.options import SocketOptions
from net.socketio.outbox import Frame
from net.socketio.session import OVERFLOW, EngineSession


class Recorder:
    """Records what a session tells the layer above."""

    def __init__(self) -> None:
        self.log: list[object] = []

    def opened(self, session: EngineSession) -> None:
        """Record nothing: the engine calls this, not the session."""

    async def message(self, session: EngineSession, data: Frame) -> None:
        """Record the message."""
        self.log.append(data)

    def closed(self, session: EngineSession, reason: str) -> None:
        """Record the reason."""
        self.log.append(reason)


def _session(phase: Phase, recorder: Recorder, **limits: Any) -> EngineSession:
    return EngineSession("sid", ConnectionInfo({}, {}, None), phase, SocketOptions(**limits), recorder)


async def test_a_session_that_is_over_takes_nothing_in_and_sends_nothing() -> None:
    """Only the first reason counts."""
    recorder = Recorder()
    session = _session(Phase.POLLING, recorder)
    session.send(("4last",))
    session.shut("first")
    session.shut("second")
    session.cut("third")
    session.send(("4late",))
    session.send_latest("4late", "key")
    await session.take_in(EnginePacket(PacketType.MESSAGE, "late"))
    assert (recorder.log, session.reason) == (["first"], "first")
    assert session.take_payload() == "4last\x1e1"
    assert session.is_in(Phase.CLOSED)


async def test_what_is_superseded_counts_against_the_limit_too() -> None:
    """A frame that is too large ends the session."""
    recorder = Recorder()
    session = _session(Phase.POLLING, recorder, outbox_size_max=5)
    session.send_latest("4abc", "key")
    session.send_latest("4abcdef", "key")
    assert recorder.log == [OVERFLOW]


async def test_a_poll_that_meets_the_upgrade_gets_a_noop() -> None:
    """What is queued is left to the WebSocket."""
    session = _session(Phase.POLLING, Recorder())
    session.step(Step.PROBED)
    session.send(("4hello",))
    session.step(Step.UPGRADED)
    assert session.take_payload() == "6"
    assert await session.next_frames(10) == ["4hello"]


async def test_frames_are_taken_in_portions_until_the_end() -> None:
    """A session that shuts down delivers what is queued first."""
    session = _session(Phase.WEBSOCKET, Recorder())
    session.send(("4a", "4b", "4c"))
    session.shut()
    assert [await session.next_frames(2) for _ in range(3)] == [["4a", "4b"], ["4c"], []]
    assert session.is_in(Phase.CLOSED)


async def test_pongs_put_off_the_next_ping(autojump_clock: trio.testing.MockClock) -> None:
    """The interval counts from the pong."""
    session = _session(Phase.WEBSOCKET, Recorder(), ping_interval_ms=1_000, ping_timeout_ms=500)
    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(session.run)
        for pinged_at_s in (1.0, 2.25, 3.5):
            assert await session.next_frames(1) == ["2"]
            assert trio.current_time() - start == pinged_at_s
            await trio.sleep(0.25)
            await session.take_in(EnginePacket(PacketType.PONG))
        nursery.cancel_scope.cancel()
    assert session.is_in(Phase.CLOSED)
