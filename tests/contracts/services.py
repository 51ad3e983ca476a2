"""The kinds of metering and oversight, opened for their contracts; all approve by themselves below $10,000."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from net.grpc.embedded import serve_metering, serve_oversight
from net.grpc.metering_client import MeteringClient, open_metering_client
from net.grpc.oversight_client import OversightClient, open_oversight_client
from persistence.services.metering_store import SqliteMeteringStore
from persistence.services.oversight_store import SqliteOversightStore
from simulations.approvers import AttendedOversight
from simulations.chaos.network import DistantMetering, DistantOversight
from simulations.ports.metering import InLoopMetering
from simulations.ports.oversight import InLoopOversight
from tests.contracts.stages import Around, Opened, Twin, made
from tests.net.grpc.scripted import BRISK, HandClock

AUTO_APPROVE_BELOW_MICROS = 10_000_000_000
NOBODY_LISTENS = "127.0.0.1:1"


class PortClock:
    """A clock that a test sets, as the port to time."""

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock

    def now_us(self) -> int:
        """Return the time it was set to."""
        return self._clock()


@asynccontextmanager
async def metering_over_grpc(around: Around) -> AsyncIterator[MeteringClient]:
    """Serve metering from a database, and call it."""
    store = SqliteMeteringStore(around.folder / "metering.db")
    try:
        with serve_metering(store, around.clock) as address:
            async with open_metering_client(address) as client:
                yield client
    finally:
        store.close()


@asynccontextmanager
async def oversight_over_grpc(around: Around) -> AsyncIterator[OversightClient]:
    """Serve oversight from a database, and call it."""
    store = SqliteOversightStore(around.folder / "oversight.db")
    try:
        with serve_oversight(store, around.clock, auto_approve_below_micros=AUTO_APPROVE_BELOW_MICROS) as address:
            async with open_oversight_client(address) as client:
                yield client
    finally:
        store.close()


def metering_in_loop(around: Around, *, unavailable: bool = False) -> InLoopMetering:
    """Return metering inside the loop."""
    metering = InLoopMetering(around.clock)
    metering.unavailable = unavailable
    return metering


def oversight_in_loop(around: Around, *, unavailable: bool = False) -> InLoopOversight:
    """Return oversight inside the loop."""
    oversight = InLoopOversight(around.clock, AUTO_APPROVE_BELOW_MICROS)
    oversight.unavailable = unavailable
    return oversight


def attended(around: Around, *, unavailable: bool = False) -> AttendedOversight:
    """Return oversight with people who wait for its requests."""
    oversight = AttendedOversight(PortClock(around.clock), AUTO_APPROVE_BELOW_MICROS)
    oversight.unavailable = unavailable
    return oversight


def distant(
    kind: type[DistantMetering] | type[DistantOversight], *, is_cut: bool = False
) -> Callable[[Around], Opened]:
    """Return what opens a service behind chaos's network."""

    @asynccontextmanager
    async def opened(around: Around) -> AsyncIterator[DistantMetering | DistantOversight]:
        rng = random.Random(1)  # noqa: S311 - a seeded draw
        async with trio.open_nursery() as nursery:
            service: DistantMetering | DistantOversight
            if issubclass(kind, DistantMetering):
                service = kind(metering_in_loop(around), rng, nursery)
            else:
                service = kind(oversight_in_loop(around), rng, nursery)
            if is_cut:
                service.network.cut()
            yield service

    return opened


METERING = (
    Twin(MeteringClient, metering_over_grpc, lambda _around: open_metering_client(NOBODY_LISTENS, settings=BRISK)),
    Twin(InLoopMetering, made(metering_in_loop), made(lambda around: metering_in_loop(around, unavailable=True))),
    Twin(DistantMetering, distant(DistantMetering), distant(DistantMetering, is_cut=True)),
)
OVERSIGHT = (
    Twin(OversightClient, oversight_over_grpc, lambda _around: open_oversight_client(NOBODY_LISTENS, settings=BRISK)),
    Twin(InLoopOversight, made(oversight_in_loop), made(lambda around: oversight_in_loop(around, unavailable=True))),
    Twin(AttendedOversight, made(attended), made(lambda around: attended(around, unavailable=True))),
    Twin(DistantOversight, distant(DistantOversight), distant(DistantOversight, is_cut=True)),
)
