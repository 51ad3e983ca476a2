"""A channel over Hypercorn alone: due frames are written at once, and a client that does not read can be cut off."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from net.socketio.asgi import Receive, Send
from net.socketio.channel import MessageTooLarge
from net.socketio.outbox import Frame
from net.websocket.closing import Closing
from net.websocket.hypercorn_frames import HypercornTransport
from net.websocket.wire import encode_binary, encode_text

SHARED_FRAMES: Final = 16
"""So many frames are kept encoded, as all receivers of an event write the same one within the same moment."""


class HypercornChannel:
    """Satisfies `Channel`; hand the class to `SocketServer` where Hypercorn serves. Raises NotHypercorn elsewhere."""

    def __init__(self, receive: Receive, send: Send, message_bytes_max: int) -> None:
        self._transport = HypercornTransport(receive, send, message_bytes_max)
        self._transport.on_too_large = self._note_overflow
        self._has_overflowed = False

    async def receive(self) -> Frame | None:
        """Return the next message, None once the client has gone. Raises MessageTooLarge."""
        frame = await self._transport.receive()
        if self._has_overflowed:
            raise MessageTooLarge("a message of more bytes than allowed")
        return frame

    async def send(self, frames: Sequence[Frame]) -> None:
        """Write frames as one piece."""
        await self._transport.send(b"".join(_encode(frame) for frame in frames))

    async def close(self, code: int, reason: str, timeout_s: float) -> None:
        """Say why, and wait for the client to go, but no longer than ``timeout_s``."""
        await self._transport.close(Closing(code, reason), timeout_s)

    async def abort(self) -> None:
        """End the connection at once, even while a write waits for the client."""
        await self._transport.abort()

    def _note_overflow(self) -> None:
        self._has_overflowed = True


@lru_cache(maxsize=SHARED_FRAMES)
def _encode(frame: Frame) -> bytes:
    return encode_text(frame.encode()) if isinstance(frame, str) else encode_binary(frame)
