"""Headers that every answer carries: security as helmet sets it by default, CORS, rate limits, caching."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from werkzeug.http import parse_accept_header

from net.auth.windows import FixedWindows, Standing
from net.http.limits import CORS_MAX_AGE_S

Header = tuple[bytes, bytes]

CONTENT_SECURITY_POLICY: Final = (
    b"default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';"
    b"img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';"
    b"style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"
)

SECURITY: Final[tuple[Header, ...]] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"origin-agent-cluster", b"?1"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-dns-prefetch-control", b"off"),
    (b"x-download-options", b"noopen"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"x-xss-protection", b"0"),
)
"""The defaults of helmet 8."""

NO_STORE: Final[Header] = (b"cache-control", b"no-store")
VARY: Final[Header] = (b"vary", b"Origin, Accept-Encoding")

_EXPOSED: Final = b"X-Correlation-ID, RateLimit, RateLimit-Policy, Retry-After, Location"
_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_REQUEST_HEADERS: Final = b"Authorization, Content-Type, Idempotency-Key, X-Correlation-ID"


class Cors:
    """Answers the browsers of our own clients, and no others (Fetch standard, CORS protocol)."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._allowed: dict[bytes, tuple[Header, ...]] = {
            origin.encode(): (
                (b"access-control-allow-origin", origin.encode()),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-expose-headers", _EXPOSED),
            )
            for origin in origins
        }

    def headers(self, origin: bytes | None) -> tuple[Header, ...]:
        """Return the headers for an answer to this origin, none for a stranger."""
        return () if origin is None else self._allowed.get(origin, ())

    def preflight(self, origin: bytes | None) -> tuple[Header, ...]:
        """Return what the answer to a preflight of this origin has besides `headers`."""
        if not self.headers(origin):
            return ()
        return (
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _REQUEST_HEADERS),
            (b"access-control-max-age", str(CORS_MAX_AGE_S).encode()),
        )


@lru_cache(maxsize=64)
def takes_gzip(accept_encoding: bytes) -> bool:
    """Say whether a client takes gzip, by its Accept-Encoding; a quality of 0 refuses it (RFC 9110, section 12.5.3)."""
    return parse_accept_header(accept_encoding.decode("latin-1")).quality("gzip") > 0


def rate_limit(name: str, windows: FixedWindows, standing: Standing) -> tuple[Header, Header]:
    """Return the fields of draft-ietf-httpapi-ratelimit-headers-10 for a policy."""
    return (
        (b"ratelimit-policy", f'"{name}";q={windows.limit};w={windows.window_s}'.encode()),
        (b"ratelimit", f'"{name}";r={standing.remaining};t={standing.reset_s}'.encode()),
    )
