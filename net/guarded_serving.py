"""Hypercorn on trio with a guard around each connection.

In Hypercorn 0.18 an error that escapes from one connection's protocol ends the whole server. A client can cause one:
data that follows an upgrade request before it is answered makes the WebSocket stream send through h11 in a state that
h11 refuses. Here such an error ends its connection, and is logged.
"""

import logging
from functools import partial
from typing import Any

import trio
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState, LifespanState
from hypercorn.utils import repr_socket_addr, wrap_app

_log = logging.getLogger(__name__)


class GuardedServer(TCPServer):
    """One connection, whose errors stay its own."""

    async def run(self) -> None:
        """Serve the connection to its end."""
        try:
            await super().run()
        except Exception:  # noqa: BLE001 - whatever it is, the other connections go on
            _log.warning("a connection was ended by an error", exc_info=True)


async def serve(
    app: Any,
    config: Config,
    *,
    doors_closed: trio.Event,
    closing: trio.Event,
    task_status: trio.TaskStatus[list[str]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve an ASGI application until `closing`, then let connections end within the grace period.

    New connections are accepted until then, or until `doors_closed`. Reports the URLs once the sockets listen. Plain
    TCP only; TLS is for the proxy in front.
    """
    wrapped = wrap_app(app, config.wsgi_max_body_size, "asgi")
    state: LifespanState = {}
    lifespan = Lifespan(wrapped, config, state)
    context = WorkerContext(None)
    async with trio.open_nursery() as lifespan_nursery:
        await lifespan_nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        async with trio.open_nursery() as connections:
            listeners, urls = _listen(config)
            handler = partial(GuardedServer, wrapped, config, context, ConnectionState(state.copy()))
            task_status.started(urls)
            try:
                async with trio.open_nursery() as accepting:
                    accepting.start_soon(partial(trio.serve_listeners, handler, listeners, handler_nursery=connections))
                    await _either(doors_closed, closing)
                    accepting.cancel_scope.cancel()
                await closing.wait()
            finally:
                await context.terminated.set()
                connections.cancel_scope.deadline = trio.current_time() + config.graceful_timeout
        await lifespan.wait_for_shutdown()
        lifespan_nursery.cancel_scope.cancel()


async def _either(*events: trio.Event) -> None:
    """Wait until one of the events is set."""

    async def wait(event: trio.Event) -> None:
        await event.wait()
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        for event in events:
            nursery.start_soon(wait, event)


def _listen(config: Config) -> tuple[list[trio.SocketListener], list[str]]:
    sockets = config.create_sockets().insecure_sockets
    for sock in sockets:
        sock.listen(config.backlog)
    listeners = [trio.SocketListener(trio.socket.from_stdlib_socket(sock)) for sock in sockets]
    return listeners, [f"http://{repr_socket_addr(sock.family, sock.getsockname())}" for sock in sockets]
