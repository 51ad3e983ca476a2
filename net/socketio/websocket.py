"""The WebSocket transport: a session of its own, or the upgrade of one that began by polling."""

import trio

from net.socketio import engine_packet
from net.socketio.channel import Channel, MessageTooLarge
from net.socketio.engine_packet import PacketType, decode_frame
from net.socketio.errors import InvalidPacket
from net.socketio.lifecycle import Phase, Step
from net.socketio.options import SocketOptions
from net.socketio.session import (
    OVERFLOW,
    PARSE_ERROR,
    PING_TIMEOUT,
    SHUTTING_DOWN,
    TRANSPORT_CLOSE,
    EngineSession,
)

FRAMES_PER_WRITE = 64
"""How many due frames leave the outbox at a time; frames that have left it can no longer be superseded."""

TOO_LARGE = "payload too large"

NORMAL_CLOSURE = 1000
PROTOCOL_ERROR = 1002
CLOSE_CODES = {SHUTTING_DOWN: 1001, PARSE_ERROR: PROTOCOL_ERROR, PING_TIMEOUT: 1008, OVERFLOW: 1008, TOO_LARGE: 1009}


class WebSocketTransport:
    """Carries a session over one accepted WebSocket."""

    def __init__(self, channel: Channel, options: SocketOptions) -> None:
        self._channel = channel
        self._options = options
        self._linger_s = options.close_linger_ms / 1_000
        self._has_probed = False

    async def upgrade(self, session: EngineSession) -> bool:
        """Lead the upgrade of a polling session; if it fails, the session stays with the transport it has."""
        if not session.is_in(Phase.POLLING):
            await self._channel.close(PROTOCOL_ERROR, "the session has another transport", self._linger_s)
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
            await self._channel.close(PROTOCOL_ERROR, "the upgrade failed", self._linger_s)
        return done

    async def serve(self, session: EngineSession) -> None:
        """Carry a session until it is over and its client has gone."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._read, session)
            nursery.start_soon(self._abort_if_stuck, session)
            while frames := await session.next_frames(FRAMES_PER_WRITE):
                await self._channel.send(frames)
            nursery.cancel_scope.cancel()
        code = CLOSE_CODES.get(session.reason, NORMAL_CLOSURE)
        await self._channel.close(code, session.reason, self._linger_s)

    async def _probe(self, session: EngineSession) -> bool:
        try:
            if await self._channel.receive() != engine_packet.PROBE or not session.is_in(Phase.POLLING):
                return False
            session.step(Step.PROBED)
            self._has_probed = True
            await self._channel.send((engine_packet.PROBE_ANSWER,))
            if await self._channel.receive() != PacketType.UPGRADE.value or not session.is_in(Phase.UPGRADING):
                return False
        except MessageTooLarge:
            return False
        session.step(Step.UPGRADED)
        return True

    async def _read(self, session: EngineSession) -> None:
        try:
            while session.is_open():
                frame = await self._channel.receive()
                if frame is None:
                    session.cut(TRANSPORT_CLOSE)
                else:
                    await session.take_in(decode_frame(frame))
        except MessageTooLarge:
            session.cut(TOO_LARGE)
        except InvalidPacket:
            session.cut(PARSE_ERROR)

    async def _abort_if_stuck(self, session: EngineSession) -> None:
        await session.wait_ended()
        await trio.sleep(self._linger_s)
        await self._channel.abort()


async def _cancel_when_ended(session: EngineSession, scope: trio.CancelScope) -> None:
    await session.wait_ended()
    scope.cancel()
