"""One request as the edge works with it, read in one pass from the ASGI scope."""

import re
from collections.abc import Mapping
from time import perf_counter
from typing import Any, Final

from net.auth.identity import Identity
from net.http.headers import Header
from net.http.limits import CORRELATION_ID_PATTERN

SCOPE_KEY: Final = "tradefloor.exchange"
"""Where the exchange travels in the ASGI scope."""

NO_ROUTE: Final = "none"
"""Stands for the route of requests that ask for nothing there is, or that were turned away before that was known."""

_CORRELATION_ID: Final = re.compile(CORRELATION_ID_PATTERN)


class Exchange:
    """A request with its body, who sends it, and the headers that its answer will carry in any case."""

    __slots__ = (
        "began_s",
        "body",
        "correlation_id",
        "extra",
        "headers",
        "identity",
        "ip",
        "is_in_progress",
        "method",
        "path",
        "query",
        "refusal",
        "route",
    )

    def __init__(self, scope: Mapping[str, Any], proxies: int = 0) -> None:
        self.began_s = perf_counter()
        self.method: str = scope["method"]
        self.path = _path_of(scope["path"])
        self.query: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        client = scope.get("client")
        self.ip: str = client[0] if client else "local"
        if proxies > 0:
            self.ip = _address_behind(proxies, self.headers.get(b"x-forwarded-for"), self.ip)
        self.correlation_id = ""
        self.body = b""
        self.identity: Identity | None = None
        self.refusal: Exception | None = None
        """Why there is no identity."""
        self.route = NO_ROUTE
        self.is_in_progress = False
        self.extra: tuple[Header, ...] = ()

    def header(self, name: bytes) -> str | None:
        """Return a header of the request by its name in lower case."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def given_correlation_id(self) -> str | None:
        """Return the client's own correlation id, if it may go into logs and metadata."""
        value = self.headers.get(b"x-correlation-id")
        if value is None or _CORRELATION_ID.fullmatch(value) is None:
            return None
        return value.decode("ascii")


def _address_behind(proxies: int, forwarded: bytes | None, peer: str) -> str:
    """Return whom the first of so many proxies was asked by; what stands before that, anybody may have written."""
    hops = [] if forwarded is None else forwarded.split(b",")
    return hops[-proxies].strip().decode("latin-1") if len(hops) >= proxies else peer


def _path_of(target: str) -> str:
    """Return the path of a target, which is a whole address where a proxy was meant (RFC 9112 section 3.2.2)."""
    return target if target.startswith("/") else "/" + target.partition("://")[2].partition("/")[2]
