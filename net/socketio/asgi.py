"""The few pieces of ASGI that the layer needs: types, reading a whole body, answering a request."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson
import trio
from attrs import frozen

from net.socketio.errors import SocketIOError
from net.socketio.handshake import Refusal, parse_query
from net.socketio.options import SocketOptions
from net.socketio.origins import Headers

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TEXT = b"text/plain; charset=UTF-8"
JSON = b"application/json"


class BodyError(SocketIOError):
    """The body of a request could not be read."""


class BodyTooLarge(BodyError):
    """The body of a request is larger than allowed; as much of it as is sensible has been read."""


class BodyTooSlow(BodyError):
    """The body of a request has not arrived in time."""


class ClientLeft(BodyError):
    """The client went away before its request had arrived in full."""


@frozen
class ConnectionInfo:
    """The request that opened a session. Header names are in lower case; of a repeated header the last one counts."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    address: str | None

    @classmethod
    def of(cls, scope: Scope) -> "ConnectionInfo":
        """Return what ``scope`` says; a query that cannot be read is empty."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        client = scope.get("client")
        return cls(headers, parse_query(scope["query_string"]) or {}, client[0] if client else None)


async def read_body(receive: Receive, options: SocketOptions) -> bytes:
    """Return the body of a request. Raises BodyTooLarge, BodyTooSlow, ClientLeft.

    An answer that overtakes the body of its request may never reach the client, and may leave its connection unusable.
    So even a body that is too large is read, up to a limit, and thrown away as it comes.
    """
    try:
        with trio.fail_after(options.body_timeout_ms / 1_000):
            return await _read_body(receive, options.payload_bytes_max, options.discarded_bytes_max)
    except trio.TooSlowError as error:
        raise BodyTooSlow from error


async def _read_body(receive: Receive, bytes_max: int, discarded_bytes_max: int) -> bytes:
    body = bytearray()
    read = 0
    more = True
    while more and read <= discarded_bytes_max:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        read += len(chunk)
        if read <= bytes_max:
            body += chunk
        else:
            body.clear()
    if read > bytes_max:
        raise BodyTooLarge(f"a body of more than {bytes_max} bytes")
    return bytes(body)


async def respond(send: Send, status: int, body: bytes, content_type: bytes, headers: Headers) -> None:
    """Answer a request in full."""
    start: Headers = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store"), *headers]
    if body:
        start.insert(0, (b"content-type", content_type))
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def refusal_body(refusal: Refusal) -> bytes:
    """Return the body that clients expect of a refused request."""
    return orjson.dumps({"code": refusal.code, "message": refusal.message})


async def deny_websocket(scope: Scope, send: Send, refusal: Refusal, headers: Headers) -> None:
    """Refuse a WebSocket before it opens, by an HTTP answer where the server can give one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    body = refusal_body(refusal)
    start: Headers = [(b"content-type", JSON), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": start})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})
