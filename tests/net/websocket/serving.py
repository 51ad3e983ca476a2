"""A real server on a real socket for the tests of connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import trio
from hypercorn.config import Config

from net.guarded_serving import serve
from net.websocket.endpoint import WebSocketEndpoint
from tests.net.websocket.floor import MiniFloor

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: floor.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CLIENT_ORIGIN = "http://localhost:5173"


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[int]:
    """Serve the WebSockets of an ASGI application, and yield the port; at the end all connections have to end."""

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await app(scope, receive, send)
            return
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})

    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.errorlog = None
    config.graceful_timeout = 5
    stopping = trio.Event()
    async with trio.open_nursery() as nursery:
        binds = await nursery.start(partial(serve, asgi, config, doors_closed=trio.Event(), closing=stopping))
        try:
            with trio.fail_after(20):
                yield int(binds[0].rpartition(":")[2])
        finally:
            stopping.set()


@asynccontextmanager
async def serving_floor(floor: MiniFloor) -> AsyncIterator[int]:
    """Serve the sockets of a floor, and yield the port; at the end they are closed as a shutdown does."""
    endpoint = WebSocketEndpoint(floor.hub, floor.services(), [CLIENT_ORIGIN])
    async with serving(endpoint) as port:
        yield port
        with trio.fail_after(10):
            await floor.hub.close()


async def open_raw(port: int) -> trio.SocketStream:
    """Return a TCP connection on which the upgrade was done."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    await stream.send_all(HANDSHAKE)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await stream.receive_some()
    assert answer.startswith(b"HTTP/1.1 101")
    return stream
