"""Packets are put together from their text and their attachments, within limits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.socketio.errors import InvalidPacket
from net.socketio.options import SocketOptions
from net.socketio.packet_decoder import PacketDecoder
from net.socketio.socket_packet import SocketPacketType, encode_event

leaves = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2) | st.binary(max_size=4)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner))

HEAD = '51-["x",{"_placeholder":true,"num":0}]'


def _decoder(**limits: Any) -> PacketDecoder:
    return PacketDecoder(SocketOptions(**limits))


@given(st.lists(st.lists(values, max_size=3), max_size=3))
def test_events_survive_the_way_there_and_back(events: list[list[Any]]) -> None:
    """One decoder reads a series of events, each with as many attachments as it likes."""
    decoder = _decoder(attachments_max=10_000)
    for args in events:
        head, *attachments = encode_event("/", "x", args)
        assert isinstance(head, str)
        *early, packet = [decoder.feed(part) for part in (head[1:], *attachments)]
        assert early == [None] * len(attachments)
        assert packet is not None
        assert packet.data == ["x", *args]


def test_an_attachment_may_be_empty_and_used_twice() -> None:
    """An empty message counts; two placeholders may name the same attachment."""
    decoder = _decoder()
    text = '51-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]'
    assert decoder.feed(text) is None
    packet = decoder.feed(b"")
    assert packet is not None
    assert (packet.type, packet.data) == (SocketPacketType.BINARY_EVENT, ["x", b"", b""])


@pytest.mark.parametrize(
    "messages",
    [
        [b"\1"],
        [HEAD, '2["x"]'],
        [HEAD, b"\1", b"\1"],
        ['51-["x",{"_placeholder":true,"num":1}]', b"\1"],
        ['51-["x",{"_placeholder":true,"num":-1}]', b"\1"],
        ['51-["x",{"_placeholder":true,"num":true}]', b"\1"],
        ['51-["x",{"_placeholder":true,"num":"0"}]', b"\1"],
        ['51-["x",{"_placeholder":true}]', b"\1"],
        ['51-["x",' + "[" * 9 + "]" * 9 + "]", b"\1"],
        [HEAD, b"12345"],
        ['52-["x"]', b"123", b"45"],
        ['53-["x"]'],
    ],
)
def test_what_does_not_fit_together_is_refused(messages: list[str | bytes]) -> None:
    """Stray, missing and surplus attachments, wrong placeholders, and every limit."""
    decoder = _decoder(attachments_max=2, attachments_bytes_max=4, json_depth_max=8)
    *early, last = messages
    for message in early:
        decoder.feed(message)
    with pytest.raises(InvalidPacket):
        decoder.feed(last)


def test_placeholders_mean_something_in_binary_packets_only() -> None:
    """In a plain event they are data like any other, and so is an object that only resembles one."""
    decoder = _decoder()
    lookalike = {"_placeholder": True, "num": 0}
    packet = decoder.feed('2["x",{"_placeholder":true,"num":0}]')
    assert packet is not None
    assert packet.data == ["x", lookalike]
    assert decoder.feed('51-["x",{"_placeholder":1,"num":0}]') is None
    packet = decoder.feed(b"\1")
    assert packet is not None
    assert packet.data == ["x", {"_placeholder": 1, "num": 0}]
