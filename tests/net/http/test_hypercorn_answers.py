"""Whole answers over Hypercorn: what is on the wire is what ASGI's own way would have put there."""

import pytest
import trio
from hypercorn.events import Event, RawData
from hypercorn.trio.tcp_server import TCPServer
from trio.testing import MockClock

from net.http.hypercorn_answers import COPIED_BYTES_MAX, HeaderBroken, _lines
from tests.net.http.harness import served
from tests.net.http.sockets import RECEIVE_BYTES, listening


async def raw_answer(stream: trio.SocketStream) -> bytes:
    """Read until the server closes the connection."""
    received = b""
    while piece := await stream.receive_some(RECEIVE_BYTES):
        received += piece
    return received


async def test_an_answer_to_head_has_no_body(mock_clock: MockClock) -> None:
    """Its length is that of the answer to GET."""
    async with served() as edge, listening(edge.app) as server, server.connect() as client:
        await client.send(b"GET /api HTTP/1.1\r\nHost: x\r\n\r\n")
        length = (await client.answer()).headers["content-length"]
        await client.send(b"HEAD /api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, _, body = (await raw_answer(client.stream)).partition(b"\r\n\r\n")
        assert b"content-length: " + length.encode() in head.lower()
        assert b"connection: close" in head.lower()
        assert body == b""


async def test_an_empty_answer_says_so(mock_clock: MockClock) -> None:
    """204 has neither body nor length, and the connection goes on."""
    async with served() as edge:
        token = await edge.user("ann")
        async with listening(edge.app) as server, server.connect() as client:
            for status in (204, 401):
                await client.send(
                    f"POST /api/v1/auth/logout HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
                )
                answer = await client.answer()
                assert answer.status == status
                assert ("content-length" in answer.headers) == (status == 401)


async def test_old_clients_are_answered(mock_clock: MockClock) -> None:
    """HTTP/1.0 gets its answer, and the connection ends with it."""
    async with served() as edge, listening(edge.app) as server, server.connect() as client:
        await client.send(b"GET /health/live HTTP/1.0\r\n\r\n")
        received = await raw_answer(client.stream)
        assert received.startswith(b"HTTP/1.1 200")
        assert received.endswith(b"}")


async def test_pipelined_requests_are_answered_in_turn(mock_clock: MockClock) -> None:
    """Two requests in one packet get two answers."""
    async with served() as edge, listening(edge.app) as server, server.connect() as client:
        request = b"GET /api HTTP/1.1\r\nHost: x\r\n\r\n"
        await client.send(request + request.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        assert (await raw_answer(client.stream)).count(b"HTTP/1.1 200") == 2


async def test_a_large_answer_is_one_for_all(mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes it slowly holds no copy, and anybody may ask for the documents, so they are written once."""
    written: list[bytes] = []
    protocol_send = TCPServer.protocol_send

    async def watched(server: TCPServer, event: Event) -> None:
        if isinstance(event, RawData) and len(event.data) > COPIED_BYTES_MAX:
            written.append(event.data)
        await protocol_send(server, event)

    monkeypatch.setattr(TCPServer, "protocol_send", watched)
    async with served() as edge, listening(edge.app) as server, server.connect() as client:
        for path in ("/openapi.json", "/api/docs") * 2:
            await client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert (await client.answer()).status == 200
    assert (written[0] is written[2], written[1] is written[3]) == (True, True)


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb"])
def test_a_header_cannot_begin_another(value: bytes) -> None:
    """A line break is found before it leaves."""
    with pytest.raises(HeaderBroken):
        _lines([(b"location", value)])
