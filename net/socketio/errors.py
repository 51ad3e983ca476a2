"""What can go wrong in the Socket.IO layer: one class per cause."""

from typing import Any


class SocketIOError(Exception):
    """Any error of this package."""


class InvalidPacket(SocketIOError):
    """The peer broke the protocol; its session is closed with the reason ``parse error``.

    An event that is well-formed but makes no sense to the application is not an invalid packet.
    """


class OutboxFull(SocketIOError):
    """The client reads too slowly: more waits for it than the options allow."""


class ConnectionRefused(SocketIOError):
    """Raised by a namespace's ``connect`` handler: the client gets CONNECT_ERROR with this message and these data."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class AckTimeout(SocketIOError):
    """The client did not acknowledge an event in time."""


class TooManyAcks(SocketIOError):
    """The client already owes as many acknowledgements as the options allow."""


class TooManyRooms(SocketIOError):
    """The socket is in as many rooms as the options allow."""


class SocketGone(SocketIOError):
    """The socket was disconnected before it could answer."""


class IllegalStep(SocketIOError):
    """A session was asked for a step that its phase does not know; nothing has changed."""
