"""A client that writes WebSocket frames byte by byte, right or wrong (RFC 6455, section 5.2), and reads the answers."""

import struct
from collections.abc import Iterable
from typing import Final

import trio
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, TextMessage

from tests.net.websocket.serving import open_raw

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
_KEY: Final = b"\x37\xfa\x21\x3d"


def frame(
    opcode: int, payload: bytes = b"", *, is_last: bool = True, reserved: int = 0, is_masked: bool = True
) -> bytes:
    """Return a frame as a client sends it; `reserved` are the three reserved bits, as a number."""
    first = (0x80 if is_last else 0) | reserved << 4 | opcode
    mask = 0x80 if is_masked else 0
    if len(payload) <= 125:
        header = bytes((first, mask | len(payload)))
    elif len(payload) <= 0xFFFF:
        header = struct.pack("!BBH", first, mask | 126, len(payload))
    else:
        header = struct.pack("!BBQ", first, mask | 127, len(payload))
    return header + (_KEY + _masked(payload) if is_masked else payload)


def _masked(payload: bytes) -> bytes:
    key = int.from_bytes((_KEY * (len(payload) // 4 + 1))[: len(payload)])
    return (int.from_bytes(payload) ^ key).to_bytes(len(payload))


def fragments(opcode: int, parts: Iterable[bytes]) -> list[bytes]:
    """Return one message in as many frames as it has parts."""
    *first, last = parts
    opcodes = [opcode] + [CONTINUATION] * len(first)
    return [frame(code, part, is_last=False) for code, part in zip(opcodes, first, strict=False)] + [
        frame(opcodes[-1], last)
    ]


def close_frame(code: int, reason: bytes = b"") -> bytes:
    """Return a close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason)


async def talk(port: int, *writes: bytes, count: int | None = None) -> list[Event]:
    """Send bytes, one write after the other, and return what is heard: so many events, or all until the server ends.

    The fragments of a message are joined.
    """
    client = Connection(ConnectionType.CLIENT)
    heard: list[Event] = []
    parts: list[str | bytes] = []
    async with await open_raw(port) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(_write, stream, writes)
        while count is None or len(heard) < count:
            data = await stream.receive_some()
            if not data:
                break
            client.receive_data(data)
            heard += _joined(client, parts)
    return heard


async def _write(stream: trio.SocketStream, writes: Iterable[bytes]) -> None:
    try:
        for write in writes:
            await stream.send_all(write)
    except trio.BrokenResourceError:
        # A server that was told enough to close does not wait for the rest.
        return


def _joined(client: Connection, parts: list[str | bytes]) -> list[Event]:
    heard: list[Event] = []
    for event in client.events():
        if not isinstance(event, TextMessage | BytesMessage):
            heard.append(event)
            continue
        parts.append(event.data if isinstance(event.data, str) else bytes(event.data))
        if event.message_finished:
            empty: str | bytes = "" if isinstance(event, TextMessage) else b""
            heard.append(type(event)(data=empty.join(parts)))  # type: ignore[arg-type]  # One kind at a time.
            parts.clear()
    return heard


def close_code(heard: list[Event]) -> int:
    """Return the code of the close frame, which has to be the last thing heard."""
    closed = heard[-1]
    assert isinstance(closed, CloseConnection), heard
    return int(closed.code)
