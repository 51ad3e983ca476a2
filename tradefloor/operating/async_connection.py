"""The same way to a floor for a program with an event loop of its own, such as the console."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tradefloor.operating.connection import TIMEOUT_S, Place, answering, document, wire


class AsyncConnection:
    """Asks one floor. Every method raises Refused and NotReached; a cancelled one gives its request up."""

    def __init__(self, http: httpx.AsyncClient, place: Place) -> None:
        self._http = http
        self.place = place

    async def get(self, path: str, /, **query: object) -> Any:
        """Return the JSON document at a path."""
        return await self._json("GET", path, params=wire(query))

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        """POST a JSON body, and return the answer's."""
        return await self._json("POST", path, json=body)

    @asynccontextmanager
    async def lines(self, path: str, /, **query: object) -> AsyncIterator[AsyncIterator[str]]:
        """Yield the lines of a document that goes on; leaving the block ends it."""
        with answering(self.place):
            async with self._http.stream("GET", path, params=wire(query), timeout=None) as response:
                if response.is_error:
                    await response.aread()
                    document(response)
                yield response.aiter_lines()

    async def close(self) -> None:
        """Let go of what is open."""
        await self._http.aclose()

    async def _json(self, method: str, path: str, **request: Any) -> Any:
        with answering(self.place):
            response = await self._http.request(method, path, **request)
        return document(response)


def connection_to(place: Place) -> AsyncConnection:
    """Return a connection to a floor that may be there or not: it is tried anew with each request."""
    transport = None if place.url else httpx.AsyncHTTPTransport(uds=str(place.socket))
    http = httpx.AsyncClient(base_url=place.base_url, headers=place.headers, transport=transport, timeout=TIMEOUT_S)
    return AsyncConnection(http, place)
