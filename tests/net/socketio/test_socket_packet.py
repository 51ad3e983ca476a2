"""Socket.IO packets are written as the protocol's examples are, and read with its strictness."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from socketio.packet import Packet as ReferencePacket  # type: ignore[import-untyped]  # it ships no types

from net.socketio.errors import InvalidPacket
from net.socketio.outbox import Frame
from net.socketio.socket_packet import (
    RESERVED_EVENTS,
    SocketPacket,
    SocketPacketType,
    decode_packet,
    encode_ack,
    encode_connect,
    encode_connect_error,
    encode_disconnect,
    encode_event,
)

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda name: name not in RESERVED_EVENTS)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | names
values = st.recursive(scalars | st.binary(max_size=8), lambda inner: st.lists(inner) | st.dictionaries(names, inner))
namespaces = st.sampled_from(["/", "/custom", "/a/b"])
ack_ids = st.none() | st.integers(0, 10**15 - 1)


def _decode(text: str) -> SocketPacket:
    return decode_packet(text, attachments_max=10)


@pytest.mark.no_cover
@given(namespaces, names, st.lists(values, max_size=3), ack_ids)
def test_events_are_those_of_another_implementation(
    namespace: str, name: str, args: list[Any], ack_id: int | None
) -> None:
    """python-socketio reads what we write, attachments and all."""
    head, *attachments = encode_event(namespace, name, args, ack_id)
    assert isinstance(head, str)
    reference = ReferencePacket(encoded_packet=head[1:])
    for attachment in attachments:
        reference.add_attachment(attachment)
    assert (reference.namespace or "/", reference.id, reference.data) == (namespace, ack_id, [name, *args])


@pytest.mark.no_cover
@given(namespaces, names, st.lists(values, max_size=3), ack_ids)
def test_events_of_another_implementation_are_read(
    namespace: str, name: str, args: list[Any], ack_id: int | None
) -> None:
    """We read what python-socketio writes."""
    encoded = ReferencePacket(2, data=[name, *args], namespace=namespace, id=ack_id).encode()
    head, attachments = (encoded[0], encoded[1:]) if isinstance(encoded, list) else (encoded, [])
    packet = decode_packet(head, attachments_max=1_000)
    assert (packet.namespace, packet.ack_id, packet.attachments) == (namespace, ack_id, len(attachments))


@given(st.text(max_size=12) | st.from_regex(r"[0-6](\d-)?(/x,?)?\d*[\[{\"\]}x0-9,]*", fullmatch=True))
def test_any_text_is_decoded_or_refused(text: str) -> None:
    """Nothing but InvalidPacket comes out of arbitrary text."""
    try:
        packet = _decode(text)
    except InvalidPacket:
        return
    assert isinstance(packet.type, SocketPacketType)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (encode_connect("/", "abc"), ('40{"sid":"abc"}',)),
        (encode_connect("/admin", "abc"), ('40/admin,{"sid":"abc"}',)),
        (encode_connect_error("/", "Not authorized"), ('44{"message":"Not authorized"}',)),
        (encode_connect_error("/a", "No", {"code": 1}), ('44/a,{"message":"No","data":{"code":1}}',)),
        (encode_disconnect("/"), ("41",)),
        (encode_disconnect("/admin"), ("41/admin,",)),
        (encode_event("/", "foo", []), ('42["foo"]',)),
        (encode_event("/admin", "bar", [1], 13), ('42/admin,13["bar",1]',)),
        (
            encode_event("/admin", "baz", [b"\1\2", bytearray(b"\3\4")]),
            ('452-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"\1\2", b"\3\4"),
        ),
        (encode_ack("/admin", ["bar"], 13), ('43/admin,13["bar"]',)),
        (encode_ack("/", ["bar", b"\1"], 15), ('461-15["bar",{"_placeholder":true,"num":0}]', b"\1")),
    ],
)
def test_packets_are_written_as_the_protocol_says(frames: tuple[Frame, ...], expected: tuple[Frame, ...]) -> None:
    """The document's examples, each with the Engine.IO type of a message before it."""
    assert frames == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", SocketPacket(SocketPacketType.CONNECT)),
        ("0/admin", SocketPacket(SocketPacketType.CONNECT, "/admin")),
        ('0/admin,{"a":1}', SocketPacket(SocketPacketType.CONNECT, "/admin", {"a": 1})),
        ("1/admin,", SocketPacket(SocketPacketType.DISCONNECT, "/admin")),
        ('212["foo"]', SocketPacket(SocketPacketType.EVENT, "/", ["foo"], 12)),
        ("2[7]", SocketPacket(SocketPacketType.EVENT, "/", [7])),
        ("3/admin,13[]", SocketPacket(SocketPacketType.ACK, "/admin", [], 13)),
        ('51-/a,3["x"]', SocketPacket(SocketPacketType.BINARY_EVENT, "/a", ["x"], 3, 1)),
        ("60-3[]", SocketPacket(SocketPacketType.BINARY_ACK, "/", [], 3, 0)),
    ],
)
def test_packets_are_read_as_the_protocol_says(text: str, expected: SocketPacket) -> None:
    """Namespaces, ids and numbers of attachments are where the document puts them."""
    assert _decode(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *["", "abc", "7", "9[]", "\u0662"],
        *["0[]", "0null", '0"x"', "07", "1{}", "11", "0/a,[]"],
        *["2", "2{}", "2[]", "2null", "2[null]", "2[true]", "2[1.5]", '2["connect"]', '2abc["x"]', '2["x"', '2-1["x"]'],
        *["3", "3[]", "31", "31{}", '4{"message":"x"}'],
        *['5["x"]', '5-["x"]', '5x-["x"]', '511-["x"]', '5\u0661-["x"]', "6[]", "61-[]"],
        *['21234567890123456["x"]', "0/" + "a" * 255, '2["\\ud800"]', "2[NaN]"],
    ],
)
def test_invalid_packets_are_refused(text: str) -> None:
    """Whatever the document does not allow."""
    with pytest.raises(InvalidPacket):
        _decode(text)


def test_what_is_no_json_cannot_be_sent() -> None:
    """The mistake shows where the event is emitted."""
    with pytest.raises(TypeError):
        encode_event("/", "x", [object()])
