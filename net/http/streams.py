"""Answers that are sent line by line as they come into being, until their end, or the client or the floor goes."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio

from net.http.body import Receive
from net.http.headers import Header

NDJSON: Final = "application/x-ndjson"
DISCONNECT: Final = "http.disconnect"

WriteLine = Callable[[bytes], Awaitable[None]]
Producer = Callable[[WriteLine], Awaitable[None]]
"""Writes all lines of an answer; is cancelled when the client goes, or the floor stops."""


async def send_stream(
    receive: Receive, send: Any, status: int, headers: list[Header], produce: Producer, closing: trio.Event
) -> None:
    """Send an answer as its lines come. At `closing` it ends, as what follows a floor would have no end of its own."""

    async def write(line: bytes) -> None:
        await send({"type": "http.response.body", "body": line + b"\n", "more_body": True})

    async def watch() -> None:
        while (await receive())["type"] != DISCONNECT:
            pass
        nursery.cancel_scope.cancel()

    async def end() -> None:
        await closing.wait()
        nursery.cancel_scope.cancel()

    await send({"type": "http.response.start", "status": status, "headers": headers})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        nursery.start_soon(end)
        await produce(write)
        nursery.cancel_scope.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
