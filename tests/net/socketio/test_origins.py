"""Web pages of allowed origins, of the server itself, and programs may talk to the layer."""

import pytest

from net.socketio.options import SocketOptions
from net.socketio.origins import cors_headers, is_allowed, preflight_headers

APP = "https://app.example.com"


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "expected"),
    [
        (None, None, frozenset(), True),
        (APP, "api.example.com", frozenset({APP}), True),
        ("http://api.example.com:3000", "api.example.com:3000", frozenset(), True),
        ("http://api.example.com", "api.example.com:3000", frozenset(), False),
        ("https://evil.example.com", "api.example.com", frozenset({APP}), False),
        ("null", "api.example.com", frozenset({APP}), False),
        ("http://[", "[", frozenset(), False),
        (APP, None, frozenset(), False),
        ("https://evil.example.com", "api.example.com", None, True),
    ],
)
def test_who_is_allowed(origin: str | None, host: str | None, allowed: frozenset[str] | None, expected: bool) -> None:
    """An origin counts as the server's own when it names the host that was asked."""
    assert is_allowed(origin, host, allowed) is expected


def test_headers() -> None:
    """Credentials are for listed origins only, and a star never comes with them."""
    listed = SocketOptions(origins=frozenset({APP}))
    assert dict(cors_headers(APP, listed)) == {
        b"access-control-allow-origin": APP.encode(),
        b"access-control-allow-credentials": b"true",
        b"vary": b"Origin",
    }
    assert cors_headers("https://other.example.com", listed) == [(b"vary", b"Origin")]
    assert cors_headers(None, listed) == [(b"vary", b"Origin")]
    assert cors_headers(APP, SocketOptions(origins=None)) == [(b"access-control-allow-origin", b"*")]
    assert dict(preflight_headers(listed))[b"access-control-max-age"] == b"86400"
