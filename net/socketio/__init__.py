"""Engine.IO 4 and Socket.IO 5 on trio, as an ASGI application. This layer knows nothing of trading."""

from net.socketio.asgi import ConnectionInfo
from net.socketio.client_socket import Event, Socket
from net.socketio.errors import (
    AckTimeout,
    ConnectionRefused,
    SocketGone,
    SocketIOError,
    TooManyAcks,
    TooManyRooms,
)
from net.socketio.namespace import Namespace, NamespaceHandlers
from net.socketio.options import SocketOptions
from net.socketio.server import SocketServer

__all__ = [
    "AckTimeout",
    "ConnectionInfo",
    "ConnectionRefused",
    "Event",
    "Namespace",
    "NamespaceHandlers",
    "Socket",
    "SocketGone",
    "SocketIOError",
    "SocketOptions",
    "SocketServer",
    "TooManyAcks",
    "TooManyRooms",
]
