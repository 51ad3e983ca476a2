"""RFC 6455 against the transport of `/ws`, in the order of the Autobahn test suite: an echo server on a real socket."""

from itertools import pairwise
from typing import Final

import pytest
import trio
from wsproto.events import BytesMessage, Event, Pong, TextMessage

from tests.conformance.websocket_echo import echo
from tests.conformance.websocket_frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close_code,
    close_frame,
    fragments,
    frame,
    talk,
)
from tests.net.websocket.serving import HANDSHAKE, open_raw, serving

SIZES: Final = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, 1 << 20]
NORMAL: Final = close_frame(1000)

VALID_UTF8: Final = [
    "κόσμε",
    "\x00",
    "\x7f\x80",
    "\u07ff\u0800",
    "\ud7ff\ue000",
    "\ufffd\ufffe\uffff",
    "\U00010000\U0010ffff",
    "Hello-µ@ßöäüàá-UTF-8!!",
]

INVALID_UTF8: Final = [
    b"\x80",  # a continuation of nothing
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",  # a surrogate
    b"\xed\xbf\xbf",
    b"\xc0\xaf",  # longer than need be
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf4\x90\x80\x80",  # beyond U+10FFFF
    b"\xf8\x88\x80\x80\x80",
    b"\xfe",
    b"\xff",
    b"\xce",  # cut short
    b"\xe1\xbd",
    b"\xf0\x9f\x98",
]

VIOLATIONS: Final = {
    "first reserved bit": frame(TEXT, b"a", reserved=4),
    "second reserved bit": frame(BINARY, b"a", reserved=2),
    "third reserved bit": frame(PING, reserved=1),
    "reserved bit of a close": frame(CLOSE, reserved=4),
    "reserved opcode 3": frame(3, b"a"),
    "reserved opcode 7": frame(7),
    "reserved control opcode 11": frame(11, b"a"),
    "reserved control opcode 15": frame(15),
    "no mask": frame(TEXT, b"a", is_masked=False),
    "ping without a mask": frame(PING, is_masked=False),
    "ping of 126 bytes": frame(PING, bytes(126)),
    "ping in fragments": frame(PING, b"a", is_last=False),
    "pong in fragments": frame(PONG, b"a", is_last=False),
    "continuation of nothing": frame(CONTINUATION, b"a"),
    "unfinished continuation of nothing": frame(CONTINUATION, b"b", is_last=False),
    "message within a message": frame(TEXT, b"a", is_last=False) + frame(TEXT, b"b"),
    "binary within a text": frame(TEXT, b"a", is_last=False) + frame(BINARY, b"b"),
    "close of one byte": frame(CLOSE, b"\x03"),
    "close of 126 bytes": close_frame(1000, bytes(124)),
    "close in fragments": frame(CLOSE, b"\x03\xe8", is_last=False),
    "length in more bytes than need be": b"\x81\xfe\x00\x05\0\0\0\0hello",
    "length with the highest bit": b"\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0",
}


async def one(port: int, *writes: bytes) -> Event:
    """Return the one event that answers."""
    (event,) = await talk(port, *writes, count=1)
    return event


@pytest.mark.parametrize("size", SIZES)
async def test_messages_of_every_length(size: int) -> None:
    """At the borders of the three forms of a length; whole, and in writes of a few bytes."""
    payload = b"*" * size
    async with serving(echo) as port:
        assert await one(port, frame(TEXT, payload)) == TextMessage(payload.decode())
        data = frame(BINARY, payload)
        step = max(len(data) // 50, 1)
        chopped = [data[start : start + step] for start in range(0, len(data), step)]
        assert await one(port, *chopped) == BytesMessage(payload)


async def test_pings_are_answered_in_order() -> None:
    """With their payload, up to 125 bytes; a pong that nobody asked for is passed over."""
    payloads = [b"", b"Hello", bytes(range(125)), *(b"%d" % number for number in range(10))]
    async with serving(echo) as port:
        heard = await talk(
            port, frame(PONG, b"unasked"), *(frame(PING, payload) for payload in payloads), count=len(payloads)
        )
    assert [event.payload for event in heard if isinstance(event, Pong)] == payloads


@pytest.mark.parametrize("violation", VIOLATIONS)
async def test_what_breaks_the_protocol_is_answered_with_1002(violation: str) -> None:
    """The close frame says so before the connection ends, and nothing that follows is answered."""
    async with serving(echo) as port:
        heard = await talk(port, VIOLATIONS[violation] + frame(PING) + frame(TEXT, b"later"))
    assert (len(heard), close_code(heard)) == (1, 1002)


async def test_fragments_are_one_message_with_control_frames_between() -> None:
    """The pongs come at once, the message when it is whole; empty fragments count too."""
    first, second, third = fragments(TEXT, [b"a", b"", b"c"])
    async with serving(echo) as port:
        heard = await talk(
            port, first, frame(PING, b"1"), second + frame(PING, b"2") + frame(PONG), third, frame(TEXT, b"d"), count=4
        )
        assert heard == [Pong(b"1"), Pong(b"2"), TextMessage("ac"), TextMessage("d")]
        assert await one(port, *fragments(BINARY, [b"x"] * 1000)) == BytesMessage(b"x" * 1000)


@pytest.mark.parametrize("text", VALID_UTF8)
async def test_utf8_may_be_cut_anywhere(text: str) -> None:
    """Whole, in fragments of one byte, and in writes of one byte."""
    payload = text.encode()
    single = [payload[start:end] for start, end in pairwise(range(len(payload) + 1))]
    whole = frame(TEXT, payload)
    async with serving(echo) as port:
        assert await one(port, whole) == TextMessage(text)
        assert await one(port, *fragments(TEXT, single)) == TextMessage(text)
        assert await one(port, *(bytes((byte,)) for byte in whole)) == TextMessage(text)


@pytest.mark.parametrize("payload", INVALID_UTF8, ids=bytes.hex)
async def test_what_is_not_utf8_is_answered_with_1007(payload: bytes) -> None:
    """As a message, in the reason of a close, and in a fragment; as binary it is welcome."""
    async with serving(echo) as port:
        assert close_code(await talk(port, frame(TEXT, payload))) == 1007
        assert close_code(await talk(port, *fragments(TEXT, [b"ok", payload]))) == 1007
        assert close_code(await talk(port, close_frame(1000, payload))) == 1007
        assert await one(port, frame(BINARY, payload)) == BytesMessage(payload)


async def test_invalid_utf8_is_noticed_before_the_message_ends() -> None:
    """The connection ends with the first fragment, or with the part of a frame, that cannot be mended."""
    async with serving(echo) as port:
        assert close_code(await talk(port, frame(TEXT, b"\xf4\x90\x80\x80", is_last=False))) == 1007
        assert close_code(await talk(port, frame(TEXT, b"\xed\xa0\x80" + bytes(1000))[:12])) == 1007


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
async def test_a_close_is_answered_with_its_code(code: int) -> None:
    """Also with a reason as long as it may be; what comes after it is not."""
    async with serving(echo) as port:
        heard = await talk(port, close_frame(code) + frame(PING) + frame(TEXT, b"later"))
        assert (len(heard), close_code(heard)) == (1, code)
        assert close_code(await talk(port, close_frame(code, b"*" * 123))) == code


async def test_a_close_without_a_code_is_answered_with_none() -> None:
    """Which a client reads as 1005."""
    async with serving(echo) as port:
        assert close_code(await talk(port, frame(CLOSE))) == 1005


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535])
async def test_a_close_with_a_code_that_nobody_may_send(code: int) -> None:
    """It breaks the protocol."""
    async with serving(echo) as port:
        assert close_code(await talk(port, close_frame(code))) == 1002


async def test_messages_before_a_close_are_answered_first() -> None:
    """A client that closes after its messages hears of those that it waited for."""
    async with serving(echo) as port, await open_raw(port) as stream:
        await stream.send_all(frame(TEXT, b"a"))
        answer = b""
        while len(answer) < 3:
            answer += await stream.receive_some()
        await stream.send_all(NORMAL)
        answer += b"".join([data async for data in stream])
    assert answer == b"\x81\x01a\x88\x02\x03\xe8"


async def test_compression_is_not_agreed_on() -> None:
    """An offer of permessage-deflate is passed over, and the first reserved bit stays a violation."""
    offer = HANDSHAKE[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    async with serving(echo) as port, await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(offer)
        head = b""
        while b"\r\n\r\n" not in head:
            head += await stream.receive_some()
        assert head.startswith(b"HTTP/1.1 101")
        assert b"extensions" not in head.lower()
        await stream.send_all(frame(TEXT, b"a", reserved=4))
        assert b"".join([data async for data in stream]).startswith(b"\x88")


async def test_a_dropped_connection_leaves_the_others_alone() -> None:
    """Whatever the moment: between frames, within a header, within a message."""
    async with serving(echo) as port:
        for begun in (b"", b"\x81", frame(TEXT, bytes(1000))[:500], frame(TEXT, b"a", is_last=False)):
            async with await open_raw(port) as stream:
                await stream.send_all(begun)
        assert await one(port, frame(PING, b"still")) == Pong(b"still")
