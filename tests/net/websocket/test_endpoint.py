"""`/ws` over Hypercorn and real sockets, with a client that others wrote."""

import json
from typing import Any

import pytest
import trio
from trio_websocket import WebSocketConnection, open_websocket
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from actors.errors import JournalUnavailable
from net.websocket.endpoint import is_allowed_origin
from net.websocket.limits import Limits
from tests.net.websocket.floor import MiniFloor
from tests.net.websocket.serving import CLIENT_ORIGIN, HANDSHAKE, open_raw, serving_floor

TRADE = {"symbol": "AAPL", "action": "buy", "quantity": 1, "orderType": "market"}


@pytest.fixture
def floor() -> MiniFloor:
    """One agent of usr_1."""
    floor = MiniFloor(Limits(close_s=0.2))
    floor.add_agent("agt_1", "usr_1")
    return floor


def _open(port: int, *headers: tuple[str, str]) -> Any:
    fields = [(name.encode(), value.encode()) for name, value in headers]
    return open_websocket("127.0.0.1", port, "/ws", use_ssl=False, extra_headers=fields)


async def _say(socket: WebSocketConnection, action: str, **fields: Any) -> None:
    await socket.send_message(json.dumps({"action": action, **fields}))


async def _hear(socket: WebSocketConnection, count: int = 1) -> list[Any]:
    return [json.loads(await socket.get_message()) for _ in range(count)]


async def _refusal(port: int, *headers: tuple[str, str], path: str = "/ws") -> tuple[int, dict[str, str], Any]:
    """Return the answer to an upgrade that is refused: status, headers and the JSON body."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    await stream.send_all(HANDSHAKE[:-2].replace(b"/ws", path.encode()) + fields + b"\r\n")
    answer = b"".join([chunk async for chunk in stream])
    await stream.aclose()
    head, _, body = answer.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), json.loads(body)


async def test_the_way_of_a_client(floor: MiniFloor) -> None:
    """Authenticate, subscribe, see events, trade, and say goodbye."""
    token = floor.let_in("usr_1")
    async with serving_floor(floor) as port, _open(port) as socket:
        await _say(socket, "authenticate", token=token)
        await _say(socket, "subscribe", channels=["agent:agt_1", "market"], after=0)
        greeting = await _hear(socket, 3)
        assert [frame["type"] for frame in greeting] == ["authenticated", "subscribed", "portfolio.update"]
        await _say(socket, "trade.submit", id="t1", agentId="agt_1", trade=TRADE)
        heard = await _hear(socket, 4)
        assert [frame["type"] for frame in heard] == [
            "trade.created",
            "trade.executed",
            "portfolio.update",
            "trade.submitted",
        ]
        floor.tick(150_250_000)
        assert (await _hear(socket))[0]["data"]["prices"][0]["price"] == 150.25


async def test_a_header_instead_of_the_first_frame(floor: MiniFloor) -> None:
    """Programs can authenticate with the upgrade."""
    token = floor.let_in("usr_1")
    async with serving_floor(floor) as port, _open(port, ("Authorization", f"Bearer {token}")) as socket:
        assert (await _hear(socket))[0]["data"]["userId"] == "usr_1"


@pytest.mark.parametrize("value", ["Bearer guess", "Basic abc", ""])
async def test_a_bad_header_is_refused_before_the_upgrade(floor: MiniFloor, value: str) -> None:
    """With a problem detail, as HTTP does."""
    async with serving_floor(floor) as port:
        status, headers, problem = await _refusal(port, ("Authorization", value))
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    assert problem["instance"] == "/ws"


@pytest.mark.parametrize("path", ["/", "/ws/", "/nowhere"])
async def test_no_socket_opens_elsewhere(floor: MiniFloor, path: str) -> None:
    """Whoever has the address wrong hears the right one."""
    async with serving_floor(floor) as port:
        status, headers, problem = await _refusal(port, path=path)
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert (problem["instance"], problem["detail"]) == (path, "no socket opens at this address; /ws is where they do")


async def test_a_storage_that_cannot_be_read(floor: MiniFloor) -> None:
    """Nobody can be recognised: try again later."""
    floor.unavailable = JournalUnavailable("locked")
    async with serving_floor(floor) as port:
        status, headers, _ = await _refusal(port, ("Authorization", "Bearer x"))
    assert (status, headers["retry-after"]) == (503, "1")


async def test_origins(floor: MiniFloor) -> None:
    """The frontend and the own pages may connect, others may not."""
    async with serving_floor(floor) as port:
        for origin in (CLIENT_ORIGIN, f"http://127.0.0.1:{port}"):
            async with _open(port, ("Origin", origin)):
                pass
        assert (await _refusal(port, ("Origin", "https://evil.example")))[0] == 403


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, None, True),
        ("https://App.example", None, True),
        ("https://floor.example:8443", "Floor.example:8443", True),
        ("https://floor.example", "floor.example:8443", False),
        ("null", "floor.example", False),
        ("https://evil.example", "floor.example", False),
        ("https://floor.example", None, False),
        ("http://[half", "floor.example", False),
    ],
)
def test_allowed_origins(origin: str | None, host: str | None, *, allowed: bool) -> None:
    """Programs send no origin; pages have to be named, or be the floor's own."""
    assert is_allowed_origin(origin, host, frozenset({"https://app.example"})) is allowed


async def test_no_room() -> None:
    """A socket beyond the limit is told to come later."""
    floor = MiniFloor(Limits(sockets_max=1))
    async with serving_floor(floor) as port, _open(port):
        status, headers, _ = await _refusal(port)
        assert (status, headers["retry-after"]) == (503, "1")


async def test_no_room_for_one_user() -> None:
    """A socket beyond their limit is closed with what to do, and takes no place of others."""
    floor = MiniFloor(Limits(sockets_max=2, sockets_per_user_max=1, close_s=0.2))
    token, other = floor.let_in("usr_1"), floor.let_in("usr_2")
    async with serving_floor(floor) as port, _open(port, ("Authorization", f"Bearer {token}")) as first:
        async with await open_raw(port) as second:
            code, reason = await _closing_of(second, _masked({"action": "authenticate", "token": token}))
            assert (code, reason) == (4429, "too many sockets of this user are open; close some, and connect again")
        async with _open(port, ("Authorization", f"Bearer {other}")) as socket:
            assert (await _hear(socket))[0]["data"]["userId"] == "usr_2"
        await _say(first, "authenticate", token=token)
        assert [frame["type"] for frame in await _hear(first, 2)] == ["authenticated"] * 2


@pytest.mark.parametrize("message", ["x" * 65_537, "\u00e9" * 40_000, b"x" * 70_000, "x" * 2_000_000])
async def test_a_message_above_the_limit(floor: MiniFloor, message: str | bytes) -> None:
    """It is closed with 1009 and a reason, as soon as the limit is passed."""
    async with serving_floor(floor) as port, await open_raw(port) as stream:
        client = Connection(ConnectionType.CLIENT)
        event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
        assert await _closing_of(stream, client.send(event)) == (1009, "a frame was larger than 64 KiB")


async def _closing_of(stream: trio.SocketStream, data: bytes) -> tuple[int, str | None]:
    """Send data, and return with which code and reason the server closes the socket."""
    client = Connection(ConnectionType.CLIENT)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, data)
        while True:
            client.receive_data(await stream.receive_some())
            for event in client.events():
                if isinstance(event, CloseConnection):
                    nursery.cancel_scope.cancel()
                    return event.code, event.reason


async def test_a_message_at_the_limit(floor: MiniFloor) -> None:
    """64 KiB will do; a binary message is answered with an error."""
    token = floor.let_in("usr_1")
    async with serving_floor(floor) as port, _open(port, ("Authorization", f"Bearer {token}")) as socket:
        await socket.send_message("x" * 65_536)
        await socket.send_message(b"\x00")
        heard = await _hear(socket, 3)
        assert [frame["data"].get("status") for frame in heard] == [None, 400, 400]


async def test_a_flood_is_cut_off(floor: MiniFloor) -> None:
    """More frames than are taken, all at once: the queue before the session does not keep the connection alive."""
    flood = _masked({"action": "authenticate", "token": floor.let_in("usr_1")}) + _masked({"action": "ping"}) * 200
    async with serving_floor(floor) as port, await open_raw(port) as stream:
        assert await _closing_of(stream, flood) == (4429, "too many frames a minute; slow down and connect again")


async def test_shutdown_says_so(floor: MiniFloor) -> None:
    """All sockets are closed with 1001; a new one is not taken."""
    async with serving_floor(floor) as port, await open_raw(port) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(floor.hub.close)
        assert (await _closing_of(stream, b""))[0] == 1001
        assert (await _refusal(port))[0] == 503


async def test_a_client_that_does_not_read_is_cut_off_at_shutdown(floor: MiniFloor) -> None:
    """Its full socket holds nothing up, though Hypercorn shields the write that waits."""
    token = floor.let_in("usr_1")
    async with serving_floor(floor) as port:
        stream = await open_raw(port)
        await stream.send_all(_masked({"action": "authenticate", "token": token}))
        await stream.send_all(_masked({"action": "subscribe", "channels": ["trades"]}))
        heard = b""
        while b"subscribed" not in heard:
            heard += await stream.receive_some()
        while not floor.hub.statistics().lagged:
            floor.trade("agt_1")
            await trio.lowlevel.checkpoint()
        with trio.fail_after(5):
            await floor.hub.close()
        await stream.aclose()


@pytest.mark.parametrize("limits", [Limits(authenticate_s=0.01, close_s=0.01), Limits(close_s=0.01)])
async def test_a_client_that_leaves_the_goodbye_unanswered(limits: Limits) -> None:
    """Its connection is closed all the same: a stranger could hold as many as the process may have."""
    floor = MiniFloor(limits)
    async with serving_floor(floor) as port, await open_raw(port) as stream:
        await stream.send_all(
            _masked({"action": "authenticate", "token": "guess"}) if limits.authenticate_s > 1 else b""
        )
        with trio.fail_after(5):
            while await stream.receive_some():
                pass


async def test_a_client_that_vanishes(floor: MiniFloor) -> None:
    """Its session ends with its connection."""
    async with serving_floor(floor) as port:
        stream = await open_raw(port)
        assert floor.hub.statistics().sockets == 1
        await stream.aclose()
        await _until_empty(floor)


async def test_a_client_that_does_not_wait_for_the_upgrade(floor: MiniFloor) -> None:
    """Data before the answer is an error, and leaves nothing behind."""
    async with serving_floor(floor) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(HANDSHAKE + _masked({"action": "ping"}))
        while await stream.receive_some():
            pass
        await stream.aclose()
        await _until_empty(floor)


async def test_compression_is_not_agreed_on(floor: MiniFloor) -> None:
    """A client that offers it goes without."""
    async with serving_floor(floor) as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(HANDSHAKE[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += await stream.receive_some()
        assert b"101" in answer.splitlines()[0]
        assert b"sec-websocket-extensions" not in answer.lower()
        await stream.aclose()


async def _until_empty(floor: MiniFloor) -> None:
    with trio.fail_after(5):
        while floor.hub.statistics().sockets:
            await trio.lowlevel.checkpoint()


def _masked(value: Any) -> bytes:
    """Return a JSON value as a client's text frame, under a mask of zeros."""
    data = json.dumps(value).encode()
    assert len(data) < 126
    return bytes((0x81, 0x80 | len(data))) + b"\0\0\0\0" + data
