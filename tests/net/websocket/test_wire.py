"""Frames as the server writes them, read back by an independent implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Ping, TextMessage

from net.websocket.wire import PING, encode_binary, encode_json, encode_text, payload_of


def _read(data: bytes) -> list[object]:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(data)
    return [event.data if isinstance(event, TextMessage | BytesMessage) else type(event) for event in client.events()]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_every_form_of_length(length: int) -> None:
    """The three forms of the length field, and the numbers at their edges."""
    frame = encode_binary(b"x" * length)
    assert _read(frame) == [b"x" * length]
    assert payload_of(frame) == b"x" * length


@given(st.lists(st.text(max_size=300), max_size=5))
def test_frames_in_a_row(texts: list[str]) -> None:
    """Frames that are written together are read one by one."""
    frames = [encode_text(text.encode()) for text in texts]
    assert _read(b"".join(frames)) == texts
    assert [payload_of(frame).decode() for frame in frames] == texts


def test_json_and_pings() -> None:
    """JSON is text; a ping has no payload."""
    assert _read(encode_json({"type": "pong"}) + PING) == ['{"type":"pong"}', Ping]
