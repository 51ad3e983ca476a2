"""Who is at the other end of a Unix socket, as the kernel says."""

import socket
import struct
from typing import Final

_CREDENTIALS: Final = struct.Struct("3i")
"""Process, user and group, as Linux hands them over."""

PEER_USER_ID: Final = "tradefloor.peer_user_id"
"""Where an ASGI application finds the peer's user id in the state of its connection."""


def peer_user_id(connection: socket.SocketType) -> int | None:
    """Return the user id of the process that opened a connection, None where the platform or the kind has none."""
    if connection.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(told)[1])
