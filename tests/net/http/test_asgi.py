"""What arrives over real sockets: bodies in pieces, bodies that are too much, and shapes that smuggle."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from net.http.limits import BODY_BYTES_MAX, BODY_DRAINED_BYTES_MAX, BODY_SECONDS_MAX
from tests.net.http.harness import ORIGIN, Served, served
from tests.net.http.sockets import Client, Server, listening

LOGIN = b'{"email":"demo@example.com","password":"wrong"}'


@asynccontextmanager
async def floor_and_server() -> AsyncIterator[tuple[Served, Server]]:
    """Run a floor with its app on the real server."""
    async with served() as edge, listening(edge.app) as server:
        yield edge, server


def post(path: str, payload: bytes, *headers: str) -> bytes:
    """Return a request."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


def with_length(path: str, payload: bytes, media_type: str = "application/json") -> bytes:
    """Return a request with its length."""
    return post(path, payload, f"Content-Type: {media_type}", f"Content-Length: {len(payload)}")


GET_LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


async def require_alive(client: Client) -> None:
    """Assert that the connection goes on after an answer."""
    await client.send(GET_LIVE)
    assert (await client.answer()).status == 200


@pytest.mark.parametrize("path", ["//api/v1/auth/login", "/api//v1/auth/login", "/%2fapi/v1/auth/login", "/nowhere//"])
async def test_an_address_with_doubled_slashes_is_none(path: str, mock_clock: MockClock) -> None:
    """Neither a way around the gate that counts requests, nor a redirect."""
    async with floor_and_server() as (_, server), server.connect() as client:
        await client.send(with_length(path, LOGIN))
        answer = await client.answer()
        assert (answer.status, answer.slug) == (404, "not-found")
        await require_alive(client)


@pytest.mark.parametrize(
    ("target", "status"),
    [("http://x/api/v1/auth/me", 401), ("http://x", 200), ("http://[x/nowhere", 404), ("?a", 200), ("*", 200)],
)
async def test_a_target_may_be_a_whole_address(target: str, status: int, mock_clock: MockClock) -> None:
    """As clients send it to proxies; what it leads to is counted as ever."""
    async with floor_and_server() as (_, server), server.connect() as client:
        method = "OPTIONS" if target == "*" else "GET"
        await client.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = await client.answer()
        assert (answer.status, "ratelimit" in answer.headers) == (status, status == 401)


async def test_a_socket_without_an_upgrade(mock_clock: MockClock) -> None:
    """The answer says what a proxy has dropped (RFC 9110 section 15.5.22)."""
    async with floor_and_server() as (_, server), server.connect() as client:
        await client.send(b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await client.answer()
        assert (answer.status, answer.slug) == (426, "upgrade-required")
        assert (answer.headers["upgrade"], answer.headers["connection"]) == ("websocket", "Upgrade")
        await require_alive(client)


@pytest.mark.parametrize(
    ("request_line", "status", "slug"),
    [
        ("POST /api/v1/nowhere", 404, "not-found"),
        ("POST /api/v1/auth/me", 405, "method-not-allowed"),
        ("POST /api/v1/agents", 401, "unauthorized"),
        ("POST /api/v1/auth/login", 415, "media-type"),
    ],
)
async def test_early_errors_read_the_body_first(
    request_line: str, status: int, slug: str, mock_clock: MockClock
) -> None:
    """An answer that does not depend on the body still waits for all of it, and the connection goes on."""
    async with floor_and_server() as (_, server), server.connect() as client:
        head = f"{request_line} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 300000\r\n\r\n"
        await client.send(head.encode() + b"x" * 100_000)
        await client.send(b"x" * 200_000)
        answer = await client.answer()
        assert (answer.status, answer.slug) == (status, slug)
        await require_alive(client)


async def test_a_body_in_pieces_is_put_together(mock_clock: MockClock) -> None:
    """A body that arrives byte by byte is the same body."""
    async with floor_and_server() as (_, server), server.connect() as client:
        request = with_length("/api/v1/auth/login", LOGIN)
        for start in range(0, len(request), 7):
            await client.send(request[start : start + 7])
        answer = await client.answer()
        assert (answer.status, answer.slug) == (401, "unauthorized")


async def test_a_chunked_body_is_taken(mock_clock: MockClock) -> None:
    """Transfer-Encoding alone is a fine way to say where a body ends."""
    async with floor_and_server() as (_, server), server.connect() as client:
        chunked = f"{len(LOGIN):x}\r\n".encode() + LOGIN + b"\r\n0\r\n\r\n"
        headers = ("Content-Type: application/json", "Transfer-Encoding: chunked")
        await client.send(post("/api/v1/auth/login", chunked, *headers))
        assert (await client.answer()).status == 401
        await require_alive(client)


async def test_two_lengths_are_refused_and_the_connection_closed(mock_clock: MockClock) -> None:
    """Content-Length with Transfer-Encoding is how requests are smuggled."""
    async with floor_and_server() as (_, server), server.connect() as client:
        headers = ("Content-Type: application/json", "Content-Length: 5", "Transfer-Encoding: chunked")
        await client.send(post("/api/v1/auth/login", b"0\r\n\r\n", *headers))
        answer = await client.answer()
        assert (answer.status, answer.slug) == (400, "ambiguous-length")
        assert answer.headers["connection"] == "close"
        assert await client.is_closed()


async def test_a_body_too_large_is_read_and_refused(mock_clock: MockClock) -> None:
    """A body just above the limit is read to its end, so the connection can go on."""
    async with floor_and_server() as (_, server), server.connect() as client:
        await client.send(with_length("/api/v1/auth/login", b" " * (BODY_BYTES_MAX + 1)))
        answer = await client.answer()
        assert (answer.status, answer.slug) == (413, "body-too-large")
        await require_alive(client)


async def test_a_body_without_end_is_refused_and_the_connection_closed(mock_clock: MockClock) -> None:
    """A body far above the limit is not read to its end; what still arrives is thrown away."""
    async with floor_and_server() as (_, server), server.connect() as client:
        size = 4 * BODY_DRAINED_BYTES_MAX
        head = post("/api/v1/auth/login", b"", f"Content-Length: {size}", "Content-Type: application/json")

        async def flood() -> None:
            try:
                await client.send(head)
                for _ in range(0, size, 65_536):
                    await client.send(b" " * 65_536)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return

        async with trio.open_nursery() as nursery:
            nursery.start_soon(flood)
            answer = await client.answer()
            nursery.cancel_scope.cancel()
        assert (answer.status, answer.slug) == (413, "body-too-large")
        assert answer.headers["connection"] == "close"


async def test_a_body_that_never_comes_times_out(autojump_clock: MockClock) -> None:
    """A client that promises a body and sends none is answered 408, and the connection is closed."""
    async with served() as edge:
        sent: list[dict[str, Any]] = []
        events = [{"type": "http.request", "body": b"{", "more_body": True}]
        answered = trio.Event()

        async def receive() -> dict[str, Any]:
            if events:
                return events.pop()
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(event: dict[str, Any]) -> None:
            await trio.lowlevel.checkpoint()
            sent.append(event)
            if event["type"] == "http.response.body":
                answered.set()

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": "/api/v1/auth/login",
            "query_string": b"",
            "headers": [(b"content-length", b"100")],
        }
        started = trio.current_time()
        await edge.app(cast("Any", scope), cast("Any", receive), cast("Any", send))
        assert trio.current_time() - started == BODY_SECONDS_MAX
        assert sent[0]["status"] == 408
        assert (b"connection", b"close") in sent[0]["headers"]


async def test_a_client_that_hangs_up_is_forgotten(mock_clock: MockClock) -> None:
    """A connection closed in the middle of a body disturbs nobody."""
    async with floor_and_server() as (_, server):
        async with server.connect() as client:
            await client.send(post("/api/v1/auth/login", b"{", "Content-Length: 100"))
        async with server.connect() as client:
            await require_alive(client)


@pytest.mark.parametrize(
    "payload",
    [b'{"email": "\xff\xfe"}', b'{"email": "\\ud800"}', b'{"email": NaN}', b"{", b"", b"[" * 2000],
)
async def test_what_is_not_json_is_refused(payload: bytes, mock_clock: MockClock) -> None:
    """Invalid UTF-8, lone surrogates, NaN, half a document and none are 400, and the connection goes on."""
    async with floor_and_server() as (_, server), server.connect() as client:
        await client.send(with_length("/api/v1/auth/login", payload))
        answer = await client.answer()
        assert (answer.status, answer.slug) == (400, "malformed-json")
        await require_alive(client)


async def test_answers_carry_the_headers_of_the_house(mock_clock: MockClock) -> None:
    """Security headers as helmet sets them, no-store, CORS, and the correlation id that was sent."""
    async with floor_and_server() as (_, server), server.connect() as client:
        await client.send(
            f"GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nX-Correlation-ID: abc-1\r\n\r\n".encode()
        )
        answer = await client.answer()
        assert answer.json["correlationId"] == "abc-1"
        expected = {
            "x-correlation-id": "abc-1",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-frame-options": "SAMEORIGIN",
            "access-control-allow-origin": ORIGIN,
            "access-control-allow-credentials": "true",
            "www-authenticate": 'Bearer realm="tradefloor"',
            "ratelimit-policy": '"ip";q=1000;w=900',
            "ratelimit": '"ip";r=999;t=900',
        }
        assert {name: answer.headers[name] for name in expected} == expected


async def test_a_defect_is_answered_and_logged(
    mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What goes wrong outside every operation is a problem of the edge's own, and its cause is in the log."""

    def fail(_method: str, _path: str) -> None:
        raise RuntimeError("no operation can be found")

    async with served() as edge:
        monkeypatch.setattr(edge.app, "operation", fail)
        answer = await edge.call("GET", "/api/v1/market/prices")
    assert (answer.status, answer.json["title"]) == (500, "Internal error")
    assert "no operation can be found" in caplog.text
