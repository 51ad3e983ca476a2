"""The echo for protocol suites, and so the transport of `/ws`: messages whole, empty, in fragments, and wrong."""

import pytest
import trio
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason

from tests.conformance.websocket_echo import echo
from tests.net.websocket.serving import open_raw, serving


async def _talk(port: int, *events: Event, raw: bytes = b"", count: int = 1) -> list[Event]:
    """Send events, then raw bytes, and return as many events as are wanted, fragments joined."""
    client = Connection(ConnectionType.CLIENT)
    heard: list[Event] = []
    parts: list[str | bytes] = []
    async with await open_raw(port) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, b"".join(client.send(event) for event in events) + raw)
        while len(heard) < count:
            data = await stream.receive_some()
            if not data:
                break
            client.receive_data(data)
            for event in client.events():
                if isinstance(event, TextMessage | BytesMessage):
                    parts.append(event.data if isinstance(event.data, str) else bytes(event.data))
                    if event.message_finished:
                        empty: str | bytes = "" if isinstance(event, TextMessage) else b""
                        heard.append(type(event)(data=empty.join(parts)))  # type: ignore[arg-type]  # One kind at a time.
                        parts.clear()
                else:
                    heard.append(event)
    return heard


@pytest.mark.parametrize(
    "message",
    [
        TextMessage("h\u00e9llo"),
        TextMessage(""),
        BytesMessage(b""),
        BytesMessage(bytes(range(256))),
        TextMessage("x" * 1_000_000),
        BytesMessage(b"x" * 70_000),
    ],
)
async def test_messages_come_back_as_they_were(message: TextMessage | BytesMessage) -> None:
    """Text and binary, empty and large."""
    async with serving(echo) as port:
        assert await _talk(port, message) == [message]


async def test_fragments_with_a_ping_between() -> None:
    """A fragmented message is one message; control frames may come between."""
    fragments = [TextMessage("a", message_finished=False), Ping(b"p"), TextMessage("b", message_finished=False)]
    async with serving(echo) as port:
        heard = await _talk(port, *fragments, TextMessage("c"), count=2)
    assert heard == [Pong(b"p"), TextMessage("abc")]


async def test_a_closing_handshake() -> None:
    """The server answers with the client's code."""
    async with serving(echo) as port:
        (closed,) = await _talk(port, CloseConnection(1000, "done"))
    assert isinstance(closed, CloseConnection)
    assert closed.code == CloseReason.NORMAL_CLOSURE


@pytest.mark.parametrize(
    "raw",
    [
        b"\x81\x82\0\0\0\0\xff\xff",  # text that is not UTF-8
        b"\x83\x80\0\0\0\0",  # a reserved opcode
        b"\xc1\x80\0\0\0\0",  # a reserved bit
        b"\x80\x80\0\0\0\0",  # the continuation of nothing
        b"\x81\x01x",  # no mask
        b"\x89\xfe\x00\x7e\0\0\0\0" + b"x" * 126,  # a control frame that is too long
    ],
)
async def test_violations_end_the_connection(raw: bytes) -> None:
    """No message is echoed, and the connection is closed."""
    async with serving(echo) as port:
        heard = await _talk(port, raw=raw)
    assert not [event for event in heard if not isinstance(event, CloseConnection)]
