"""Reading a request's body before anything is answered.

A handler that answers while the body is still arriving can leave the connection dead for seconds: Hypercorn keeps
handing over pieces that nobody takes. So a body is read to its end, also where the answer is an error.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import trio

from net.http.errors import BodyTooLarge, BodyTooSlow
from net.http.limits import BODY_BYTES_MAX, BODY_DRAINED_BYTES_MAX, BODY_SECONDS_MAX

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

REQUEST: Final = "http.request"


class ClientGone(Exception):
    """The client hung up before its request was complete; nobody waits for an answer."""


class Unread(Exception):
    """The rest of the body is not worth waiting for; the connection cannot go on after the answer to `cause`."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


async def read_body(receive: Receive) -> bytes:
    """Return the whole body.

    Raises BodyTooLarge once all of a body above BODY_BYTES_MAX is read, Unread where that would be too much or takes
    too long, and ClientGone.
    """
    message = await receive()
    if message["type"] != REQUEST:
        raise ClientGone
    if not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise _too_large()
        return body
    with trio.move_on_after(BODY_SECONDS_MAX):
        return await _read_pieces(receive, message.get("body", b""))
    raise Unread(BodyTooSlow(f"the body did not arrive within {BODY_SECONDS_MAX:.0f} s"))


async def drain(receive: Receive) -> None:
    """Take what still arrives, until the connection is closed."""
    while (await receive())["type"] == REQUEST:
        pass


async def _read_pieces(receive: Receive, first: bytes) -> bytes:
    pieces = [first]
    size = len(first)
    more = True
    while more:
        message = await receive()
        if message["type"] != REQUEST:
            raise ClientGone
        piece = message.get("body", b"")
        size += len(piece)
        if size <= BODY_BYTES_MAX:
            pieces.append(piece)
        elif size > BODY_DRAINED_BYTES_MAX:
            raise Unread(_too_large())
        more = message.get("more_body", False)
    if size > BODY_BYTES_MAX:
        raise _too_large()
    return b"".join(pieces)


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"a body has at most {BODY_BYTES_MAX:,} bytes")
