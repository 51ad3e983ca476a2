"""Metering inside the loop: passes the contract tests of the real service, and fails on request."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

import trio

from actors.ports.metering import (
    MeteringRefused,
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageEvent,
    UsageLine,
    UsageReport,
    quota_left,
)
from actors.ports.periods import is_period, next_period_us, period_of

SEEN_MAX: Final = 50_000
"""A service that keeps no events knows at least so many ids of the last ones: a sender repeats what it sent last."""


class InLoopMetering:
    """Satisfies `actors.ports.metering.MeteringService` inside the loop, without threads."""

    def __init__(self, clock: Callable[[], int], *, keeps_events: bool = True) -> None:
        """Take the clock, in microseconds since the epoch, that says which month it is, and whether events are kept."""
        self._clock = clock
        self._keeps_events = keeps_events
        self._seen: set[str] = set()
        self._seen_before: set[str] = set()
        self.limits: dict[str, QuotaLimits] = {}
        self.events: dict[str, UsageEvent] = {}
        """What was recorded, by id, in the order of arrival."""
        self.calls: list[str] = []
        """The names of the calls made, also of those that failed."""
        self.unavailable = False
        """While true, every call fails as in an outage."""
        self._lines: defaultdict[tuple[str, str], dict[str, list[int]]] = defaultdict(dict)
        """What was used by agent and month, by type of event: how many, calls, cost."""

    async def initialize_quota(self, agent_id: str, limits: QuotaLimits) -> None:
        """Give an agent its quota, or replace it."""
        await self._arrive("initialize_quota", agent_id)
        self.limits[agent_id] = limits

    async def check_quota(self, agent_id: str) -> QuotaState:
        """Say what is left of this month's quota."""
        await self._arrive("check_quota", agent_id)
        if agent_id not in self.limits:
            raise QuotaUnknown(agent_id)
        now_us = self._clock()
        used = self._sum(agent_id, period_of(now_us))
        return quota_left(self.limits[agent_id], used.total_calls, used.total_cost_micros, next_period_us(now_us))

    async def ingest(self, events: Sequence[UsageEvent]) -> None:
        """Record usage; an id that is known already is ignored."""
        await self._arrive("ingest", "any")
        for event in events:
            if event.event_id not in self._seen and event.event_id not in self._seen_before:
                self._seen.add(event.event_id)
                self._add(event)
                if self._keeps_events:
                    self.events[event.event_id] = event
        if len(self._seen) >= SEEN_MAX and not self._keeps_events:
            self._seen_before, self._seen = self._seen, set()

    async def usage(self, agent_id: str, period: str) -> UsageReport:
        """Sum an agent's usage in a month."""
        await self._arrive("usage", agent_id)
        if not is_period(period):
            raise MeteringRefused(f"a period is a month as YYYY-MM, not {period!r}")
        return self._sum(agent_id, period)

    async def _arrive(self, call: str, agent_id: str) -> None:
        await trio.lowlevel.checkpoint()
        self.calls.append(call)
        if self.unavailable:
            raise MeteringUnavailable("the fake is switched off", retry_after_s=0.5)
        if not agent_id:
            raise MeteringRefused("agent_id is missing")

    def _add(self, event: UsageEvent) -> None:
        line = self._lines[event.agent_id, period_of(event.at_us)].setdefault(event.type, [0, 0, 0])
        line[0] += 1
        line[1] += event.api_calls
        line[2] += event.cost_micros

    def _sum(self, agent_id: str, period: str) -> UsageReport:
        lines = {kind: UsageLine(*line) for kind, line in self._lines.get((agent_id, period), {}).items()}
        return UsageReport(
            agent_id=agent_id,
            period=period,
            total_cost_micros=sum(line.cost_micros for line in lines.values()),
            total_calls=sum(line.api_calls for line in lines.values()),
            breakdown=lines,
        )
