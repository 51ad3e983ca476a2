"""Writing a whole answer at once where Hypercorn serves it over HTTP/1.1.

ASGI takes an answer in parts, and Hypercorn writes each of them (head, body, end) to the socket on its own: three
passes through lock, cancel scope and system call, a quarter of all that a small answer costs. Our answers are always
whole, so they are encoded by the connection's own h11 and written once. For that this needs the stream behind the ASGI
callable: `send` is a bound method of Hypercorn's `HTTPStream`, so the stream is its `__self__`. Nothing of the library
is replaced; what follows the answer is what the stream itself does.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import h11
from hypercorn.events import RawData
from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import ASGIHTTPState, HTTPStream

from net.http.headers import Header

Send = Callable[[Any], Awaitable[None]]

FRAMING: Final = frozenset({b"content-length", b"connection"})
"""Headers from which h11 learns where the answer ends; checking all others in Python would cost more than they do."""

COPIED_BYTES_MAX: Final = 65_536
"""A larger body is written as it is: a copy for each client that takes it slowly would be held until it has."""

_LINE_END: Final = b"\r\n"

BODILESS: Final = frozenset({204, 304})
"""Statuses whose answers have no body (RFC 9110 section 6.4.1)."""


class HeaderBroken(ValueError):
    """A header would end its line early and begin another: a defect, stopped before it leaves."""


async def send_answer(send: Send, method: str, status: int, headers: Sequence[Header], body: bytes) -> None:
    """Send a whole answer: at once over Hypercorn's HTTP/1.1, else as two ASGI messages."""
    stream = getattr(send, "__self__", None)
    protocol = getattr(getattr(stream, "send", None), "__self__", None)
    if isinstance(stream, HTTPStream) and isinstance(protocol, H11Protocol):
        await _write(stream, protocol, method, status, headers, body)
        return
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _write(
    stream: HTTPStream, protocol: H11Protocol, method: str, status: int, headers: Sequence[Header], body: bytes
) -> None:
    config = protocol.config
    framing = [header for header in headers if header[0] in FRAMING]
    if protocol.keep_alive_requests >= config.keep_alive_max_requests:
        framing.append((b"connection", b"close"))
    connection = protocol.connection
    try:
        head = connection.send(h11.Response(status_code=status, headers=framing)) or b""
        data = head.removesuffix(_LINE_END) + _lines([*headers, *config.response_headers("h11")]) + _LINE_END
        content = b""
        if body and method != "HEAD" and status not in BODILESS:
            content = connection.send(h11.Data(data=body)) or b""
        end = connection.send(h11.EndOfMessage()) or b""
    except h11.LocalProtocolError:
        if connection.their_state is not h11.ERROR:
            raise
    else:
        for piece in (data, content, end) if len(content) > COPIED_BYTES_MAX else (data + content + end,):
            await protocol.send(RawData(data=piece))
    stream.state = ASGIHTTPState.CLOSED
    await protocol.stream_send(StreamClosed(stream_id=stream.stream_id))


def _lines(headers: Sequence[Header]) -> bytes:
    """Return headers as they are written, those of the framing left out. Raises HeaderBroken."""
    lines = [b"%s: %s\r\n" % header for header in headers if header[0] not in FRAMING]
    block = b"".join(lines)
    if block.count(b"\n") != len(lines) or block.count(b"\r") != len(lines):
        raise HeaderBroken("a header of the answer holds a line break")
    return block
