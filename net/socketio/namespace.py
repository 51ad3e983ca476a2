"""A namespace: its handlers, its sockets and their rooms."""

from collections.abc import Sequence
from typing import Any, Protocol

from net.socketio import socket_packet
from net.socketio.client_socket import Event, Socket
from net.socketio.options import SocketOptions
from net.socketio.rooms import Rooms


class NamespaceHandlers(Protocol):
    """What an application does with the sockets of a namespace."""

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        """Admit a client; what is emitted here follows the confirmation. Raises ConnectionRefused to refuse it."""

    async def event(self, socket: Socket, event: Event) -> Sequence[Any] | None:
        """Handle an event, and return the arguments of its acknowledgement, for which the client may not have asked."""

    async def disconnect(self, socket: Socket, reason: str) -> None:
        """Take note that an admitted client is gone; it is in no room any more."""


class Namespace:
    """The sockets under one name."""

    def __init__(self, name: str, handlers: NamespaceHandlers, options: SocketOptions) -> None:
        self.name = name
        self.handlers = handlers
        self.rooms: Rooms[Socket] = Rooms(options.rooms_per_socket_max)
        self._sockets: dict[str, Socket] = {}

    def __len__(self) -> int:
        return len(self._sockets)

    def add(self, socket: Socket) -> None:
        """Take in a socket that was admitted, and put it into its own room. Raises TooManyRooms."""
        self._sockets[socket.sid] = socket
        self.rooms.join(socket, socket.sid)

    def forget(self, socket: Socket) -> None:
        """Drop a socket that is gone, and take it out of its rooms."""
        self._sockets.pop(socket.sid, None)
        self.rooms.leave_all(socket)

    def emit(self, room: str, name: str, *args: Any, latest: str | None = None) -> int:
        """Send an event to everyone in ``room``, encoded once; return how many they are. As `Socket.emit`."""
        return self._send(self.rooms.members_of(room), name, args, latest)

    def broadcast(self, name: str, *args: Any, latest: str | None = None) -> int:
        """Send an event to everyone in the namespace, as `emit` does."""
        return self._send(tuple(self._sockets.values()), name, args, latest)

    def _send(self, sockets: Sequence[Socket], name: str, args: Sequence[Any], latest: str | None) -> int:
        if sockets:
            frames = socket_packet.encode_event(self.name, name, args)
            for socket in sockets:
                socket.send_frames(frames, latest)
        return len(sockets)
