"""WebSocket frames as a server writes them (RFC 6455, section 5.2): unmasked, unfragmented, encoded once for all."""

import struct
from typing import Any

import orjson

_FINAL_TEXT = 0x81
_FINAL_BINARY = 0x82
_SHORT_MAX = 125
_MEDIUM_MAX = 0xFFFF
_MEDIUM = 126
_LONG = 127

PING = b"\x89\x00"
"""A ping without a payload."""


def encode_text(payload: bytes) -> bytes:
    """Return UTF-8 text as one final text frame."""
    return _header(_FINAL_TEXT, len(payload)) + payload


def encode_binary(payload: bytes) -> bytes:
    """Return bytes as one final binary frame."""
    return _header(_FINAL_BINARY, len(payload)) + payload


def encode_json(value: Any) -> bytes:
    """Return a JSON value as one final text frame."""
    return encode_text(orjson.dumps(value))


def payload_of(frame: bytes) -> bytes:
    """Return the payload of a frame that was encoded here."""
    length = frame[1]
    return frame[{_MEDIUM: 4, _LONG: 10}.get(length, 2) :]


def _header(first: int, length: int) -> bytes:
    if length <= _SHORT_MAX:
        return bytes((first, length))
    if length <= _MEDIUM_MAX:
        return struct.pack("!BBH", first, _MEDIUM, length)
    return struct.pack("!BBQ", first, _LONG, length)
