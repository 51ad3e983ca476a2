"""The app on the real server, spoken to in raw bytes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import h11
import trio
from attrs import frozen
from hypercorn.config import Config
from hypercorn.trio import serve

from tests.net.http.harness import Answer

RECEIVE_BYTES = 65_536
HANG_S = 20.0
"""A guard against hanging; nothing waits for it."""


@frozen
class Client:
    """One connection."""

    stream: trio.SocketStream

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        await self.stream.send_all(data)

    async def answer(self) -> Answer:
        """Read the next answer."""
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
        connection.send(h11.EndOfMessage())
        status, headers, body = 0, {}, b""
        with trio.fail_after(HANG_S):
            while True:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(await self.stream.receive_some(RECEIVE_BYTES))
                elif isinstance(event, h11.Response):
                    status = event.status_code
                    headers = {name.decode(): value.decode() for name, value in event.headers}
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    return Answer(status, headers, body)

    async def is_closed(self) -> bool:
        """Wait for the server to close the connection; false where it sends something instead."""
        with trio.fail_after(HANG_S):
            try:
                return await self.stream.receive_some(RECEIVE_BYTES) == b""
            except trio.BrokenResourceError:
                return True


@frozen
class Server:
    """A listening server."""

    port: int

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Client]:
        """Open a connection around a block of code."""
        stream = await trio.open_tcp_stream("127.0.0.1", self.port)
        async with stream:
            yield Client(stream)


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[Server]:
    """Serve an app around a block of code."""
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.errorlog = None
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        run = partial(serve, app, config, shutdown_trigger=stop.wait, mode="asgi")
        (url,) = await nursery.start(run)
        try:
            yield Server(int(url.rsplit(":", 1)[1]))
        finally:
            stop.set()
