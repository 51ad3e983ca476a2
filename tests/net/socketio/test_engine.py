"""The engine's door over real sockets, and its timers under a mock clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
import trio

from net.socketio.asgi import Message
from tests.conformance.socketio_echo import EchoApp
from tests.net.socketio.harness import FakeWebSocket, closing_of, echoing, request, scope_of

OPEN = "EIO=4&transport=polling"
APP = "https://app.example.com"


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[EchoApp]:
    """Run the echo application without sockets."""
    app = EchoApp(**options)
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        yield app
        nursery.cancel_scope.cancel()


async def test_the_opening_packet_names_the_session() -> None:
    """All five parameters; only polling can be upgraded."""
    async with echoing(ping_interval_ms=300, ping_timeout_ms=200) as client:
        response = await client.http.get(client.url())
        assert response.headers["content-type"] == "text/plain; charset=UTF-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["access-control-allow-origin"] == "*"
        expected = {"upgrades": ["websocket"], "pingInterval": 300, "pingTimeout": 200, "maxPayload": 1_000_000}
        assert orjson.loads(response.text[1:]) == {"sid": "e1", **expected}
        async with client.websocket() as socket:
            opening = await socket.get_message()
            assert orjson.loads(opening[1:]) == {**expected, "sid": "e2", "upgrades": []}


async def test_bad_handshakes() -> None:
    """Each refusal has its code."""
    async with echoing() as client:
        for method, changes, code in [
            ("GET", {"EIO": "3"}, 5),
            ("GET", {"transport": "abc"}, 0),
            ("POST", {}, 2),
            ("PUT", {}, 2),
            ("GET", {"sid": "unknown"}, 1),
            ("POST", {"sid": "unknown"}, 1),
            ("GET", {"transport": "websocket"}, 3),
        ]:
            response = await client.http.request(method, client.url(**changes), content=b"x" * 200_000)
            assert (response.status_code, response.json()["code"]) == (400, code)


async def test_the_trailing_slash_may_be_missing() -> None:
    """Other paths are not the layer's."""
    async with running() as app:
        assert app.engine.owns(scope_of("http", "/engine.io", ""))
        assert app.engine.owns(scope_of("websocket", "/engine.io/", ""))
        assert not app.engine.owns(scope_of("http", "/engine.io/x", ""))
        assert not app.engine.owns(scope_of("lifespan", "/engine.io/", ""))


async def test_pages_of_other_origins() -> None:
    """A listed origin may read answers and ask beforehand; another one is refused, also by WebSocket."""
    async with running(origins=frozenset({APP}), response_headers=((b"x-a", b"b"),)) as app:
        answer = await request(app, OPEN, headers={"origin": APP})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, APP)
        assert answer.headers["x-a"] == "b"
        answer = await request(app, "", method="OPTIONS", headers={"origin": APP})
        assert (answer.status, answer.headers["access-control-max-age"]) == (204, "86400")
        for method in ("GET", "OPTIONS"):
            answer = await request(app, OPEN, method=method, headers={"origin": "https://evil.example.com"})
            assert (answer.status, answer.headers.get("access-control-allow-origin")) == (403, None)
        sent: list[Message] = []
        await app(
            scope_of("websocket", "/engine.io/", "EIO=4&transport=websocket", headers={"origin": "https://x.example"}),
            _connecting,
            _collect(sent),
        )
        assert sent == [{"type": "websocket.close"}]


async def test_sessions_have_a_limit() -> None:
    """One too many gets 503, whatever its transport."""
    async with echoing(sessions_max=1) as client:
        await client.open()
        response = await client.http.get(client.url())
        assert response.status_code == 503
        assert await client.refusal() == (503, 3)


async def test_nothing_is_served_before_and_after() -> None:
    """Requests are refused while the server does not run."""
    app = EchoApp()
    assert (await request(app, OPEN)).status == 503
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        assert (await request(app, OPEN)).status == 200
        nursery.cancel_scope.cancel()
    assert (await request(app, OPEN)).status == 503
    assert app.engine.session_count == 0


async def test_shutdown_ends_sessions_in_good_order() -> None:
    """A poll and a WebSocket are told; what was queued still arrives; new sessions are refused."""
    async with echoing() as client:
        sid = await client.open()
        await client.push(sid, "4last words")
        async with client.session() as socket:
            client.app.engine.shutdown()
            assert (await client.http.get(client.url())).status_code == 503
            assert await closing_of(socket) == (1001, "server shutting down")
        assert await client.poll(sid) == (200, "4last words\x1e1")


async def test_a_silent_polling_client_is_gone(autojump_clock: trio.testing.MockClock) -> None:
    """After interval plus timeout, exactly."""
    async with running() as app:
        opening = await request(app, OPEN)
        query = f"{OPEN}&sid={orjson.loads(opening.text[1:])['sid']}"
        assert (await request(app, query)).text == "2"
        await trio.sleep(0.2)
        assert (await request(app, query)).status == 400


async def test_a_silent_client_is_gone_even_if_the_loop_was_busy(mock_clock: trio.testing.MockClock) -> None:
    """The request itself finds out, when the timer has not run yet."""
    async with running() as app:
        opening = await request(app, OPEN)
        query = f"{OPEN}&sid={orjson.loads(opening.text[1:])['sid']}"
        mock_clock.jump(0.5)
        assert (await request(app, query)).status == 400


async def test_a_silent_websocket_is_gone(autojump_clock: trio.testing.MockClock) -> None:
    """A ping, then nothing, then the end."""
    async with running() as app, trio.open_nursery() as nursery:
        socket = FakeWebSocket(app)
        nursery.start_soon(socket.run)
        assert (await socket.get())["type"] == "websocket.accept"
        assert (await socket.get()).startswith("0{")
        start = trio.current_time()
        assert await socket.get() == "2"
        assert trio.current_time() - start == pytest.approx(0.3)
        assert (await socket.get())["reason"] == "ping timeout"
        assert trio.current_time() - start == pytest.approx(0.5)


async def test_a_farewell_that_nobody_fetches(autojump_clock: trio.testing.MockClock) -> None:
    """The session is forgotten after a while."""
    async with running(close_linger_ms=1_000) as app:
        opening = await request(app, OPEN)
        query = f"{OPEN}&sid={orjson.loads(opening.text[1:])['sid']}"
        assert (await request(app, query, b"1", method="POST")).text == "ok"
        await trio.sleep(0.9)
        assert app.engine.session_count == 1
        await trio.sleep(0.2)
        assert app.engine.session_count == 0


async def test_a_slow_client_is_cut_off(autojump_clock: trio.testing.MockClock) -> None:
    """More than the outbox holds ends the session; memory stays bounded."""
    async with running(outbox_packets_max=10) as app:
        opening = await request(app, OPEN)
        query = f"{OPEN}&sid={orjson.loads(opening.text[1:])['sid']}"
        answer = await request(app, query, b"\x1e".join([b"4x"] * 11), method="POST")
        assert answer.status == 200
        assert (await request(app, query)).status == 400


async def test_a_body_that_never_ends(autojump_clock: trio.testing.MockClock) -> None:
    """It times out, and the session with it."""
    async with running() as app:
        opening = await request(app, OPEN)
        query = f"{OPEN}&sid={orjson.loads(opening.text[1:])['sid']}"
        sent: list[Message] = []
        await app(scope_of("http", "/engine.io/", query, "POST"), trio.sleep_forever, _collect(sent))
        assert sent[0]["status"] == 408
        assert (await request(app, query)).status == 400


async def test_overlapping_posts_cost_the_session() -> None:
    """Neither's packets are handled."""
    async with running() as app, trio.open_nursery() as nursery:
        opening = await request(app, OPEN)
        query = f"{OPEN}&sid={orjson.loads(opening.text[1:])['sid']}"
        sent: list[Message] = []
        to_app, receive = trio.open_memory_channel[Message](1)
        nursery.start_soon(app, scope_of("http", "/engine.io/", query, "POST"), receive.receive, _collect(sent))
        await trio.testing.wait_all_tasks_blocked()
        assert (await request(app, query, b"4second", method="POST")).status == 400
        await to_app.send({"type": "http.request", "body": b"4first", "more_body": False})
        await trio.testing.wait_all_tasks_blocked()
        assert sent[0]["status"] == 400
        assert (await request(app, query)).status == 400


async def test_a_client_that_leaves_amid_its_body() -> None:
    """Nothing is answered; a session is cut only if the body was its."""
    async with running() as app:
        opening = await request(app, OPEN)
        query = f"{OPEN}&sid={orjson.loads(opening.text[1:])['sid']}"
        for method, status in (("GET", 200), ("POST", 400)):
            sent: list[Message] = []
            await app(scope_of("http", "/engine.io/", query, method), _leaving, _collect(sent))
            assert sent == []
            await request(app, OPEN)
            assert (await request(app, query, b"6", method="POST")).status == status


async def _leaving() -> Message:
    return {"type": "http.disconnect"}


async def _connecting() -> Message:
    return {"type": "websocket.connect"}


def _collect(sent: list[Message]) -> Any:
    async def send(message: Message) -> None:
        sent.append(message)

    return send
