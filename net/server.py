"""The HTTP server as an actor: Hypercorn in a task of its own, supervised like everything else."""

import os
import socket
from collections.abc import Mapping
from typing import Any, Final

import trio
from hypercorn.config import Config

from net.guarded_serving import serve
from supervisor import Actor
from supervisor.policy import Reason

BACKLOG: Final = 512
"""Connections that may wait while the loop is busy; more than a burst of browsers, less than hides an overload."""

REQUESTS_PER_CONNECTION_MAX: Final = 1_000_000
"""A program that trades all day keeps its connection."""

KEEP_ALIVE_S: Final = 75.0
"""How long a connection without a request is kept; proxies in front usually give up after a minute."""

UNREAD_MS_MAX: Final = 20_000
"""How long what was sent may stay unacknowledged before the connection counts as dead."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening TCP socket; port 0 takes a free one. Raises OSError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Accepted sockets inherit it. Without it a client that never reads holds up Hypercorn's writes for ever.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS_MAX)
    return listener


def url_of(listener: socket.socket) -> str:
    """Return where a listening socket is reached."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Doors:
    """The listening socket of a server, which outlives it, so that a restart loses no connection that waits.

    Once closed, nobody gets in any more; who is in goes on.
    """

    def __init__(self, listener: socket.socket) -> None:
        self.url = url_of(listener)
        self.closed = trio.Event()
        self._listener = listener

    def open(self) -> str:
        """Return the listening socket as Hypercorn takes it: one of its own, as it closes what it is given."""
        return f"fd://{os.dup(self._listener.fileno())}"

    def close(self) -> None:
        """Refuse new connections from now on."""
        self._listener.close()
        self.closed.set()


class HttpServerActor(Actor):
    """Serves one ASGI application behind doors.

    At an orderly end the server stops accepting, lets the requests in progress finish within `grace_s`, and leaves.
    """

    def __init__(self, app: Any, doors: Doors, grace_s: float) -> None:
        self._app = app
        self._doors = doors
        self._grace_s = grace_s
        self._closing = trio.Event()
        self._closed = trio.Event()

    async def started(self) -> None:
        """Serve."""
        self.ctx.start_task(self._serve)

    async def stopped(self, _reason: Reason) -> None:
        """Let the requests in progress finish."""
        self._closing.set()
        await self._closed.wait()

    def inspect(self) -> Mapping[str, object]:
        """Show where the server listens."""
        return {"url": self._doors.url}

    async def _serve(self) -> None:
        config = Config()
        config.bind = [self._doors.open()]
        config.graceful_timeout = self._grace_s
        config.backlog = BACKLOG
        config.keep_alive_max_requests = REQUESTS_PER_CONNECTION_MAX
        config.keep_alive_timeout = KEEP_ALIVE_S
        config.include_server_header = False
        config.errorlog = None
        try:
            await serve(self._app, config, doors_closed=self._doors.closed, closing=self._closing)
        finally:
            self._closed.set()
