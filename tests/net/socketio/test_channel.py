"""Channels: what a client that has gone, floods, or does not read means for the server."""

import socket
from collections.abc import Sequence

import trio

from net.socketio.asgi import ConnectionInfo, Message, Receive, Scope, Send
from net.socketio.channel import AsgiChannel
from net.socketio.hypercorn_channel import HypercornChannel
from net.socketio.lifecycle import Phase
from net.socketio.options import SocketOptions
from net.socketio.outbox import Frame
from net.socketio.session import EngineSession
from net.socketio.websocket import WebSocketTransport
from tests.conformance.socketio_echo import EchoApp, EngineEcho
from tests.net.socketio.harness import serving

UPGRADE = (
    b"GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_a_client_that_has_gone_gets_nothing() -> None:
    """Neither messages nor the reason of the end."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.disconnect", "code": 1005}

    async def send(message: Message) -> None:
        sent.append(message)

    channel = AsgiChannel(receive, send, 100)
    await channel.send(("4a", b"b"))
    assert [await channel.receive(), await channel.receive()] == [None, None]
    await channel.send(("4c",))
    await channel.close(1000, "over", 1)
    assert sent == [{"type": "websocket.send", "text": "4a"}, {"type": "websocket.send", "bytes": b"b"}]


async def test_what_comes_after_the_end_is_thrown_away() -> None:
    """The server could not hand it over otherwise, and would wait for ever."""
    to_app, incoming = trio.open_memory_channel[Message](1)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(AsgiChannel(incoming.receive, send, 100).close, 1002, "no", 10)
        for _ in range(20):
            await to_app.send({"type": "websocket.receive", "text": "4late"})
        await to_app.send({"type": "websocket.disconnect", "code": 1002})
    assert sent == [{"type": "websocket.close", "code": 1002, "reason": "no"}]


class StuckChannel:
    """A client that takes nothing and says nothing, until it is cut off."""

    def __init__(self) -> None:
        self.log: list[object] = []
        self._aborted = trio.Event()

    async def receive(self) -> Frame | None:
        """Wait."""
        await self._aborted.wait()
        return None

    async def send(self, frames: Sequence[Frame]) -> None:
        """Wait, as Hypercorn does, shielded from cancellation."""
        with trio.CancelScope(shield=True):
            await self._aborted.wait()

    async def close(self, code: int, reason: str, timeout_s: float) -> None:
        """Record the reason."""
        self.log.append(reason)

    async def abort(self) -> None:
        """Let go of those who wait."""
        self.log.append(trio.current_time())
        self._aborted.set()


async def test_a_client_that_does_not_read_is_cut_off(autojump_clock: trio.testing.MockClock) -> None:
    """Some time after its session has ended, which is at once for the application."""
    options = SocketOptions(ping_interval_ms=1_000, ping_timeout_ms=1_000, close_linger_ms=3_000)
    session = EngineSession("sid", ConnectionInfo({}, {}, None), Phase.WEBSOCKET, options, EngineEcho())
    channel, start = StuckChannel(), trio.current_time()
    session.send(("4hello",))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(session.run)
        await WebSocketTransport(channel, options).serve(session)
    assert channel.log == [start + 5, "ping timeout"]


async def test_hypercorn_lets_go_of_a_client_that_does_not_read() -> None:
    """Though it shields its writes from cancellation."""
    app = EchoApp(HypercornChannel, ping_interval_ms=200, ping_timeout_ms=50, close_linger_ms=100)
    finished = trio.Event()

    async def tracking(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        if scope["type"] == "websocket":
            finished.set()

    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        async with serving(tracking) as address:
            host, port = address.split(":")
            with trio.socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                await client.connect((host, int(port)))
                await client.send(UPGRADE)
                received = b""
                while b'"maxPayload"' not in received:
                    received += await client.recv(1_000)
                (session,) = app.engine._sessions.values()
                session.send([b"x" * 900_000] * 4)
                with trio.fail_after(10):
                    await finished.wait()
        nursery.cancel_scope.cancel()
