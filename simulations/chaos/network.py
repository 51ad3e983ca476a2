"""The network between the floor and a service, which may be cut, or lose, delay and repeat what it carries."""

import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Final, TypeVar

import trio

from actors.ports.metering import (
    MeteringService,
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    UsageEvent,
    UsageReport,
)
from actors.ports.oversight import (
    Decision,
    DecisionRecord,
    OversightRequestRecord,
    OversightService,
    OversightUnavailable,
    RequestStatus,
)
from supervisor import Refusal

ResultT = TypeVar("ResultT")
ValueT = TypeVar("ValueT")

DEADLINE_S: Final = 2.0
"""How long a caller waits for an answer, as in the contract."""

LATE_S_MAX: Final = 8.0


class Fate(StrEnum):
    """What becomes of one call."""

    ANSWERED = "answered"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    REPEATED = "repeated"
    LATE = "late"


class Network:
    """One service's wire. `unavailable` makes the error that a caller without an answer gets."""

    def __init__(self, rng: random.Random, nursery: trio.Nursery, unavailable: Callable[[str], Exception]) -> None:
        self.is_unreliable = False
        self._whole = trio.Event()
        self._whole.set()
        self._rng = rng
        self._nursery = nursery
        self._unavailable = unavailable

    def cut(self) -> None:
        """Carry nothing until it is mended."""
        if self._whole.is_set():
            self._whole = trio.Event()

    def mend(self) -> None:
        """Carry again what is sent."""
        self._whole.set()

    async def carry(self, call: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Carry a call to the service and its answer back, as far as the network does."""
        await trio.lowlevel.checkpoint()
        if not self._whole.is_set():
            raise self._unavailable("the network is cut")
        match self._rng.choice(tuple(Fate)) if self.is_unreliable else Fate.ANSWERED:
            case Fate.ANSWERED:
                return await call()
            case Fate.REQUEST_LOST:
                await trio.sleep(DEADLINE_S)
            case Fate.ANSWER_LOST:
                await call()
                await trio.sleep(DEADLINE_S)
            case Fate.REPEATED:
                await call()
                return await call()
            case Fate.LATE:
                return await self._late(call)
        raise self._unavailable("no answer in time")

    async def _late(self, call: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Arrive late, perhaps after the caller has given up."""
        delay_s = self._rng.uniform(0.0, LATE_S_MAX)
        if delay_s < DEADLINE_S:
            await trio.sleep(delay_s)
            return await call()
        self._nursery.start_soon(_arrive, delay_s, call)
        await trio.sleep(DEADLINE_S)
        raise self._unavailable("no answer in time")

    async def deliver(self, value: ValueT) -> ValueT:
        """Hand on what the service sends by itself, once the network is there."""
        await self._whole.wait()
        return value


async def _arrive(delay_s: float, call: Callable[[], Awaitable[object]]) -> None:
    await trio.sleep(delay_s)
    try:
        await call()
    except Refusal:
        return  # Nobody hears the answer any more.


class DistantMetering:
    """Satisfies MeteringService: the service at the other end of a network."""

    def __init__(self, service: MeteringService, rng: random.Random, nursery: trio.Nursery) -> None:
        self._service = service
        self.network = Network(rng, nursery, MeteringUnavailable)

    async def initialize_quota(self, agent_id: str, limits: QuotaLimits) -> None:
        """Give an agent its quota, or replace it."""
        await self.network.carry(lambda: self._service.initialize_quota(agent_id, limits))

    async def check_quota(self, agent_id: str) -> QuotaState:
        """Say what is left of this month's quota."""
        return await self.network.carry(lambda: self._service.check_quota(agent_id))

    async def ingest(self, events: Sequence[UsageEvent]) -> None:
        """Record usage."""
        await self.network.carry(lambda: self._service.ingest(events))

    async def usage(self, agent_id: str, period: str) -> UsageReport:
        """Sum an agent's usage in a month."""
        return await self.network.carry(lambda: self._service.usage(agent_id, period))


class DistantOversight:
    """Satisfies OversightService: the service at the other end of a network."""

    def __init__(self, service: OversightService, rng: random.Random, nursery: trio.Nursery) -> None:
        self._service = service
        self.network = Network(rng, nursery, OversightUnavailable)

    async def create(self, request: OversightRequestRecord) -> RequestStatus:
        """File a request."""
        return await self.network.carry(lambda: self._service.create(request))

    async def decide(self, request_id: str, decision: DecisionRecord) -> RequestStatus:
        """Decide a request."""
        return await self.network.carry(lambda: self._service.decide(request_id, decision))

    async def status(self, request_id: str) -> RequestStatus:
        """Say how a request stands."""
        return await self.network.carry(lambda: self._service.status(request_id))

    def watch(self, after_sequence: int = 0) -> AbstractAsyncContextManager[AsyncIterator[Decision]]:
        """Iterate over every decision after a sequence number, those of an outage after it."""
        return self._watch(after_sequence)

    @trio.as_safe_channel
    async def _watch(self, after_sequence: int) -> AsyncGenerator[Decision, None]:
        async with self._service.watch(after_sequence) as decisions:
            async for decision in decisions:
                yield await self.network.deliver(decision)
