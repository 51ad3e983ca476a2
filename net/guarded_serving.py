"""Hypercorn on trio with a guard around each connection.

In Hypercorn 0.18 an error that escapes from one connection's protocol ends the whole server. A client can cause one:
data that follows an upgrade request before it is answered makes the WebSocket stream send through h11 in a state that
h11 refuses. Here such an error ends its connection, and is logged.

Its idle timeout is a task that each request cancels and each answer starts again, a tenth of what a small request
costs; and it outlives a client that hangs up while nothing is under way, whose socket stays open as long. Here one task
watches a connection for all its life, and ends with it.

It also switches to HTTP/2 for whoever asks in the clear. A proxy that forwards upgrades, as it must for WebSockets,
would then carry requests that it never sees (h2c smuggling). Here a connection speaks HTTP/1.1 to its end.

It waits for ever for a client that does not take its answer, and keeps that in memory. Here such a client is cut off.

And it reads any version and any case of a method as if they were good, where a proxy in front may understand something
else by them. Here they are refused.
"""

import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import h11
import trio
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import TrioSingleTask, WorkerContext
from hypercorn.typing import ConnectionState, LifespanState, TaskGroup
from hypercorn.utils import repr_socket_addr, wrap_app

from net.peer import PEER_USER_ID, peer_user_id

WRITE_BYTES: Final = 64 * 1024
WRITE_S: Final = 60.0
"""So long a client may take for so many bytes; the answers for one that takes nothing would stay in memory for ever."""

VERSIONS: Final = frozenset({b"1.0", b"1.1"})

_log = logging.getLogger(__name__)


class IdleMark(TrioSingleTask):
    """Since when a connection has nothing to do (None: it has), in place of a task that waits for that to last long."""

    def __init__(self) -> None:
        self.since_s: float | None = None

    async def restart(self, _task_group: TaskGroup, _action: Callable[..., object]) -> None:
        """Note that the connection has nothing to do."""
        self.since_s = trio.current_time()

    async def stop(self) -> None:
        """Note that a request has come."""
        self.since_s = None


class OnlyHttp11(H11Protocol):
    """HTTP/1.1 and WebSockets, and nothing that either could become."""

    async def _check_protocol(self, _event: h11.Request) -> None:
        """Pass over a wish for HTTP/2 (RFC 9110, section 7.8, lets a server ignore an upgrade)."""

    async def _create_stream(self, request: h11.Request) -> None:
        """Begin to answer a request, or refuse it; what follows a refusal on the connection is not read."""
        status = refusal_of(request)
        if status is None:
            await super()._create_stream(request)
        else:
            await self._send_error_response(status)
            await self.send(Closed())


def refusal_of(request: h11.Request) -> HTTPStatus | None:
    """Return the status that refuses a request of another version, or by no method at all, as their case counts."""
    if request.http_version not in VERSIONS:
        return HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
    return None if request.method.isupper() else HTTPStatus.NOT_IMPLEMENTED


class GuardedServer(TCPServer):
    """One connection, whose errors stay its own."""

    async def run(self) -> None:
        """Serve the connection to its end."""
        self.idle_task = idle = IdleMark()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._close_when_idle, idle)
                await super().run()
                nursery.cancel_scope.cancel()
        except Exception:  # noqa: BLE001 - whatever it is, the other connections go on
            _log.warning("a connection was ended by an error", exc_info=True)

    async def protocol_send(self, event: Event) -> None:
        """Write for the client, or end the connection; a client that takes nothing is not waited for."""
        if not isinstance(event, RawData):
            await super().protocol_send(event)
            return
        try:
            await self._write(event.data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            await self.protocol.handle(Closed())
        except trio.TooSlowError:
            await super().protocol_send(Closed())

    async def _write(self, data: bytes) -> None:
        async with self.send_lock:
            for begin in range(0, len(data), WRITE_BYTES):
                # Shielded as Hypercorn has it: what has begun to leave must not be cut short by who asked for it.
                with trio.fail_after(WRITE_S, shield=True):
                    await self.stream.send_all(data[begin : begin + WRITE_BYTES])

    async def _read_data(self) -> None:
        """Read to the end of the connection."""
        known = self.protocol
        known.protocol = OnlyHttp11(
            known.app,
            known.config,
            known.context,
            known.task_group,
            ConnectionState({**known.state, PEER_USER_ID: peer_user_id(self.stream.socket)}),
            known.ssl,
            known.client,
            known.server,
            known.send,
        )
        await super()._read_data()

    async def _close_when_idle(self, idle: IdleMark) -> None:
        """Close the connection once it was idle for too long; at a stop of the server as soon as it is."""
        limit_s = self.config.keep_alive_timeout
        stopping = self.context.terminated
        look_at_s = trio.current_time()
        while not stopping.is_set():
            with trio.move_on_at(look_at_s):
                await stopping.wait()
            # While a request is under way the question is put off; its answer marks the time anew.
            look_at_s = limit_s + (trio.current_time() if idle.since_s is None else idle.since_s)
            if look_at_s <= trio.current_time():
                break
        if idle.since_s is not None:
            await self._initiate_server_close()


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
