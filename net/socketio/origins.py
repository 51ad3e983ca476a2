"""Which web pages may talk to the layer, and the CORS headers that tell them."""

from urllib.parse import urlsplit

from net.socketio.options import SocketOptions

Headers = list[tuple[bytes, bytes]]


def is_allowed(origin: str | None, host: str | None, allowed: frozenset[str] | None) -> bool:
    """Say whether a page of ``origin`` may talk to the server called ``host``; programs send no origin."""
    if origin is None or allowed is None or origin in allowed:
        return True
    try:
        return host is not None and urlsplit(origin).netloc == host
    except ValueError:
        return False


def cors_headers(origin: str | None, options: SocketOptions) -> Headers:
    """Return the headers that let a page of ``origin`` read the answer; the origin has been found allowed."""
    if options.origins is None:
        return [(b"access-control-allow-origin", b"*")]
    if origin is None or origin not in options.origins:
        return [(b"vary", b"Origin")]
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


def preflight_headers(options: SocketOptions) -> Headers:
    """Return what an answer to a preflight has beside `cors_headers`."""
    return [
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", b"Authorization, Content-Type"),
        (b"access-control-max-age", str(options.cors_max_age_s).encode()),
    ]
