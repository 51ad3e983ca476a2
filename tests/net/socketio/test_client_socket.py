"""What an application sees of its clients: admission, order, rooms, acknowledgements, and every way to the end."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import orjson
import pytest
import trio
from attrs import define, field
from trio.testing import wait_all_tasks_blocked

from net.socketio import (
    AckTimeout,
    ConnectionRefused,
    Event,
    Namespace,
    Socket,
    SocketGone,
    SocketOptions,
    SocketServer,
    TooManyAcks,
    TooManyRooms,
)
from tests.net.socketio.harness import FakeWebSocket, request, scope_of


@define
class Application:
    """Records what happens; `gate` holds its event handler up, `refusal` refuses everyone."""

    greetings: int = 1
    sockets: list[Socket] = field(factory=list)
    log: list[Any] = field(factory=list)
    gate: trio.Event = field(factory=trio.Event)
    refusal: Exception | None = None

    async def connect(self, socket: Socket, auth: dict[str, Any]) -> None:
        """Admit a client and greet it."""
        if self.refusal is not None:
            raise self.refusal
        self.sockets.append(socket)
        socket.join("everyone")
        for _ in range(self.greetings):
            socket.emit("welcome")

    async def event(self, socket: Socket, event: Event) -> Sequence[Any] | None:
        """Record the event once the gate is open."""
        await self.gate.wait()
        self.log.append((event.name, *event.args))
        if event.name == "fail":
            raise RuntimeError("as asked")
        return [len(self.log)] if event.args else None

    async def disconnect(self, socket: Socket, reason: str) -> None:
        """Record the reason."""
        self.log.append(reason)
        if self.refusal is not None:
            raise self.refusal


@define
class Bench:
    """A running server with one namespace."""

    server: SocketServer
    application: Application
    namespace: Namespace
    nursery: trio.Nursery

    async def session(self) -> FakeWebSocket:
        """Open a session over a WebSocket."""
        socket = FakeWebSocket(self.server, path="/socket.io/")
        self.nursery.start_soon(socket.run)
        assert (await socket.get())["type"] == "websocket.accept"
        assert (await socket.get()).startswith("0{")
        return socket

    async def connect(self) -> tuple[FakeWebSocket, Socket]:
        """Connect a client; return both of its ends."""
        client = await self.session()
        await client.put("40")
        assert (await client.get()).startswith("40{")
        assert await client.get() == '42["welcome"]'
        return client, self.application.sockets[-1]


@asynccontextmanager
async def bench(**options: Any) -> AsyncIterator[Bench]:
    """Run a server whose handler is not held up."""
    numbers = count(1)
    server = SocketServer(SocketOptions(**options), lambda: f"s{next(numbers)}")
    application = Application()
    application.gate.set()
    namespace = server.namespace("/", application)

    async def run(task_status: trio.TaskStatus[None]) -> None:
        await server.run(task_status=task_status)
        application.log.append("over")

    async with trio.open_nursery() as nursery:
        await nursery.start(run)
        yield Bench(server, application, namespace, nursery)
        nursery.cancel_scope.cancel()


async def test_a_namespace_is_expected_for_a_while_only(autojump_clock: trio.testing.MockClock) -> None:
    """Who enters one in time stays; who does not is closed, and so is who leaves the last one."""
    async with bench(connect_timeout_ms=1_000) as b:
        idle = await b.session()
        client, _ = await b.connect()
        start = trio.current_time()
        assert (await idle.get())["reason"] == "no namespace in time"
        assert trio.current_time() - start == 1
        await trio.sleep(1)
        assert b.server.session_count == 1
        await client.put("41")
        assert (await client.get())["reason"] == "no namespace in time"
        assert trio.current_time() - start == 3


async def test_events_are_handled_in_order_and_acknowledged() -> None:
    """The handler's answer goes to whoever asked for one."""
    async with bench() as b:
        client, _ = await b.connect()
        for text in ('42["a",1]', '427["b",2]', '428["c"]', "42[5]"):
            await client.put(text)
        assert [await client.get(), await client.get()] == ["437[2]", "438[]"]
        await wait_all_tasks_blocked()
        assert b.application.log == [("a", 1), ("b", 2), ("c",), ("5",)]


async def test_a_failing_handler_is_logged_and_the_socket_lives(caplog: pytest.LogCaptureFixture) -> None:
    """There is no acknowledgement, and the next event is handled."""
    async with bench() as b:
        client, _ = await b.connect()
        await client.put('421["fail",1]')
        await client.put('422["ok",1]')
        assert await client.get() == "432[2]"
        assert "as asked" in caplog.text


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (ConnectionRefused("not authorized"), {"message": "not authorized"}),
        (ConnectionRefused("no", {"code": 7}), {"message": "no", "data": {"code": 7}}),
        (RuntimeError("secret"), {"message": "Internal error"}),
    ],
)
async def test_a_client_may_be_refused(error: Exception, answer: object, caplog: pytest.LogCaptureFixture) -> None:
    """It learns why, nothing else reaches it, and it may try again."""
    async with bench() as b:
        client = await b.session()
        b.application.refusal = error
        await client.put("40")
        assert orjson.loads((await client.get())[2:]) == answer
        await client.put('42["late"]')
        b.application.refusal = None
        await client.put("40")
        assert (await client.get()).startswith("40{")
        await wait_all_tasks_blocked()
        assert b.application.log == []
        assert ("secret" in caplog.text) == isinstance(error, RuntimeError)


async def test_rooms() -> None:
    """Everyone in a room gets an event; a socket has its own room; who leaves gets no more."""
    async with bench() as b:
        (one, first), (two, second) = await b.connect(), await b.connect()
        assert first.info.query["transport"] == "websocket"
        first.join("room")
        assert first.rooms == ("everyone", first.sid, "room")
        assert b.namespace.emit("room", "hello", b"\1") == 1
        assert [await one.get(), await one.get()] == ['451-["hello",{"_placeholder":true,"num":0}]', b"\1"]
        assert b.namespace.emit(second.sid, "you") == 1
        assert await two.get() == '42["you"]'
        first.leave("room")
        assert b.namespace.emit("room", "nobody") == 0
        assert b.namespace.broadcast("all") == len(b.namespace) == 2
        assert [await one.get(), await two.get()] == ['42["all"]', '42["all"]']


async def test_only_the_latest_of_a_kind_waits() -> None:
    """What a slow client has not received is superseded under its key; other events are all kept."""
    async with bench() as b:
        opening = await request(b.server, "EIO=4&transport=polling", path="/socket.io/")
        query = f"EIO=4&transport=polling&sid={orjson.loads(opening.text[1:])['sid']}"
        await request(b.server, query, b"40", method="POST", path="/socket.io/")
        await wait_all_tasks_blocked()
        for price in (1, 2, 3):
            b.namespace.broadcast("price", price, latest="AAPL")
            b.namespace.broadcast("trade", price)
        answer = await request(b.server, query, path="/socket.io/")
        assert answer.text.split("\x1e")[2:] == ['42["price",3]', '42["trade",1]', '42["trade",2]', '42["trade",3]']


async def test_calls() -> None:
    """A call returns what the client acknowledges; strays are ignored."""
    async with bench() as b:
        client, socket = await b.connect()
        answers: list[list[Any]] = []

        async def ask(*args: object) -> None:
            answers.append(await socket.call("q", *args))

        b.nursery.start_soon(ask, 1)
        assert await client.get() == '420["q",1]'
        b.nursery.start_soon(ask, b"\2")
        assert [await client.get(), await client.get()] == ['451-1["q",{"_placeholder":true,"num":0}]', b"\2"]
        await client.put("439[]")
        await client.put('461-1["x",{"_placeholder":true,"num":0}]')
        await client.put(b"\3")
        await client.put("430[]")
        await client.put("430[1]")
        await wait_all_tasks_blocked()
        assert answers == [["x", b"\3"], []]


async def test_calls_that_fail(autojump_clock: trio.testing.MockClock) -> None:
    """Late, too many, or the socket is gone, before or meanwhile."""
    async with bench(acks_pending_max=1) as b:
        client, socket = await b.connect()
        with pytest.raises(AckTimeout):
            await socket.call("q", timeout_s=1)
        errors: list[Exception] = []

        async def ask() -> None:
            try:
                await socket.call("q")
            except (SocketGone, TooManyAcks) as error:
                errors.append(error)

        for _ in range(2):
            b.nursery.start_soon(ask)
        await wait_all_tasks_blocked()
        await client.leave()
        await wait_all_tasks_blocked()
        await ask()
        assert [type(error) for error in errors] == [TooManyAcks, SocketGone, SocketGone]


async def test_the_server_disconnects_a_client() -> None:
    """It is told, and a gone socket does nothing any more."""
    async with bench() as b:
        client, socket = await b.connect()
        socket.disconnect()
        socket.disconnect()
        socket.emit("late")
        socket.join("room")
        assert await client.get() == "41"
        await wait_all_tasks_blocked()
        assert (b.application.log, socket.rooms, len(b.namespace)) == (["server namespace disconnect"], (), 0)


async def test_what_was_received_is_handled_before_the_end() -> None:
    """Events first, then the disconnect handler, though the client has long gone."""
    async with bench() as b:
        client, socket = await b.connect()
        b.application.gate = trio.Event()
        await client.put('42["a"]')
        await client.put('42["b"]')
        await wait_all_tasks_blocked()
        await client.leave()
        await wait_all_tasks_blocked()
        assert (socket.is_gone, b.application.log) == (True, [])
        b.application.gate.set()
        await wait_all_tasks_blocked()
        assert b.application.log == [("a",), ("b",), "transport close"]


async def test_a_client_that_floods_is_not_read_any_further() -> None:
    """One event in the handler, two in the queue, one at the door; the rest waits with the client."""
    async with bench(events_queued_max=2) as b:
        client, socket = await b.connect()
        b.application.gate = trio.Event()
        for number in range(6):
            await client.put(f'42["a",{number}]')
        await wait_all_tasks_blocked()
        assert client._app_receives.statistics().current_buffer_used == 2
        socket.disconnect()
        b.application.gate.set()
        await wait_all_tasks_blocked()
        assert b.application.log == [("a", 0), ("a", 1), ("a", 2), "server namespace disconnect"]


async def test_a_failing_disconnect_handler_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The server lives."""
    async with bench() as b:
        client, _ = await b.connect()
        b.application.refusal = RuntimeError("as asked")
        await client.leave()
        await wait_all_tasks_blocked()
        assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_what_is_held_back_is_bounded() -> None:
    """A connect handler that emits too much costs its client the session."""
    async with bench(outbox_packets_max=3) as b:
        b.application.greetings = 5
        client = await b.session()
        await client.put("40")
        assert (await client.get())["reason"] == "client too slow"


async def test_rooms_have_a_limit() -> None:
    """The mistake shows where the room is joined."""
    async with bench(rooms_per_socket_max=2) as b:
        _, socket = await b.connect()
        with pytest.raises(TooManyRooms):
            socket.join("third")


async def test_shutdown_waits_for_handlers() -> None:
    """`run` returns once all sessions are over and every handler has returned."""
    async with bench() as b:
        client, _ = await b.connect()
        b.application.gate = trio.Event()
        await client.put('42["a"]')
        await wait_all_tasks_blocked()
        b.server.shutdown()
        assert (await client.get())["code"] == 1001
        await wait_all_tasks_blocked()
        assert (b.server.session_count, b.application.log) == (0, [])
        b.application.gate.set()
        await wait_all_tasks_blocked()
        assert b.application.log == [("a",), "server shutting down", "over"]


async def test_it_stands_in_front_of_another_application() -> None:
    """Only its own path is its own."""
    served: list[str] = []

    async def other(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["path"])

    async with bench() as b:
        app = b.server.in_front_of(other)
        await app(scope_of("http", "/api/v1/agents", ""), _never, _never)
        assert (await request(app, "EIO=4&transport=polling", path="/socket.io/")).status == 200
        assert served == ["/api/v1/agents"]


async def _never(*_: object) -> Any:
    raise AssertionError("the other application reads and answers nothing")
