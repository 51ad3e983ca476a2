"""Serve the Socket.IO layer alone, the way the official protocol suites want it.

    python -m tests.conformance.socketio_echo PORT

It echoes every Engine.IO message at ``/engine.io/``. At ``/socket.io/`` the namespaces ``/`` and ``/custom`` send
``auth`` on connect, answer ``message`` with ``message-back``, and acknowledge ``message-with-ack`` with its own
arguments.
"""

import itertools
import sys
from collections.abc import Sequence
from typing import Any, cast

import trio
from hypercorn.config import Config
from hypercorn.trio import serve

from net.socketio import Event, Socket, SocketOptions, SocketServer
from net.socketio.asgi import Receive, Scope, Send
from net.socketio.channel import AsgiChannel, ChannelFactory
from net.socketio.engine import EngineServer
from net.socketio.engine_packet import encode_message
from net.socketio.hypercorn_channel import HypercornChannel
from net.socketio.outbox import Frame
from net.socketio.session import EngineSession

PAYLOAD_BYTES_MAX = 1_000_000


class EngineEcho:
    """Sends every Engine.IO message back."""

    def opened(self, session: EngineSession) -> None:
        """Do nothing."""

    async def message(self, session: EngineSession, data: Frame) -> None:
        """Send ``data`` back."""
        session.send((encode_message(data),))

    def closed(self, session: EngineSession, reason: str) -> None:
        """Do nothing."""


class SocketEcho:
    """Answers the suites' events."""

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        """Tell the client what it sent to authenticate itself."""
        socket.emit("auth", auth)

    async def event(self, socket: Socket, event: Event) -> Sequence[Any] | None:
        """Send the arguments back, as an event or as an acknowledgement."""
        if event.name == "message":
            socket.emit("message-back", *event.args)
            return None
        return event.args

    async def disconnect(self, socket: Socket, reason: str) -> None:
        """Do nothing."""


def echo_options(path: str, **changes: Any) -> SocketOptions:
    """Return the options that the suites expect, with ``changes``."""
    settings: dict[str, Any] = {
        "path": path,
        "ping_interval_ms": 300,
        "ping_timeout_ms": 200,
        "connect_timeout_ms": 1_000,
        "payload_bytes_max": PAYLOAD_BYTES_MAX,
        "origins": None,
    }
    return SocketOptions(**{**settings, **changes})


class EchoApp:
    """Both echo servers as one ASGI application; `run` them beside it."""

    def __init__(self, channel: ChannelFactory = AsgiChannel, **changes: Any) -> None:
        numbers = itertools.count(1)
        options = echo_options("/engine.io/", **changes)
        self.engine = EngineServer(options, EngineEcho(), lambda: f"e{next(numbers)}", channel)
        options = echo_options("/socket.io/", **changes)
        self.sockets = SocketServer(options, lambda: f"s{next(numbers)}", channel)
        for name in ("/", "/custom"):
            self.sockets.namespace(name, SocketEcho())

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run both servers until both are shut down."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.engine.run)
            await nursery.start(self.sockets.run)
            task_status.started()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lead a scope to the server that owns it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif self.engine.owns(scope):
            await self.engine(scope, receive, send)
        elif self.sockets.owns(scope):
            await self.sockets(scope, receive, send)
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "websocket.close"})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        phase = (await receive())["type"]
        await send({"type": f"{phase}.complete"})
        if phase == "lifespan.shutdown":
            return


async def main(port: int) -> None:
    """Serve both on ``port`` until interrupted."""
    app = EchoApp(HypercornChannel)
    config = Config()
    # Node's resolver may name localhost by either address.
    config.bind = [f"127.0.0.1:{port}", f"[::1]:{port}"]
    config.websocket_max_message_size = PAYLOAD_BYTES_MAX
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        # Hypercorn types scopes and messages more closely than ASGI does.
        await serve(cast(Any, app), config)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]))
