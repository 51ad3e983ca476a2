"""One Engine.IO session: its phase, its outbox and its heartbeat, whichever transport carries it."""

from collections.abc import Sequence
from typing import Protocol

import trio

from net.socketio import engine_packet
from net.socketio.asgi import ConnectionInfo
from net.socketio.engine_packet import EnginePacket, PacketType
from net.socketio.errors import InvalidPacket, OutboxFull
from net.socketio.heartbeat import Beat, started
from net.socketio.lifecycle import OPEN_PHASES, Phase, Step, advance
from net.socketio.options import SocketOptions
from net.socketio.outbox import Frame, Outbox

PING_TIMEOUT = "ping timeout"
TRANSPORT_CLOSE = "transport close"
TRANSPORT_ERROR = "transport error"
PARSE_ERROR = "parse error"
OVERFLOW = "client too slow"
FORCED_CLOSE = "forced server close"
SHUTTING_DOWN = "server shutting down"


class SessionHandler(Protocol):
    """What a layer above does with sessions."""

    def opened(self, session: "EngineSession") -> None:
        """Take note of a new session."""

    async def message(self, session: "EngineSession", data: Frame) -> None:
        """Handle a message; the next one of this session waits until this returns. Raises InvalidPacket."""

    def closed(self, session: "EngineSession", reason: str) -> None:
        """Take note that a session is over; called once for each session that opened."""


class EngineSession:
    """A session, in the phases of `lifecycle`. All methods but the waiting ones return at once."""

    def __init__(
        self, sid: str, info: ConnectionInfo, phase: Phase, options: SocketOptions, handler: SessionHandler
    ) -> None:
        self.sid = sid
        self.info = info
        self.phase = phase
        self.reason = ""
        self.has_poll = False
        self.has_push = False
        self._options = options
        self._handler = handler
        self._outbox = Outbox(packets_max=options.outbox_packets_max, size_max=options.outbox_size_max)
        self._changed = trio.lowlevel.ParkingLot()
        self._heartbeat = started(options.ping_interval_ms, options.ping_timeout_ms, trio.current_time())
        self._alarm = trio.CancelScope()
        self._ended = trio.Event()
        self._farewell = engine_packet.CLOSE

    def is_open(self) -> bool:
        """Say whether messages can still be sent."""
        return self.phase in OPEN_PHASES

    def is_in(self, phase: Phase) -> bool:
        """Say whether the session is in ``phase`` now."""
        return self.phase is phase

    def send(self, frames: Sequence[Frame]) -> None:
        """Queue encoded packets next to each other; a session that is over ignores them.

        A client for which too much waits is cut off.
        """
        if not self.is_open():
            return
        try:
            self._outbox.push(frames)
        except OutboxFull:
            self.cut(OVERFLOW)
        self._changed.unpark_all()

    def send_latest(self, frame: Frame, key: str) -> None:
        """Queue an encoded packet in the place of the waiting one of the same key, as `send` does."""
        if not self.is_open():
            return
        try:
            self._outbox.push_latest(frame, key)
        except OutboxFull:
            self.cut(OVERFLOW)
        self._changed.unpark_all()

    async def take_in(self, packet: EnginePacket) -> None:
        """Handle a packet from the client; one that breaks the protocol ends the session.

        What was under way when the session ended is dropped.
        """
        if not self.is_open():
            return
        match packet.type:
            case PacketType.MESSAGE:
                try:
                    await self._handler.message(self, packet.data)
                except InvalidPacket:
                    self.shut(PARSE_ERROR)
            case PacketType.PONG:
                self._heartbeat = self._heartbeat.pong(trio.current_time())
                self._alarm.deadline = self._heartbeat.due_at_s
            case PacketType.CLOSE:
                self._outbox.clear()
                self._farewell = engine_packet.NOOP
                self.shut(TRANSPORT_CLOSE)
            case PacketType.NOOP:
                pass
            case _:  # what only servers say, or only during an upgrade
                self.cut(PARSE_ERROR)

    def step(self, step: Step) -> None:
        """Move on within the open phases: an upgrade probed, done or abandoned. Raises IllegalStep."""
        self.phase = advance(self.phase, step)
        self._changed.unpark_all()

    def shut(self, reason: str = FORCED_CLOSE) -> None:
        """End the session in good order: what is queued is still delivered. One that is over stays as it is."""
        if self.is_open():
            self._end(Step.SHUT, reason)

    def cut(self, reason: str) -> None:
        """End the session at once, for ``reason``, and drop what is queued."""
        if self.is_open():
            self._outbox.clear()
            self._end(Step.CUT, reason)

    def expire_if_silent(self) -> None:
        """Cut the session if its client owes a pong for too long, even when a busy loop has not got round to it."""
        if self._heartbeat.beat(trio.current_time())[1] is Beat.TIMEOUT:
            self.cut(PING_TIMEOUT)

    async def run(self) -> None:
        """Keep the heartbeat until the session is over, then give the client time to fetch the farewell."""
        try:
            while self.is_open():
                with trio.CancelScope(deadline=self._heartbeat.due_at_s) as self._alarm:
                    await self._ended.wait()
                if self.is_open():
                    self._beat()
            with trio.move_on_after(self._options.close_linger_ms / 1_000):
                while self.is_in(Phase.CLOSING):
                    await self._changed.park()
        finally:
            self.cut(SHUTTING_DOWN)
            if self.is_in(Phase.CLOSING):
                self.step(Step.TAKEN)

    async def poll(self) -> str:
        """Wait for packets and return them as the body of an answer to a poll."""
        self.has_poll = True
        try:
            while self.is_in(Phase.POLLING) and not self._outbox:
                await self._changed.park()
        finally:
            self.has_poll = False
        return self.take_payload()

    def take_payload(self) -> str:
        """Return what is due to a poll now. It is never empty: a NOOP or the farewell if nothing is queued."""
        if self.is_in(Phase.WEBSOCKET):
            return engine_packet.NOOP
        frames = self._outbox.take()
        if not self.is_open():
            frames.append(self._farewell)
            if self.is_in(Phase.CLOSING):
                self.step(Step.TAKEN)
        return engine_packet.encode_payload(frames or [engine_packet.NOOP])

    async def next_frames(self, count_max: int) -> list[Frame]:
        """Wait for packets to write to the WebSocket; an empty list says that the session is over."""
        while self.is_in(Phase.WEBSOCKET) and not self._outbox:
            await self._changed.park()
        frames = self._outbox.take(count_max)
        if not frames and self.is_in(Phase.CLOSING):
            self.step(Step.TAKEN)
        return frames

    async def wait_ended(self) -> None:
        """Wait until the session is over for the application."""
        await self._ended.wait()

    def _beat(self) -> None:
        self._heartbeat, beat = self._heartbeat.beat(trio.current_time())
        if beat is Beat.PING:
            self.send((engine_packet.PING,))
        elif beat is Beat.TIMEOUT:
            self.cut(PING_TIMEOUT)

    def _end(self, step: Step, reason: str) -> None:
        self.phase = advance(self.phase, step)
        self.reason = reason
        self._ended.set()
        self._changed.unpark_all()
        self._handler.closed(self, reason)
