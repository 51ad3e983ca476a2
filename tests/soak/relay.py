"""A relay in front of a gRPC service that can be slow, or turn what passes into noise."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import Enum, auto
from random import Random
from typing import Final

import trio
from attrs import Factory, define

from tests.soak.pauses import pause

READ_BYTES: Final = 65_536
DELAY_S: Final = 0.7
"""Slow enough to be felt, within the deadline of a call."""


class Weather(Enum):
    """How the network is."""

    FAIR = auto()
    SLOW = auto()
    GARBLED = auto()


@define
class Relay:
    """Carries connections to an address.

    Noise replaces whole chunks. A few changed bytes could make another, valid message, which no receiver can tell
    without TLS.
    """

    target: str
    rng: Random
    port: int = 0
    weather: Weather = Weather.FAIR
    _scopes: set[trio.CancelScope] = Factory(set)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    @contextmanager
    def bad(self, weather: Weather) -> Iterator[None]:
        """Let the network be bad for as long as the block takes; connections that saw noise end with it."""
        self.weather = weather
        try:
            yield
        finally:
            self.weather = Weather.FAIR
            if weather is Weather.GARBLED:
                for scope in tuple(self._scopes):
                    scope.cancel()

    async def carry(self, caller: trio.SocketStream) -> None:
        """Carry one connection to its end."""
        host, _, port = self.target.rpartition(":")
        with trio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                async with caller, await trio.open_tcp_stream(host, int(port)) as service, trio.open_nursery() as both:
                    both.start_soon(self._pass_on, caller, service, scope)
                    both.start_soon(self._pass_on, service, caller, scope)
            except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
                pass
            finally:
                self._scopes.discard(scope)

    async def _pass_on(self, source: trio.SocketStream, sink: trio.SocketStream, scope: trio.CancelScope) -> None:
        while data := await source.receive_some(READ_BYTES):
            if self.weather is Weather.SLOW:
                await pause(DELAY_S)
            await sink.send_all(self.rng.randbytes(len(data)) if self.weather is Weather.GARBLED else data)
        scope.cancel()


@asynccontextmanager
async def relaying(target: str, rng: Random) -> AsyncIterator[Relay]:
    """Run a relay in front of an address."""
    relay = Relay(target, rng)
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    relay.port = listeners[0].socket.getsockname()[1]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, relay.carry, listeners)
        yield relay
        nursery.cancel_scope.cancel()
