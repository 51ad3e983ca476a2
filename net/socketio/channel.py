"""One accepted WebSocket as the layer sees it, and how plain ASGI provides it."""

from collections.abc import Callable, Sequence
from typing import Protocol

import trio

from net.socketio.asgi import Receive, Send
from net.socketio.errors import InvalidPacket
from net.socketio.outbox import Frame


class MessageTooLarge(InvalidPacket):
    """A message is larger than the options allow."""


class Channel(Protocol):
    """One connection. One task sends and one receives; closing takes over from both."""

    async def receive(self) -> Frame | None:
        """Return the next message, None once the client has gone. Raises MessageTooLarge."""
        ...

    async def send(self, frames: Sequence[Frame]) -> None:
        """Write frames in order. When the client has gone they go nowhere."""
        ...

    async def close(self, code: int, reason: str, timeout_s: float) -> None:
        """Say why, and wait for the client to go, but no longer than ``timeout_s``."""
        ...

    async def abort(self) -> None:
        """End a connection whose client does not read, if the server offers a way to do so."""
        ...


ChannelFactory = Callable[[Receive, Send, int], Channel]
"""Makes a channel of the ASGI callables and the largest size of a message, before the WebSocket is accepted."""

_KINDS = {str: "text", bytes: "bytes"}


class AsgiChannel:
    """A channel over any ASGI server."""

    def __init__(self, receive: Receive, send: Send, message_bytes_max: int) -> None:
        self._receive = receive
        self._send = send
        self._bytes_max = message_bytes_max
        self._is_gone = False

    async def receive(self) -> Frame | None:
        """Return the next message, None once the client has gone. Raises MessageTooLarge."""
        if self._is_gone:
            return None
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._is_gone = True
            return None
        # An empty message is a message, too, so truth values would not do.
        data = message.get("bytes")
        frame: Frame = data if data is not None else message["text"]
        if _size(frame, self._bytes_max) > self._bytes_max:
            raise MessageTooLarge(f"a message of more than {self._bytes_max} bytes")
        return frame

    async def send(self, frames: Sequence[Frame]) -> None:
        """Write frames one by one."""
        for frame in frames:
            if not self._is_gone:
                await self._send({"type": "websocket.send", _KINDS[type(frame)]: frame})

    async def close(self, code: int, reason: str, timeout_s: float) -> None:
        """Say why, and wait for the client to go.

        What it still sends is read and thrown away: Hypercorn would otherwise wait for ever to hand it over.
        """
        with trio.move_on_after(timeout_s):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._drain)
                if not self._is_gone:
                    await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def abort(self) -> None:
        """Do nothing: ASGI knows no way to end a connection that does not take what is written to it."""

    async def _drain(self) -> None:
        while not self._is_gone:
            self._is_gone = (await self._receive())["type"] == "websocket.disconnect"


def _size(frame: Frame, bytes_max: int) -> int:
    """Return the bytes of ``frame``; what has too many characters is not encoded first."""
    if isinstance(frame, bytes) or len(frame) > bytes_max or frame.isascii():
        return len(frame)
    return len(frame.encode())
