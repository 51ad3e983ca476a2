"""How long a connection lives that has nothing to do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from hypercorn.utils import wrap_app
from trio.testing import MockClock, lockstep_stream_pair, memory_stream_pair

from net.guarded_serving import WRITE_BYTES, WRITE_S, GuardedServer

KEEP_ALIVE_S = 75.0
REQUEST = b"GET / HTTP/1.1\r\nhost: floor\r\n\r\n"
ANSWER_TAKES_S = 2.0


class Connection:
    """A client's end of a connection, and when the server was done with it (trio's time; None: not yet)."""

    def __init__(self, client: Any, context: WorkerContext) -> None:
        self.client = client
        self.context = context
        self.over_at_s: float | None = None

    async def serve(self, server: GuardedServer) -> None:
        """Serve to the end, and note when that was."""
        await server.run()
        self.over_at_s = trio.current_time()

    async def ask(self) -> bytes:
        """Send a request, and return the first piece of the answer."""
        await self.client.send_all(REQUEST)
        return bytes(await self.client.receive_some(4096))


async def answer_late(scope: Any, receive: Any, send: Any) -> None:
    """Take some time to answer."""
    assert scope["type"] == "http"
    await receive()
    await trio.sleep(ANSWER_TAKES_S)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def answer_long(_scope: Any, receive: Any, send: Any) -> None:
    """Answer with two pieces and a half of what is written at once."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": bytes(WRITE_BYTES * 5 // 2)})


@asynccontextmanager
async def connected(app: Any = answer_late, ends: Any = memory_stream_pair) -> AsyncIterator[Connection]:
    """Serve one connection in memory; what is left of it ends with the block."""
    client, server_end = ends()
    address = ("127.0.0.1", 1)
    server_end.socket = SimpleNamespace(  # Hypercorn asks a stream's socket for addresses.
        family=2, getsockname=lambda: address, getpeername=lambda: address
    )
    config = Config()
    config.keep_alive_timeout = KEEP_ALIVE_S
    context = WorkerContext(None)
    stream: Any = server_end
    server = GuardedServer(wrap_app(app, 0, "asgi"), config, context, ConnectionState({}), stream)
    connection = Connection(client, context)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.serve, server)
        yield connection
        nursery.cancel_scope.cancel()


async def test_client_that_hangs_up_is_forgotten_at_once(autojump_clock: MockClock) -> None:
    """No task and no socket outlives a client that went away between two requests."""
    async with connected() as connection:
        await connection.ask()
        await trio.testing.wait_all_tasks_blocked()
        gone_at_s = trio.current_time()
        await connection.client.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert connection.over_at_s == gone_at_s


async def test_connection_without_a_request_is_closed_in_time(autojump_clock: MockClock) -> None:
    """A connection that is opened and never used is closed after the keep-alive timeout, not before."""
    async with connected() as connection:
        assert await connection.client.receive_some() == b""
        assert trio.current_time() == KEEP_ALIVE_S


async def test_each_answer_begins_the_time_anew(autojump_clock: MockClock) -> None:
    """What counts is the time since the last answer, however long ago the connection was opened."""
    async with connected() as connection:
        for _ in range(3):
            await trio.sleep(KEEP_ALIVE_S - 1)
            assert (await connection.ask()).startswith(b"HTTP/1.1 204")
        answered_at_s = trio.current_time()
        assert await connection.client.receive_some() == b""
        assert trio.current_time() == answered_at_s + KEEP_ALIVE_S


async def test_stop_closes_an_idle_connection_at_once(autojump_clock: MockClock) -> None:
    """A server that stops does not wait for clients that have nothing to ask."""
    async with connected() as connection:
        await connection.ask()
        stopped_at_s = trio.current_time()
        await connection.context.terminated.set()
        assert await connection.client.receive_some() == b""
        assert trio.current_time() == stopped_at_s


async def test_stop_lets_a_request_be_answered(autojump_clock: MockClock) -> None:
    """A request that is under way when the server stops gets its answer, and then the connection is closed."""
    async with connected() as connection:
        await connection.client.send_all(REQUEST)
        await trio.testing.wait_all_tasks_blocked()
        await connection.context.terminated.set()
        assert (await connection.client.receive_some()).startswith(b"HTTP/1.1 204")
        assert await connection.client.receive_some() == b""
        assert trio.current_time() == ANSWER_TAKES_S


async def test_client_that_takes_nothing_is_cut_off(autojump_clock: MockClock) -> None:
    """The answer, and whoever waits for it to be taken, would stay for ever."""
    async with connected(answer_long, lockstep_stream_pair) as connection:
        await connection.ask()
        asked_at_s = trio.current_time()
        await trio.sleep(WRITE_S + 1)
        await trio.testing.wait_all_tasks_blocked()
        assert connection.over_at_s == asked_at_s + WRITE_S


async def test_client_that_takes_its_time_gets_all(autojump_clock: MockClock) -> None:
    """The limit is for each piece, not for the answer."""
    async with connected(answer_long, lockstep_stream_pair) as connection:
        await connection.client.send_all(REQUEST)
        received = 0
        while received < WRITE_BYTES * 5 // 2:
            await trio.sleep(WRITE_S / 2)
            received += len(await connection.client.receive_some(WRITE_BYTES))
        assert connection.over_at_s is None


async def test_no_way_leads_to_another_protocol(autojump_clock: MockClock) -> None:
    """An upgrade to HTTP/2 is passed over: a proxy that forwards upgrades would not see what is asked afterwards."""
    async with connected() as connection:
        upgrade = (
            b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n"
        )
        await connection.client.send_all(REQUEST.removesuffix(b"\r\n") + upgrade)
        assert (await connection.client.receive_some()).startswith(b"HTTP/1.1 204")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"PRI * HTTP/2.0", b"505"),
        (b"GET / HTTP/2.0", b"505"),
        (b"GET / HTTP/0.9", b"505"),
        (b"get / HTTP/1.1", b"501"),
        (b"1 / HTTP/1.1", b"501"),
    ],
)
async def test_only_requests_that_everybody_reads_alike_are_answered(
    autojump_clock: MockClock, line: bytes, status: bytes
) -> None:
    """Another version, or a method in another case, is refused, and what comes after it is not read."""
    async with connected() as connection:
        request = line + b"\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        await connection.client.send_all(request + REQUEST)
        heard = b""
        while piece := await connection.client.receive_some():
            heard += piece
        answers = [answer.split()[1] for answer in heard.split(b"\r\n") if answer.startswith(b"HTTP/")]
        assert [status] == answers
