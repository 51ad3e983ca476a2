"""The door of the local operator: a Unix socket beside the data, through which no token is needed.

Only the user whom the data belong to can open it (mode 0600), and whoever can do that could read the data and the
secret that signs tokens anyway. What comes through it is an admin's, named after that user in the audit.
"""

import os
import pwd
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from actors.model import Principal, Role
from net.auth.identity import Identity
from net.peer import PEER_USER_ID
from net.server import BACKLOG

PATH_BYTES_MAX: Final = 107
"""The longest path that the kernel takes for a Unix socket."""

OPERATOR_ID: Final = "usr_operator"
PRIVATE: Final = 0o600
FOREVER_US: Final = 2**62

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class PathTooLong(OSError):
    """The data lie so deep that no Unix socket fits beside them."""


@contextmanager
def listen_locally(path: Path) -> Iterator[socket.socket]:
    """Listen at a path while a block of code runs, in the place of whatever a killed floor has left there.

    To be called by whoever has the lock on the data: no other floor can be listening then. Raises PathTooLong, and
    OSError when the address cannot be had.
    """
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise PathTooLong(f"{path} has more than {PATH_BYTES_MAX} bytes, the most that a Unix socket may have")
    with suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
        path.chmod(PRIVATE)
        listener.listen(BACKLOG)
        yield listener
    finally:
        listener.close()
        with suppress(FileNotFoundError):
            path.unlink()


def local_operator(user_id: int | None) -> Identity:
    """Return who comes through the local door: an admin, named after the user who opened the connection.

    Where the platform does not tell that user, it is the one whom this process belongs to: nobody else but root can.
    """
    known_id = os.getuid() if user_id is None else user_id
    try:
        user = pwd.getpwuid(known_id).pw_name
    except KeyError:  # The user has no name here, as in some containers.
        user = str(known_id)
    principal = Principal(OPERATOR_ID, f"local operator ({user})", Role.ADMIN)
    return Identity(principal, "", OPERATOR_ID, FOREVER_US, None)


class AsLocalOperator:
    """An ASGI application behind the local door: a request without a credential of its own is the operator's.

    `admit` returns a credential of the operator with a user id, once for each.
    """

    def __init__(self, app: AsgiApp, admit: Callable[[int | None], str]) -> None:
        self._app = app
        self._admit = admit
        self._credentials: dict[int | None, bytes] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand a connection on."""
        if scope["type"] in {"http", "websocket"} and not any(name == b"authorization" for name, _ in scope["headers"]):
            header = (b"authorization", self._credential(scope.get("state", {}).get(PEER_USER_ID)))
            scope = {**scope, "headers": [*scope["headers"], header]}
        await self._app(scope, receive, send)

    def _credential(self, user_id: int | None) -> bytes:
        if user_id not in self._credentials:
            self._credentials[user_id] = f"Bearer {self._admit(user_id)}".encode()
        return self._credentials[user_id]
