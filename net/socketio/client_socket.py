"""A socket: one client's connection to one namespace, as applications see it."""

import logging
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import trio
from attrs import define, field, frozen

from net.socketio import socket_packet
from net.socketio.asgi import ConnectionInfo
from net.socketio.errors import AckTimeout, ConnectionRefused, SocketGone, TooManyAcks
from net.socketio.options import SocketOptions
from net.socketio.outbox import Frame
from net.socketio.session import OVERFLOW, EngineSession

if TYPE_CHECKING:
    from net.socketio.namespace import Namespace

logger = logging.getLogger(__name__)

REFUSED = "refused"
CLIENT_DISCONNECT = "client namespace disconnect"
SERVER_DISCONNECT = "server namespace disconnect"


@frozen
class Event:
    """An event from a client."""

    name: str
    args: tuple[Any, ...]
    ack_id: int | None


@define(eq=False)
class _PendingAck:
    args: list[Any] | None = None
    done: trio.Event = field(factory=trio.Event)


class Socket:
    """One client in one namespace.

    Its events are handled one at a time, in the order in which they came. What was received before it disconnected is
    still handled, then the namespace's ``disconnect`` handler runs. ``data`` is the application's to use.
    """

    def __init__(self, sid: str, namespace: "Namespace", session: EngineSession, options: SocketOptions) -> None:
        self.sid = sid
        self.namespace = namespace
        self.data: dict[str, Any] = {}
        self.is_connected = False
        self._session = session
        self._options = options
        # What the connect handler emits waits here until the client has been told that it is connected.
        self._held: list[tuple[Frame, ...]] = []
        self._reason = ""
        self._queue, self._events = trio.open_memory_channel[Event](options.events_queued_max)
        self._acks: dict[int, _PendingAck] = {}
        self._next_ack_id = 0

    @property
    def info(self) -> ConnectionInfo:
        """The request that opened the session."""
        return self._session.info

    @property
    def is_gone(self) -> bool:
        """Whether the socket was refused or has ended."""
        return bool(self._reason)

    @property
    def was_refused(self) -> bool:
        """Whether the socket was not admitted."""
        return self._reason == REFUSED

    @property
    def rooms(self) -> tuple[str, ...]:
        """The rooms it is in; once it is connected, one of them is its own, named by its sid."""
        return self.namespace.rooms.rooms_of(self)

    def emit(self, name: str, *args: Any, latest: str | None = None) -> None:
        """Send an event, or do nothing if the socket is gone. Arguments are JSON values and bytes.

        With ``latest``, it takes the place of the last event of the same key that still waits to be sent. Raises
        TypeError if an argument is neither.
        """
        self.send_frames(socket_packet.encode_event(self.namespace.name, name, args), latest)

    async def call(self, name: str, *args: Any, timeout_s: float = math.inf) -> list[Any]:
        """Send an event and return what the client acknowledges it with. Raises AckTimeout, SocketGone, TooManyAcks."""
        if self._reason:
            raise SocketGone(self._reason)
        if len(self._acks) >= self._options.acks_pending_max:
            raise TooManyAcks(f"the client owes {len(self._acks)} acknowledgements")
        ack_id, self._next_ack_id = self._next_ack_id, self._next_ack_id + 1
        frames = socket_packet.encode_event(self.namespace.name, name, args, ack_id)
        pending = self._acks[ack_id] = _PendingAck()
        try:
            self.send_frames(frames)
            with trio.move_on_after(timeout_s):
                await pending.done.wait()
        finally:
            self._acks.pop(ack_id, None)
        if pending.args is not None:
            return pending.args
        raise SocketGone(self._reason) if pending.done.is_set() else AckTimeout(f"{name} within {timeout_s} s")

    def join(self, room: str) -> None:
        """Enter a room; a socket that is gone enters none. Raises TooManyRooms."""
        if not self._reason:
            self.namespace.rooms.join(self, room)

    def leave(self, room: str) -> None:
        """Leave a room."""
        self.namespace.rooms.leave(self, room)

    def disconnect(self) -> None:
        """End the connection to this namespace; the client is told, and will not reconnect by itself."""
        if not self._reason:
            self._session.send(socket_packet.encode_disconnect(self.namespace.name))
            self.end(SERVER_DISCONNECT)

    def close(self) -> None:
        """End the whole session in good order; a client that was not disconnected before connects again by itself."""
        self._session.shut()

    def send_frames(self, frames: tuple[Frame, ...], latest: str | None = None) -> None:
        """Queue the frames of one packet, which may have been encoded for many sockets."""
        if self.is_connected:
            if latest is None or len(frames) > 1:
                self._session.send(frames)
            else:
                self._session.send_latest(frames[0], f"{self.namespace.name}\0{latest}")
        elif not self._reason:
            if len(self._held) >= self._options.outbox_packets_max:
                self._session.cut(OVERFLOW)
            self._held.append(frames)

    async def take_event(self, event: Event) -> None:
        """Queue an event for the handler, and wait while too many are queued."""
        try:
            await self._queue.send(event)
        except trio.ClosedResourceError:
            logger.debug("An event of a socket that is gone was dropped.")

    def take_ack(self, ack_id: int, args: list[Any]) -> None:
        """Take an acknowledgement; one that nobody waits for is ignored."""
        pending = self._acks.pop(ack_id, None)
        if pending is not None:
            pending.args = args
            pending.done.set()

    def end(self, reason: str) -> None:
        """Take note that the socket is gone; only the first reason counts."""
        if self._reason:
            return
        self._reason = reason
        self.is_connected = False
        self._held.clear()
        self._queue.close()
        self.namespace.forget(self)
        for pending in self._acks.values():
            pending.done.set()

    async def run(self, auth: dict[str, Any]) -> None:
        """Lead the socket from its admission to its end; an error of a handler is logged and stays here."""
        try:
            await self.namespace.handlers.connect(self, auth)
        except ConnectionRefused as refusal:
            self._refuse(refusal)
            return
        except Exception:
            logger.exception("The connect handler of %s failed.", self.namespace.name)
            self._refuse(ConnectionRefused("Internal error"))
            return
        if not self._reason:
            self._admit()
        async for event in self._events:
            await self._handle(event)
        try:
            await self.namespace.handlers.disconnect(self, self._reason)
        except Exception:
            logger.exception("The disconnect handler of %s failed.", self.namespace.name)

    def _admit(self) -> None:
        self.is_connected = True
        self.namespace.add(self)
        self._session.send(socket_packet.encode_connect(self.namespace.name, self.sid))
        held, self._held = self._held, []
        for frames in held:
            self._session.send(frames)

    def _refuse(self, refusal: ConnectionRefused) -> None:
        error = socket_packet.encode_connect_error(self.namespace.name, refusal.message, refusal.data)
        self._session.send(error)
        self.end(REFUSED)

    async def _handle(self, event: Event) -> None:
        try:
            answer: Sequence[Any] | None = await self.namespace.handlers.event(self, event)
            if event.ack_id is not None:
                self.send_frames(socket_packet.encode_ack(self.namespace.name, answer or (), event.ack_id))
        except Exception:
            logger.exception("The handler of event %r failed.", event.name)
