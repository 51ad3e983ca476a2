"""Engine.IO packets and payloads survive the way there and back; what the protocol does not know is refused."""

from collections.abc import Iterable

import pytest
from engineio.packet import Packet as ReferencePacket  # type: ignore[import-untyped]  # it ships no types
from engineio.payload import Payload as ReferencePayload  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given
from hypothesis import strategies as st

from net.socketio.engine_packet import (
    EnginePacket,
    PacketType,
    decode_frame,
    decode_payload,
    encode_message,
    encode_open,
    encode_payload,
)
from net.socketio.errors import InvalidPacket
from net.socketio.outbox import Frame

# The protocol assumes that the separator is not used in the data.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1e"), max_size=20)
messages = st.lists(texts | st.binary(max_size=20), min_size=1, max_size=8)


def _decode(body: bytes) -> list[EnginePacket]:
    return decode_payload(body, packets_max=100)


@given(messages)
def test_payloads_survive_the_way_there_and_back(data: list[Frame]) -> None:
    """Text and binary messages in one payload come out as they went in."""
    body = encode_payload(encode_message(item) for item in data).encode()
    assert _decode(body) == [EnginePacket(PacketType.MESSAGE, item) for item in data]


@given(messages)
def test_payloads_are_those_of_another_implementation(data: list[Frame]) -> None:
    """python-engineio writes the same payload."""
    reference = ReferencePayload(packets=[ReferencePacket(4, data=item) for item in data])
    assert encode_payload(encode_message(item) for item in data) == reference.encode()


@given(st.binary(max_size=40))
def test_any_body_is_decoded_or_refused(body: bytes) -> None:
    """Nothing but InvalidPacket comes out of arbitrary bytes."""
    try:
        packets: Iterable[EnginePacket] = _decode(body)
    except InvalidPacket:
        packets = ()
    assert all(isinstance(packet, EnginePacket) for packet in packets)


def test_example_of_the_protocol() -> None:
    """The document's own example."""
    assert _decode(b"4hello\x1ebAQIDBA==\x1e2") == [
        EnginePacket(PacketType.MESSAGE, "hello"),
        EnginePacket(PacketType.MESSAGE, b"\1\2\3\4"),
        EnginePacket(PacketType.PING, ""),
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"abc", b"7", "\u0664hello".encode(), b"4a\x1e", b"bAQ", b"b!!!!", b"bAQIDBA==x", b"\xff", b"b\xc3\xa9"],
)
def test_invalid_payloads_are_refused(body: bytes) -> None:
    """Empty and unknown packets, digits of other scripts, sloppy base64 and broken UTF-8."""
    with pytest.raises(InvalidPacket):
        _decode(body)


def test_a_payload_has_a_limit_of_packets() -> None:
    """One packet more than allowed refuses the whole payload."""
    assert len(decode_payload(b"3\x1e3", packets_max=2)) == 2
    with pytest.raises(InvalidPacket):
        decode_payload(b"3\x1e3\x1e3", packets_max=2)


def test_frames_of_a_websocket() -> None:
    """Bytes are a message as they are, even none at all; text begins with its type."""
    assert decode_frame(b"") == EnginePacket(PacketType.MESSAGE, b"")
    assert decode_frame("2probe") == EnginePacket(PacketType.PING, "probe")
    for frame in ("", "b", "x"):
        with pytest.raises(InvalidPacket):
            decode_frame(frame)


def test_the_opening_packet() -> None:
    """It names the session and its limits."""
    opening = encode_open(
        sid="abc", upgrades=["websocket"], ping_interval_ms=300, ping_timeout_ms=200, payload_bytes_max=1_000
    )
    assert opening == ('0{"sid":"abc","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}')
