"""What a request wants follows from its method and its query; anything else has a refusal of its own."""

import pytest

from net.socketio import handshake
from net.socketio.handshake import Action, Refusal, Wish, classify, parse_query


@pytest.mark.parametrize(
    ("method", "query", "expected"),
    [
        ("GET", b"EIO=4&transport=polling", Wish(Action.OPEN)),
        ("GET", b"EIO=4&transport=polling&t=abc&sid=x", Wish(Action.POLL, "x")),
        ("POST", b"EIO=4&transport=polling&sid=x", Wish(Action.PUSH, "x")),
        ("GET", b"EIO=4&transport=polling&sid=", Wish(Action.POLL, "")),
        ("POST", b"EIO=4&transport=polling", handshake.BAD_METHOD),
        ("PUT", b"EIO=4&transport=polling", handshake.BAD_METHOD),
        ("DELETE", b"EIO=4&transport=polling&sid=x", handshake.BAD_METHOD),
        ("GET", b"", handshake.UNKNOWN_TRANSPORT),
        ("GET", b"EIO=4&transport=abc", handshake.UNKNOWN_TRANSPORT),
        ("GET", b"transport=polling", handshake.UNSUPPORTED_PROTOCOL),
        ("GET", b"EIO=3&transport=polling", handshake.UNSUPPORTED_PROTOCOL),
        ("GET", b"EIO=4&transport=websocket", handshake.BAD_REQUEST),
        ("GET", b"EIO=4&transport=polling&sid=x&sid=y", handshake.BAD_REQUEST),
        ("GET", b"EIO=4&transport=polling&x=\xff", handshake.BAD_REQUEST),
        ("GET", b"&".join(b"a%d=1" % number for number in range(100)), handshake.BAD_REQUEST),
    ],
)
def test_requests(method: str, query: bytes, expected: Wish | Refusal) -> None:
    """Polling opens by GET, fetches by GET and sends by POST."""
    assert classify(parse_query(query), method=method, is_websocket=False) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"EIO=4&transport=websocket", Wish(Action.OPEN)),
        (b"EIO=4&transport=websocket&sid=x", Wish(Action.UPGRADE, "x")),
        (b"EIO=4&transport=polling", handshake.BAD_REQUEST),
        (b"EIO=abc&transport=websocket", handshake.UNSUPPORTED_PROTOCOL),
    ],
)
def test_websockets(query: bytes, expected: Wish | Refusal) -> None:
    """A WebSocket opens a session or upgrades one."""
    assert classify(parse_query(query), method="GET", is_websocket=True) == expected
