"""The facade of metering: leases, outages, quotas used up, and usage that arrives once."""

from collections.abc import Callable, Sequence

import pytest
import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from actors import paths
from actors.errors import AgentNotFound, QuotaExceeded
from actors.messages import AgentSettings, ChangeSettings, CheckQuota, GetUsage, IngestUsage, RenewLease, TakeQuota
from actors.metering import GATHER_S, LEASE_CALLS_MAX, REFRESHERS_MAX
from actors.model import QuotaConfig
from actors.money import dollars
from actors.ports.metering import (
    MeteringRefused,
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageEvent,
)
from actors.ports.periods import next_period_us
from simulations.ports.metering import InLoopMetering
from tests.actors.builders import NOW_US, OWNER, SECOND_US
from tests.actors.headless import headless_floor, surroundings


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


async def test_lease_is_used_without_calls(autojump_clock: object) -> None:
    """Trades within a lease ask the service nothing; when its time is over it is renewed, once for all who wait."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        calls = floor.around.metering.calls
        asked = calls.count("check_quota")
        for _ in range(20):
            await floor.trade()
        assert calls.count("check_quota") == asked
        await floor.advance(61)
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(floor.system.ref(paths.METERING).ask, TakeQuota("agt_1"))
        assert calls.count("check_quota") == asked + 1


async def test_a_lease_taken_out_while_the_quota_is_told_stays(autojump_clock: object) -> None:
    """The service knows a new agent's quota before it has said so; a first order just then asks for the only lease."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    metering.initialize_gate = trio.Event()
    async with headless_floor(evolve(around, metering=metering)) as floor:
        await floor.create()
        await floor.advance(1)
        await floor.trade()
        assert metering.calls == ["initialize_quota", "check_quota"]
        metering.initialize_gate.set()
        await floor.advance(1)
        await floor.trade()
        assert metering.calls.count("check_quota") == 1


async def test_lease_is_refreshed_when_used_up(autojump_clock: object) -> None:
    """A lease is good for 200 calls at most, so the service is asked again for the 201st."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.advance(1)
        metering = floor.system.ref(paths.METERING)
        for _ in range(200):
            await metering.ask(TakeQuota("agt_1"))
        asked = floor.around.metering.calls.count("check_quota")
        await metering.ask(TakeQuota("agt_1"))
        assert floor.around.metering.calls.count("check_quota") == asked + 1
        state = await floor.system.control.state(paths.METERING)
        assert state == {"leases": 1, "refreshing": 0, "delivered": 1}


async def test_less_than_a_trade_costs_is_a_quota_used_up(autojump_clock: object) -> None:
    """Not an outage, for which one would try again and again until the new month."""
    async with headless_floor() as floor:
        await floor.create(quota=QuotaConfig(budget_per_month_micros=dollars("0.15")))
        await floor.trade()
        floor.services.leases.drop("agt_1")
        await floor.advance(1)

        with pytest.raises(QuotaExceeded, match="the metering service says"):
            await floor.trade()


async def test_a_lease_is_renewed_before_it_is_over(autojump_clock: object) -> None:
    """In half its time, by the first trade then, which does not wait for the service; nor does any after it."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        await floor.create()
        await floor.trade()
        await floor.advance(31)
        metering.gate = trio.Event()
        with trio.fail_after(1):
            await floor.trade()
            await floor.trade()
        asked = metering.calls.count("check_quota")
        metering.gate.set()
        await floor.advance(40)
        metering.gate = trio.Event()
        with trio.fail_after(1):
            await floor.trade()
        assert metering.calls.count("check_quota") == asked + 1


async def test_a_lease_that_cannot_be_renewed_goes_on_until_it_is_over(autojump_clock: object) -> None:
    """An outage in its second half goes unnoticed, and the renewal is tried again."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        await floor.advance(31)
        floor.around.metering.unavailable = True
        await floor.trade()
        await floor.advance(1)
        await floor.trade()
        await floor.advance(30)
        with pytest.raises(MeteringUnavailable):
            await floor.trade()
        floor.around.metering.unavailable = False
        await floor.trade()


async def test_many_trades_of_one_agent_have_its_lease_renewed(autojump_clock: object) -> None:
    """Before its calls are used up, when a quarter of them is left."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.advance(1)
        await floor.trade()
        clock, calls = floor.around.clock, floor.around.metering.calls
        for _ in range(LEASE_CALLS_MAX * 3 // 4 - 2):
            assert floor.services.leases.take("agt_1", clock.now_us())
        calls.clear()
        await floor.trade()
        await floor.trade()
        await floor.advance(1)
        assert calls.count("check_quota") == 1
        for _ in range(LEASE_CALLS_MAX - 1):
            assert floor.services.leases.take("agt_1", clock.now_us())


async def test_renewals_of_very_many_leases_take_turns(autojump_clock: object) -> None:
    """So many are asked for at once; whoever waits meanwhile for one of those leases shares what is asked already."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        agents = [(await floor.create()).agent_id for _ in range(REFRESHERS_MAX + 2)]
        await floor.advance(1)
        metering.gate, ref = trio.Event(), floor.system.ref(paths.METERING)
        async with trio.open_nursery() as nursery:
            for agent_id in (*agents, *agents):
                await ref.tell(RenewLease(agent_id))
            nursery.start_soon(ref.ask, TakeQuota(agents[0]))
            await wait_all_tasks_blocked()
            assert sorted(metering.at_the_gate) == sorted(agents[:REFRESHERS_MAX])
            metering.gate.set()
        await wait_all_tasks_blocked()
        assert sorted(metering.at_the_gate) == sorted(agents)
        assert all(agent_id in floor.services.leases for agent_id in agents)


async def test_waiting_askers_share_what_a_lease_holds(autojump_clock: object) -> None:
    """More askers than a small lease has calls: those it covers are granted, the others are told to come again."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        await floor.create(quota=QuotaConfig(api_calls=2))
        await floor.advance(1)
        metering.gate = trio.Event()
        outcomes: list[str] = []

        async def take() -> None:
            try:
                await floor.system.ref(paths.METERING).ask(TakeQuota("agt_1"))
            except MeteringUnavailable as error:
                outcomes.append(str(error))
            else:
                outcomes.append("granted")

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(take)
            await wait_all_tasks_blocked()
            metering.gate.set()
        assert sorted(outcomes) == ["granted", "granted", "metering is unavailable: the lease is used up already"]


async def test_outage_with_a_lease_left_goes_unnoticed(autojump_clock: object) -> None:
    """While the lease lasts trades go on; then they are refused; after the outage all usage arrives, once."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        floor.around.metering.unavailable = True
        await floor.advance(50)
        await floor.trade()
        await floor.advance(11)
        before = floor.book()
        with pytest.raises(MeteringUnavailable):
            await floor.trade()
        assert floor.book() is before
        floor.around.metering.unavailable = False
        await floor.advance(2)
        await floor.trade()
        await floor.advance(2)
        assert len(floor.around.metering.events) == 6
        report = await floor.system.ref(paths.METERING).ask(GetUsage("agt_1", "2026-02"))
        usage = floor.book().usage
        assert (report.total_calls, report.total_cost_micros) == (usage.api_calls, usage.spent_micros) == (3, 300_000)


async def test_lost_answer_is_delivered_again_and_counted_once(autojump_clock: object) -> None:
    """The service took the batch and the answer was lost: the second delivery changes nothing."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        await floor.create()
        metering.drops_answer = True
        await floor.trade()
        await floor.advance(5)
        assert metering.calls.count("ingest") == 2
        assert [event.api_calls for event in metering.events.values()] == [1, 0]


async def test_usage_that_comes_during_a_call_gathers_too(autojump_clock: object) -> None:
    """What is committed while a batch is on its way waits for the next interval, not for the answer alone."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        await floor.create()
        await floor.advance(1)
        metering.ingest_gate = trio.Event()
        await floor.trade()
        await floor.advance(1)
        await floor.trade()
        assert metering.calls.count("ingest") == 1
        metering.ingest_gate.set()
        await trio.sleep(GATHER_S / 2)
        assert metering.calls.count("ingest") == 1
        await trio.sleep(GATHER_S)
        assert metering.calls.count("ingest") == 2


async def test_usage_refused_for_good_stops_nothing(autojump_clock: object) -> None:
    """What the service will never take is left out; the rest of its batch arrives, and the facade goes on."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        await floor.create()
        await floor.create()
        await floor.advance(1)
        metering.refused = frozenset({"agt_1"})
        await floor.trade(agent_id="agt_1")
        await floor.trade(agent_id="agt_2")
        await floor.create(quota=QuotaConfig(api_calls=7))
        metering.refused = frozenset({"agt_1", "agt_3"})
        await floor.advance(60)
        assert {event.agent_id for event in metering.events.values()} == {"agt_2"}
        assert list(metering.limits) == ["agt_1", "agt_2"]
        assert not await floor.store.outbox(next(iter(floor.store._outbox)), 0, 10)
        assert (await floor.system.control.stats(paths.METERING)).restarts == 0


async def test_quota_used_up_at_the_service(autojump_clock: object) -> None:
    """Usage of other programs counts: when the service says no, the trade is refused until the new month."""
    async with headless_floor() as floor:
        await floor.create(quota=QuotaConfig(api_calls=1_000))
        event = UsageEvent("evt_other", "agt_1", "other", 1_000, 0, NOW_US)
        await floor.system.ref(paths.METERING).ask(IngestUsage((event,)))
        with pytest.raises(QuotaExceeded) as refused:
            await floor.trade()
        assert refused.value.reset_at_us == next_period_us(NOW_US)
        state = await floor.system.ref(paths.METERING).ask(CheckQuota("agt_1"))
        assert not state.allowed


async def test_unknown_quota_is_initialised(autojump_clock: object) -> None:
    """A service that has never heard of an agent is given its quota."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.advance(1)
        floor.around.metering.limits.clear()
        await floor.trade()
        assert floor.around.metering.limits == {"agt_1": QuotaLimits()}


async def test_lease_of_a_new_agent_outlives_the_delivery_of_its_quota(autojump_clock: object) -> None:
    """The first trade gives the service the quota ahead of the outbox; when that follows, the lease stays good."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        await floor.advance(1)
        assert floor.around.metering.calls.count("initialize_quota") == 2
        floor.around.metering.unavailable = True
        await floor.trade()
        assert floor.book().usage.api_calls == 2


async def test_changed_quota_ends_the_lease(autojump_clock: object) -> None:
    """A new quota reaches the service, and counts from then on."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        settings = AgentSettings("Test agent", 5, QuotaConfig(2_000, dollars(1_000)), None, None, None)
        await floor.system.ref(paths.agent("agt_1")).ask(ChangeSettings(settings, OWNER))
        await floor.advance(1)
        assert floor.around.metering.limits["agt_1"] == QuotaLimits(2_000, dollars(1_000))
        asked = floor.around.metering.calls.count("check_quota")
        await floor.trade()
        assert floor.around.metering.calls.count("check_quota") == asked + 1


async def test_refusals_reach_the_asker_and_harm_nobody(autojump_clock: object) -> None:
    """An outage, a malformed request, an unknown agent, a service that forgets: each is an answer, never a crash."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        await floor.create()
        await floor.advance(1)
        ref = floor.system.ref(paths.METERING)
        with pytest.raises(AgentNotFound):
            await ref.ask(CheckQuota("agt_9"))
        with pytest.raises(AgentNotFound):
            await ref.ask(TakeQuota("agt_9"))
        with pytest.raises(MeteringRefused):
            await ref.ask(GetUsage("agt_1", "2026"))
        metering.forgetful = True
        with pytest.raises(QuotaUnknown):
            await floor.trade()
        metering.forgetful = False
        metering.unavailable = True
        with pytest.raises(MeteringUnavailable):
            await ref.ask(CheckQuota("agt_1"))
        with pytest.raises(MeteringUnavailable):
            await ref.ask(IngestUsage((UsageEvent("evt_other", "agt_1", "other", 1, 0, NOW_US),)))
        metering.unavailable = False
        await floor.trade()
        assert (await floor.system.control.stats(paths.METERING)).restarts == 0


async def test_month_starts_anew(autojump_clock: object) -> None:
    """A quota that is used up at the end of a month is there again at the start of the next one."""
    end_us = next_period_us(NOW_US) - 30 * SECOND_US
    async with headless_floor(surroundings(end_us)) as floor:
        await floor.create(quota=QuotaConfig(api_calls=2))
        await floor.trade()
        await floor.trade()
        with pytest.raises(QuotaExceeded):
            await floor.trade()
        await floor.advance(31)
        await floor.trade()
        usage = floor.book().usage
        assert (usage.period, usage.api_calls) == ("2026-03", 1)
        floor.check()
