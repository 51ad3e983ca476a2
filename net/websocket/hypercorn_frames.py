"""The transport over Hypercorn: encoded frames go straight to its WebSocket stream.

ASGI hands a server one message at a time, to be framed (and copied) for each receiver anew. Here a frame is encoded
once for all receivers, and several are written at once. For that the transport needs the stream behind the ASGI
callables: `send` is a bound method of Hypercorn's `WSStream`, so the stream is its `__self__`. Nothing of the library
is replaced; the stream's own public attributes are used:

- `send(Data(...))` writes bytes, as the stream itself does with what wsproto framed. Writes are whole frames under
  Hypercorn's lock, so its own pongs fall between them.
- `buffer` collects a message's fragments. Ours ends a session with a reason when a message is too large.
- `handshake` agrees on no extension, so there is no permessage-deflate: shared frames cannot be compressed for each
  receiver, and a small compressed message could not be kept from growing to a huge one. It makes a connection that
  answers what breaks the protocol with a close frame that says so; Hypercorn alone would only hang up.
- `send(StreamClosed(...))` ends the connection, also while a write waits for the peer, which Hypercorn shields.

The end of a connection, as Hypercorn 0.18 on trio wants it: an application keeps receiving until it hears of the
disconnect. If it returned earlier with messages in its queue, the connection's task would wait for room for ever.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import trio
from hypercorn.protocol.events import Data, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, Handshake, WSStream
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Event, Message

from net.websocket.closing import Closing

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class PeerGone(Exception):
    """The client went away, or broke the protocol, before the upgrade was done."""


class NotHypercorn(TypeError):
    """Another server than Hypercorn serves the application."""


class MessageBuffer:
    """Collects the fragments of one message, up to a number of bytes; what comes beyond is thrown away."""

    def __init__(self, bytes_max: int, on_overflow: Callable[[], None]) -> None:
        self._bytes_max = bytes_max
        self._on_overflow = on_overflow
        self._parts: list[str | bytes] = []
        self._bytes = 0

    def extend(self, event: Message[Any]) -> None:
        """Add a fragment."""
        data = event.data
        self._bytes += len(data) if not isinstance(data, str) or data.isascii() else len(data.encode())
        if self._bytes > self._bytes_max:
            self._parts.clear()
            self._on_overflow()
        else:
            self._parts.append(data if isinstance(data, str) else bytes(data))

    def clear(self) -> None:
        """Begin a new message."""
        self._parts.clear()
        self._bytes = 0

    def to_message(self) -> dict[str, Any]:
        """Return the message as ASGI has it; one that was too large is empty."""
        if self._parts and isinstance(self._parts[0], str):
            return {"type": "websocket.receive", "bytes": None, "text": "".join(cast("list[str]", self._parts))}
        return {"type": "websocket.receive", "bytes": b"".join(cast("list[bytes]", self._parts)), "text": None}


class PlainHandshake(Handshake):
    """An upgrade without extensions."""

    def accept(
        self, subprotocol: str | None, additional_headers: Iterable[tuple[bytes, bytes]]
    ) -> tuple[int, list[tuple[bytes, bytes]], Connection]:
        """Return the answer to the upgrade, and the connection that it opens."""
        self.extensions = None
        status, headers, _ = super().accept(subprotocol, additional_headers)
        return status, headers, OutspokenConnection(ConnectionType.SERVER)


class OutspokenConnection(Connection):
    """A connection that owes an answer to what breaks the protocol: a close frame with the code of the violation.

    wsproto reports a violation as if the peer had closed with that code, but counts the connection as open still, so
    that Hypercorn takes the peer for answered.
    """

    def __init__(self, connection_type: ConnectionType) -> None:
        self._is_violated = False
        super().__init__(connection_type)

    @property
    def state(self) -> ConnectionState:
        """The state of the connection; after a violation the peer counts as closing, which is to be answered."""
        known = super().state
        return ConnectionState.REMOTE_CLOSING if self._is_violated and known is ConnectionState.OPEN else known

    def events(self) -> Iterator[Event]:  # type: ignore[override]  # Its generator is used as an iterator only.
        """Yield what the peer said."""
        for event in super().events():
            # After a close frame the state would be another.
            if isinstance(event, CloseConnection) and super().state is ConnectionState.OPEN:
                self._is_violated = True
            yield event


class HypercornTransport:
    """One WebSocket connection that Hypercorn serves. Set `on_too_large` before `accept`."""

    def __init__(self, receive: Receive, send: Send, message_bytes_max: int) -> None:
        stream = getattr(send, "__self__", None)
        if not isinstance(stream, WSStream):
            raise NotHypercorn("the WebSocket transport needs Hypercorn's own ASGI callables")
        self.on_too_large: Callable[[], None] = lambda: None
        self._stream = stream
        self._asgi_receive = receive
        self._asgi_send = send
        self._is_gone = False
        upgrade = stream.scope
        headers = list(upgrade["headers"])
        stream.handshake = PlainHandshake(headers, upgrade["http_version"])
        stream.buffer = MessageBuffer(message_bytes_max, self._too_large)  # type: ignore[assignment]  # Duck-typed.

    async def accept(self) -> None:
        """Complete the upgrade. Raises PeerGone."""
        if await self._receive_event() is None:
            raise PeerGone("the client went away before the upgrade")
        await self._asgi_send({"type": "websocket.accept"})
        # A client that sends data before it has the answer is refused by the stream, which tells nobody.
        if self._stream.closed or self._stream.state is not ASGIWebsocketState.CONNECTED:
            raise PeerGone("the client did not wait for the upgrade")

    async def reject(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Answer the upgrade request with an HTTP error instead."""
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        fields += [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
        await self._asgi_send({"type": "websocket.http.response.start", "status": status, "headers": fields})
        await self._asgi_send({"type": "websocket.http.response.body", "body": body})

    async def receive(self) -> str | bytes | None:
        """Return the next message, None once the peer has gone."""
        event = await self._receive_event()
        if event is None:
            return None
        text: str | None = event["text"]
        return event["bytes"] if text is None else text

    async def send(self, frames: bytes) -> None:
        """Write encoded frames. When the peer has gone or is closing they go nowhere."""
        stream = self._stream
        if (
            stream.closed
            or stream.state is not ASGIWebsocketState.CONNECTED
            or stream.connection.state is not ConnectionState.OPEN
        ):
            await trio.lowlevel.checkpoint()
        else:
            await stream.send(Data(stream_id=stream.stream_id, data=frames))

    async def close(self, closing: Closing, timeout_s: float) -> None:
        """Say why, wait for the peer's answer as long as `timeout_s`, and end the connection."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._drain, nursery.cancel_scope)
            nursery.start_soon(self._abort_after, timeout_s)
            await self._asgi_send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})

    async def abort(self) -> None:
        """End the connection at once, and wait until the stream has said so."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._drain, nursery.cancel_scope)
            nursery.start_soon(self._abort_after, 0)

    async def _drain(self, scope: trio.CancelScope) -> None:
        while await self._receive_event() is not None:
            pass
        scope.cancel()

    async def _abort_after(self, timeout_s: float) -> None:
        await trio.sleep(timeout_s)
        # The stream tells of its end before the connection is closed; whoever hears of it must not cut that short.
        with trio.CancelScope(shield=True):
            await self._stream.send(StreamClosed(stream_id=self._stream.stream_id))

    async def _receive_event(self) -> Any | None:
        if self._is_gone:
            return None
        event = await self._asgi_receive()
        if event["type"] == "websocket.disconnect":
            self._is_gone = True
            return None
        return event

    def _too_large(self) -> None:
        self.on_too_large()
