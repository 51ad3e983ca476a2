"""The gate before the API: who is calling, and whether they call too often."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from net.auth.errors import Unauthorized
from net.auth.identity import bearer
from net.auth.service import Auth
from net.auth.windows import FixedWindows
from net.edge import Edge
from net.http.errors import Overloaded, RateLimited
from net.http.exchange import Exchange
from net.http.headers import rate_limit
from net.http.limits import REQUESTS_AT_ONCE_MAX
from net.http.sites import site_of

GUARDED: Final = ("/api/v1/", "/admin/")
"""Where the gate stands; probes, metrics and the pages for people are outside."""

USER_WINDOW_S: Final = 60


class Gate:
    """Recognises callers, counts their requests, and sheds what is too much."""

    def __init__(self, edge: Edge, auth: Auth) -> None:
        self._clock = edge.clock
        self._recogniser = auth.recogniser
        self._by_ip = FixedWindows(edge.settings.rate_limit_max, edge.settings.rate_limit_window_s)
        self._in_progress = 0
        self._by_user = FixedWindows(edge.settings.rate_limit_user_max, USER_WINDOW_S)

    @contextmanager
    def passage(self, exchange: Exchange) -> Generator[None]:
        """Count a request as in progress around a block of code, or until `leave`.

        Raises Overloaded; probes are always let in.
        """
        if self._in_progress >= REQUESTS_AT_ONCE_MAX and exchange.path.startswith(GUARDED):
            raise Overloaded("too many requests are in progress; try again in a second")
        self._in_progress += 1
        exchange.is_in_progress = True
        try:
            yield
        finally:
            self.leave(exchange)

    def leave(self, exchange: Exchange) -> None:
        """Count a request no longer: its answer is ready, and a client that does not take it is in nobody's way."""
        if exchange.is_in_progress:
            exchange.is_in_progress = False
            self._in_progress -= 1

    async def admit(self, exchange: Exchange) -> Exception | None:
        """Find out who is calling, and return why they are not let in, if they call too often.

        Being unknown is no reason yet: some resources are open to everybody.
        """
        if not exchange.path.startswith(GUARDED):
            return None
        try:
            credential = bearer(exchange.header(b"authorization"))
            now_us = self._clock.now_us()
            exchange.identity = self._recogniser.cached(credential, now_us)
            if exchange.identity is None:
                exchange.identity = await self._recogniser.recognise(credential)
        except Unauthorized as refusal:
            exchange.refusal = refusal
        except Exception as error:  # noqa: BLE001 - whatever keeps us from knowing is the answer
            return error
        return self._count(exchange)

    def _count(self, exchange: Exchange) -> RateLimited | None:
        identity = exchange.identity
        if identity is None:
            name, windows, key = "ip", self._by_ip, site_of(exchange.ip)
        else:
            name, windows, key = "user", self._by_user, identity.principal.user_id
        standing = windows.take(key, self._clock.now_us())
        exchange.extra = rate_limit(name, windows, standing)
        if standing.allowed:
            return None
        return RateLimited(f"at most {windows.limit} requests in {windows.window_s} s", standing.reset_s)
