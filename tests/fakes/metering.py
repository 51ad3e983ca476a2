"""A metering service that misbehaves on request."""

from collections.abc import Callable, Sequence

import trio

from actors.ports.metering import (
    MeteringRefused,
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageEvent,
)
from simulations.ports.metering import InLoopMetering


class PickyMetering(InLoopMetering):
    """Refuses some events for good, and can lose or hold what it is asked."""

    refused: frozenset[str] = frozenset()
    gate: trio.Event | None = None
    initialize_gate: trio.Event | None = None
    ingest_gate: trio.Event | None = None
    drops_answer = False
    forgetful = False

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__(clock)
        self.at_the_gate: list[str] = []

    async def initialize_quota(self, agent_id: str, limits: QuotaLimits) -> None:
        """Refuse the quota of a refused agent."""
        if agent_id in self.refused:
            raise MeteringRefused(f"{agent_id} is not welcome")
        await super().initialize_quota(agent_id, limits)
        if self.initialize_gate is not None:
            await self.initialize_gate.wait()

    async def check_quota(self, agent_id: str) -> QuotaState:
        """Answer once the gate is open."""
        if self.gate is not None:
            self.at_the_gate.append(agent_id)
            await self.gate.wait()
        if self.forgetful:
            raise QuotaUnknown(agent_id)
        return await super().check_quota(agent_id)

    async def ingest(self, events: Sequence[UsageEvent]) -> None:
        """Refuse a batch with a refused agent in it, or take it and lose the answer."""
        if any(event.agent_id in self.refused for event in events):
            raise MeteringRefused("the batch has an event of an agent that is not welcome")
        await super().ingest(events)
        if self.ingest_gate is not None:
            await self.ingest_gate.wait()
        if self.drops_answer:
            self.drops_answer = False
            raise MeteringUnavailable("the connection broke", retry_after_s=0.5)
