"""Engine.IO 4 packets and polling payloads: pure encoding and strict decoding.

Source: the Engine.IO protocol, version 4.1, section "Packet encoding".
"""

import binascii
from base64 import b64encode
from collections.abc import Iterable
from enum import Enum

import orjson
from attrs import frozen

from net.socketio.errors import InvalidPacket
from net.socketio.outbox import Frame

SEPARATOR = "\x1e"
"""Stands between the packets of a polling payload."""


class PacketType(Enum):
    """The first character of a packet."""

    OPEN = "0"
    CLOSE = "1"
    PING = "2"
    PONG = "3"
    MESSAGE = "4"
    UPGRADE = "5"
    NOOP = "6"


CLOSE = PacketType.CLOSE.value
PING = PacketType.PING.value
NOOP = PacketType.NOOP.value
PROBE = PacketType.PING.value + "probe"
PROBE_ANSWER = PacketType.PONG.value + "probe"

_TYPES = {packet_type.value: packet_type for packet_type in PacketType}


@frozen
class EnginePacket:
    """One packet; the data of a message may be bytes, those of the other types are text."""

    type: PacketType
    data: Frame = ""


def encode_message(data: Frame) -> Frame:
    """Return the frame that carries ``data`` as a message."""
    return data if isinstance(data, bytes) else PacketType.MESSAGE.value + data


def encode_open(
    *, sid: str, upgrades: list[str], ping_interval_ms: int, ping_timeout_ms: int, payload_bytes_max: int
) -> str:
    """Return the frame that opens a session."""
    parameters = {
        "sid": sid,
        "upgrades": upgrades,
        "pingInterval": ping_interval_ms,
        "pingTimeout": ping_timeout_ms,
        "maxPayload": payload_bytes_max,
    }
    return PacketType.OPEN.value + orjson.dumps(parameters).decode()


def decode_frame(frame: Frame) -> EnginePacket:
    """Return the packet in a WebSocket message. Raises InvalidPacket."""
    if isinstance(frame, bytes):
        return EnginePacket(PacketType.MESSAGE, frame)
    packet_type = _TYPES.get(frame[:1])
    if packet_type is None:
        raise InvalidPacket("an unknown packet type" if frame else "an empty packet")
    return EnginePacket(packet_type, frame[1:])


def encode_payload(frames: Iterable[Frame]) -> str:
    """Return the body of an answer to a poll."""
    return SEPARATOR.join(frame if isinstance(frame, str) else "b" + b64encode(frame).decode() for frame in frames)


def decode_payload(body: bytes, *, packets_max: int) -> list[EnginePacket]:
    """Return the packets in the body of a POST: all of them, or none. Raises InvalidPacket."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidPacket("a payload that is not UTF-8") from error
    if text.count(SEPARATOR) >= packets_max:
        raise InvalidPacket(f"more than {packets_max} packets in a payload")
    return [_decode_text(part) for part in text.split(SEPARATOR)]


def _decode_text(text: str) -> EnginePacket:
    if not text.startswith("b"):
        return decode_frame(text)
    try:
        return EnginePacket(PacketType.MESSAGE, binascii.a2b_base64(text[1:].encode(), strict_mode=True))
    except binascii.Error as error:
        raise InvalidPacket("a binary packet that is not base64") from error
