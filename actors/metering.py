"""The facade of the metering service: leases of quotas going down, usage going up.

A trade does not wait for a gRPC call, and seldom for this actor. The facade takes out a lease of each agent's quota, a
number of calls for a while, from which the agent takes its submissions; it asks the service only when one is used up or
over. Usage leaves through the outbox in batches, at least once.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Final

import trio

from actors.draining import Drain, joined_ids
from actors.errors import QuotaExceeded
from actors.messages import CheckQuota, DrainOutbox, GetUsage, IngestUsage, RenewLease, TakeQuota
from actors.outbound import quota_limits
from actors.ports.journal import Channel, OutboxEntry, QuotaDelivery, UsageDelivery
from actors.ports.metering import (
    MeteringRefused,
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageReport,
)
from actors.quota import NONE_LEFT, Lease
from actors.services import Services
from supervisor import Actor, Refusal, Reply, correlated, correlation_id, handles

LEASE_CALLS_MAX: Final = 200
"""How far the floor may go beyond what the service knows, in calls of one agent."""

RENEW_AT_PART: Final = 4
"""A lease is renewed when so small a part of its calls is left, or half of its time: a trade that had to wait for that
waited for a gRPC call, and many leases that were taken out together would be over together."""

REFRESHERS_MAX: Final = 64
"""So many leases that somebody waits for are asked for at once ..."""

RENEWERS_MAX: Final = 4
"""... and so many that still last: they leave half of the threads in which the service is called to the others."""

BATCH_ENTRIES_MAX: Final = 500
GATHER_S: Final = 0.1
"""How long usage gathers before a batch leaves: a call and a transaction for each trade would halve the throughput."""


_log = logging.getLogger(__name__)


class Line:
    """Agents that need a new lease, first come first served, by so many tasks at most."""

    def __init__(self, tasks_max: int) -> None:
        self.join, self.due = trio.open_memory_channel[tuple[str, str | None]](math.inf)
        self.tasks_to_start = tasks_max

    @property
    def needs_task(self) -> bool:
        """Whether one more task would serve the next agent sooner, and there may be one."""
        return self.tasks_to_start > 0 and not self.due.statistics().tasks_waiting_receive


class MeteringActor(Actor):
    """Grants submissions from leases, and delivers usage."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._waiting: dict[str, list[Reply[None]]] = {}
        """Who waits for the new lease of each agent that is due one: nobody, while the last one still lasts."""
        self._awaited, self._worn = Line(REFRESHERS_MAX), Line(RENEWERS_MAX)
        self._lines: dict[str, Line] = {}
        """Where an agent stands until it is its turn: one whose lease is worn goes over when somebody waits for it."""
        self._given: dict[str, QuotaLimits] = {}
        """Quotas that the service was given ahead of the outbox."""
        self._drain = Drain(
            self._deliver_batch,
            "usage stays in the outbox for now",
            look_every_s=services.pace.outbox_look_s,
            gather_s=GATHER_S,
        )
        self._delivered = 0

    async def started(self) -> None:
        """Start the loop that drains the outbox."""
        self.ctx.start_task(self._drain.run)

    def inspect(self) -> Mapping[str, object]:
        """Show the leases and what was delivered."""
        return {"leases": len(self._services.leases), "refreshing": len(self._waiting), "delivered": self._delivered}

    @handles(TakeQuota)
    def take_quota(self, message: TakeQuota) -> Reply[None] | None:
        """Grant one submission from the agent's lease, refreshing it first where it is used up or over."""
        agent_id = message.agent_id
        if self._services.leases.take(agent_id, self._services.clock.now_us()):
            return None
        reply: Reply[None] = self.ctx.defer()
        waiting = self._waiting.get(agent_id)
        if waiting is None or self._lines.get(agent_id) is self._worn:
            waiting = self._have_refreshed(agent_id, self._awaited)
        waiting.append(reply)
        return reply

    @handles(RenewLease)
    def renew_lease(self, message: RenewLease) -> None:
        """Take out a new lease while the last one still lasts."""
        if message.agent_id not in self._waiting:
            self._have_refreshed(message.agent_id, self._worn)

    @handles(CheckQuota)
    def check_quota(self, message: CheckQuota) -> Reply[QuotaState]:
        """Ask the service what is left."""
        reply: Reply[QuotaState] = self.ctx.defer()
        self.ctx.start_task(self._check, message.agent_id, reply)
        return reply

    @handles(GetUsage)
    def get_usage(self, message: GetUsage) -> Reply[UsageReport]:
        """Ask the service what was used."""
        reply: Reply[UsageReport] = self.ctx.defer()
        self.ctx.start_task(self._usage, message, reply)
        return reply

    @handles(IngestUsage)
    def ingest(self, message: IngestUsage) -> Reply[None]:
        """Pass usage of another program on."""
        reply: Reply[None] = self.ctx.defer()
        self.ctx.start_task(self._ingest, message, reply)
        return reply

    @handles(DrainOutbox)
    def drain(self, _message: DrainOutbox) -> None:
        """Look at the outbox soon."""
        self._drain.look()

    def _have_refreshed(self, agent_id: str, line: Line) -> list[Reply[None]]:
        """Have a new lease taken out when it is an agent's turn in a line, and return those who wait for it."""
        if line.needs_task:
            line.tasks_to_start -= 1
            self.ctx.start_task(self._refresh_all, line)
        self._lines[agent_id] = line
        line.join.send_nowait((agent_id, correlation_id.get()))
        return self._waiting.setdefault(agent_id, [])

    async def _refresh_all(self, line: Line) -> None:
        """Take new leases, one after the other: a task for each would cost more than its lease."""
        async for agent_id, correlation in line.due:
            if self._lines.get(agent_id) is line:
                del self._lines[agent_id]
                with correlated(correlation):
                    await self._refresh(agent_id)

    async def _refresh(self, agent_id: str) -> None:
        """Take a new lease and serve everybody who waits for it.

        Where the service grants none, the last one goes on until it is used up or over.
        """
        error: Exception | None = None
        try:
            self._services.leases.put(agent_id, await self._new_lease(agent_id))
        except (MeteringRefused, QuotaUnknown) as answer:
            # Whoever trades has asked for nothing that metering could refuse: another moment, another answer.
            error = MeteringUnavailable(f"it does not say what is left: {answer}")
            _log.warning("no new lease for %s: %s", agent_id, answer)
        except Refusal as refusal:
            error = refusal
            _log.debug("no new lease for %s: %s", agent_id, refusal)
        for reply in self._waiting.pop(agent_id):
            if error is not None:
                reply.fail(error)
            elif self._services.leases.take(agent_id, self._services.clock.now_us()):
                reply.reply(None)
            else:
                reply.fail(MeteringUnavailable("the lease is used up already", retry_after_s=1.0))

    async def _new_lease(self, agent_id: str) -> Lease:
        state = await self._ask_quota(agent_id)
        trade_cost_micros = self._services.views.agent(agent_id).quota.trade_cost_micros
        if not state.allowed or state.remaining_budget_micros < trade_cost_micros:
            raise QuotaExceeded(
                "the metering service says that this month's quota is used up; raise quotaConfig or wait for the "
                "new month",
                state.reset_at_us,
            )
        now_us, lease_us = self._services.clock.now_us(), self._services.pace.lease_us
        calls = min(state.remaining_api_calls, LEASE_CALLS_MAX)
        return Lease(
            calls_left=calls,
            budget_left_micros=state.remaining_budget_micros,
            valid_until_us=min(now_us + lease_us, state.reset_at_us),
            trade_cost_micros=trade_cost_micros,
            renew_at_us=now_us + lease_us // 2,
            # With fewer calls the service has granted all there are.
            renew_calls=LEASE_CALLS_MAX // RENEW_AT_PART if calls == LEASE_CALLS_MAX else NONE_LEFT,
        )

    async def _ask_quota(self, agent_id: str) -> QuotaState:
        """Ask for an agent's quota, giving it to a service that does not know it yet."""
        metering = self._services.metering
        try:
            return await metering.check_quota(agent_id)
        except QuotaUnknown:
            limits = quota_limits(self._services.views.agent(agent_id))
            await metering.initialize_quota(agent_id, limits)
            self._given[agent_id] = limits
            return await metering.check_quota(agent_id)

    async def _check(self, agent_id: str, reply: Reply[QuotaState]) -> None:
        try:
            reply.reply(await self._ask_quota(agent_id))
        except Refusal as error:
            reply.fail(error)

    async def _usage(self, message: GetUsage, reply: Reply[UsageReport]) -> None:
        try:
            reply.reply(await self._services.metering.usage(message.agent_id, message.period))
        except (MeteringUnavailable, MeteringRefused) as error:
            reply.fail(error)

    async def _ingest(self, message: IngestUsage, reply: Reply[None]) -> None:
        try:
            await self._services.metering.ingest(message.events)
        except (MeteringUnavailable, MeteringRefused) as error:
            reply.fail(error)
        else:
            reply.reply(None)

    async def _deliver_batch(self) -> bool:
        """Deliver the oldest entries; say whether there were as many as a batch holds, so that more may wait."""
        entries = await self._services.store.outbox(Channel.METERING, 0, BATCH_ENTRIES_MAX)
        if not entries:
            return False
        for entry in entries:
            if isinstance(entry.delivery, QuotaDelivery):
                with correlated(entry.correlation_id):
                    await self._deliver_quota(entry.entry_id, entry.delivery)
        await self._deliver_usage([entry for entry in entries if isinstance(entry.delivery, UsageDelivery)])
        await self._services.store.delivered([entry.entry_id for entry in entries])
        self._delivered += len(entries)
        return len(entries) == BATCH_ENTRIES_MAX

    async def _deliver_quota(self, entry_id: int, delivery: QuotaDelivery) -> None:
        had_lease = delivery.agent_id in self._services.leases
        try:
            await self._services.metering.initialize_quota(delivery.agent_id, delivery.limits)
        except MeteringRefused as error:
            _log.warning("the metering service did not take entry %d: %s", entry_id, error)
        # A lease under these very limits stays good: an outage just now must not stop a new agent. So does one that was
        # taken out meanwhile; should that be under the limits before, then the agent's book holds it to those of now.
        if self._given.pop(delivery.agent_id, None) != delivery.limits and had_lease:
            self._services.leases.drop(delivery.agent_id)

    async def _deliver_usage(self, entries: Sequence[OutboxEntry]) -> None:
        """Deliver the usage of a batch. One entry that is refused for good is left out, and said in the log."""
        if not entries:
            return
        try:
            await self._ingest_entries(entries)
        except MeteringRefused:
            for entry in entries:
                with correlated(entry.correlation_id):
                    try:
                        await self._ingest_entries([entry])
                    except MeteringRefused as error:
                        _log.warning("the metering service did not take entry %d: %s", entry.entry_id, error)

    async def _ingest_entries(self, entries: Sequence[OutboxEntry]) -> None:
        """Deliver entries in one call, under the correlation ids of all of them, so that each is found by its own."""
        usage = [entry.delivery for entry in entries if isinstance(entry.delivery, UsageDelivery)]
        with correlated(joined_ids(entry.correlation_id for entry in entries)):
            await self._services.metering.ingest([event for delivery in usage for event in delivery.events])
            _log.debug("metering was told of %d entries", len(entries))
