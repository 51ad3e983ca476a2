"""Answers that are sent line by line while they come into being, until their end or until the client goes."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio

from net.http.body import Receive
from net.http.headers import Header

NDJSON: Final = "application/x-ndjson"
DISCONNECT: Final = "http.disconnect"

WriteLine = Callable[[bytes], Awaitable[None]]
Producer = Callable[[WriteLine], Awaitable[None]]
"""Writes all lines of an answer; is cancelled when the client goes."""


async def send_stream(receive: Receive, send: Any, status: int, headers: list[Header], produce: Producer) -> None:
    """Send an answer as its lines come."""

    async def write(line: bytes) -> None:
        await send({"type": "http.response.body", "body": line + b"\n", "more_body": True})

    async def watch() -> None:
        while (await receive())["type"] != DISCONNECT:
            pass
        nursery.cancel_scope.cancel()

    await send({"type": "http.response.start", "status": status, "headers": headers})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        await produce(write)
        nursery.cancel_scope.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
