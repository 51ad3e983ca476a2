"""The WebSocket transport: a session of its own, or the upgrade of one that began by polling."""

import trio

from net.socketio import engine_packet
from net.socketio.asgi import Receive, Send
from net.socketio.engine_packet import PacketType, decode_frame
from net.socketio.errors import InvalidPacket, SocketIOError
from net.socketio.lifecycle import Phase, Step
from net.socketio.options import SocketOptions
from net.socketio.outbox import Frame
from net.socketio.session import (
    OVERFLOW,
    PARSE_ERROR,
    PING_TIMEOUT,
    SHUTTING_DOWN,
    TRANSPORT_CLOSE,
    EngineSession,
)

FRAMES_PER_TAKE = 64
"""How many due frames leave the outbox at a time; frames that have left it can no longer be superseded."""

TOO_LARGE = "payload too large"

NORMAL_CLOSURE = 1000
PROTOCOL_ERROR = 1002
CLOSE_CODES = {SHUTTING_DOWN: 1001, PARSE_ERROR: PROTOCOL_ERROR, PING_TIMEOUT: 1008, OVERFLOW: 1008, TOO_LARGE: 1009}


class _Disconnected(SocketIOError):
    """The client closed the WebSocket."""


class _TooLarge(InvalidPacket):
    """A message above the limit."""


class WebSocketTransport:
    """One accepted WebSocket."""

    def __init__(self, receive: Receive, send: Send, options: SocketOptions) -> None:
        self._receive = receive
        self._send = send
        self._options = options
        self._has_probed = False

    async def upgrade(self, session: EngineSession) -> bool:
        """Lead the upgrade of a polling session; if it fails, the session stays with the transport it has."""
        if not session.is_in(Phase.POLLING):
            await self._close(PROTOCOL_ERROR, "the session has another transport")
            return False
        done = False
        with trio.move_on_after(self._options.upgrade_timeout_ms / 1_000):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_when_ended, session, nursery.cancel_scope)
                done = await self._probe(session)
                nursery.cancel_scope.cancel()
        if not done:
            # Another WebSocket may be upgrading the same session, and is not to be disturbed.
            if self._has_probed and session.is_in(Phase.UPGRADING):
                session.step(Step.ABANDONED)
            await self._close(PROTOCOL_ERROR, "the upgrade failed")
        return done

    async def serve(self, session: EngineSession) -> None:
        """Carry a session until it is over."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read, session)
            await self._write(session)
            nursery.cancel_scope.cancel()

    async def _probe(self, session: EngineSession) -> bool:
        try:
            if await self._next_frame() != engine_packet.PROBE or not session.is_in(Phase.POLLING):
                return False
            session.step(Step.PROBED)
            self._has_probed = True
            await self._send({"type": "websocket.send", "text": engine_packet.PROBE_ANSWER})
            if await self._next_frame() != PacketType.UPGRADE.value or not session.is_in(Phase.UPGRADING):
                return False
        except (_Disconnected, InvalidPacket):
            return False
        session.step(Step.UPGRADED)
        return True

    async def _read(self, session: EngineSession) -> None:
        try:
            while session.is_open():
                await session.take_in(decode_frame(await self._next_frame()))
        except _Disconnected:
            session.cut(TRANSPORT_CLOSE)
        except _TooLarge:
            session.cut(TOO_LARGE)
        except InvalidPacket:
            session.cut(PARSE_ERROR)

    async def _write(self, session: EngineSession) -> None:
        while frames := await session.next_frames(FRAMES_PER_TAKE):
            for frame in frames:
                await self._send({"type": "websocket.send", _KINDS[type(frame)]: frame})
        await self._close(CLOSE_CODES.get(session.reason, NORMAL_CLOSURE), session.reason)

    async def _next_frame(self) -> Frame:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            raise _Disconnected
        # An empty message is a message, too, so truth values would not do.
        data = message.get("bytes")
        frame: Frame = data if data is not None else message["text"]
        if _size(frame, self._options.payload_bytes_max) > self._options.payload_bytes_max:
            raise _TooLarge
        return frame

    async def _close(self, code: int, reason: str) -> None:
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


_KINDS = {str: "text", bytes: "bytes"}


def _size(frame: Frame, bytes_max: int) -> int:
    """Return the bytes of ``frame``; what has too many characters is not encoded first."""
    if isinstance(frame, bytes) or len(frame) > bytes_max or frame.isascii():
        return len(frame)
    return len(frame.encode())


async def _cancel_when_ended(session: EngineSession, scope: trio.CancelScope) -> None:
    await session.wait_ended()
    scope.cancel()
