"""The HTTP server as an actor: Hypercorn in a task of its own, supervised like everything else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import trio
from hypercorn.config import Config
from hypercorn.trio import serve

from supervisor import Actor
from supervisor.policy import Reason


class HttpServerActor(Actor):
    """Serves one ASGI application. `on_bound` hears the URLs once the sockets listen.

    At an orderly end the server stops accepting, lets the requests in progress finish within the configured grace, and
    closes the sockets.
    """

    def __init__(self, app: Any, config: Config, on_bound: Callable[[Sequence[str]], None]) -> None:
        self._app = app
        self._config = config
        self._on_bound = on_bound
        self._closing = trio.Event()
        self._closed = trio.Event()
        self._urls: Sequence[str] = ()

    async def started(self) -> None:
        """Bind the sockets and serve."""
        self.ctx.start_task(self._serve)

    async def stopped(self, _reason: Reason) -> None:
        """Let the requests in progress finish."""
        self._closing.set()
        await self._closed.wait()

    def inspect(self) -> Mapping[str, object]:
        """Show where the server listens."""
        return {"urls": list(self._urls)}

    async def _serve(self) -> None:
        try:
            async with trio.open_nursery() as nursery:
                self._urls = await nursery.start(self._run)
                self._on_bound(self._urls)
        finally:
            self._closed.set()

    async def _run(self, *, task_status: trio.TaskStatus[list[str]] = trio.TASK_STATUS_IGNORED) -> None:
        await serve(self._app, self._config, shutdown_trigger=self._closing.wait, task_status=task_status, mode="asgi")
