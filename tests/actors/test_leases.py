"""The leases of quotas: trades take from them without a call, and they are renewed before they are over."""

import pytest
import trio
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from actors import paths
from actors.errors import QuotaExceeded
from actors.messages import GetUsage, RenewLease, TakeQuota
from actors.metering import LEASE_CALLS_MAX, REFRESHERS_MAX, RENEWERS_MAX
from actors.model import QuotaConfig
from actors.money import dollars
from actors.ports.metering import (
    MeteringUnavailable,
)
from tests.actors.headless import headless_floor, surroundings
from tests.fakes.metering import PickyMetering


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


async def test_leases_that_many_wait_for_are_taken_out_in_turn(autojump_clock: object) -> None:
    """So many are asked for at once."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        agents = [(await floor.create()).agent_id for _ in range(REFRESHERS_MAX + 2)]
        await floor.advance(1)
        metering.gate, ref = trio.Event(), floor.system.ref(paths.METERING)
        async with trio.open_nursery() as nursery:
            for agent_id in (*agents, *agents):
                nursery.start_soon(ref.ask, TakeQuota(agent_id))
            await wait_all_tasks_blocked()
            assert len(metering.at_the_gate) == REFRESHERS_MAX
            metering.gate.set()
        assert sorted(metering.at_the_gate) == sorted(agents)


async def test_who_waits_for_a_lease_does_not_stand_behind_a_wave_of_renewals(autojump_clock: object) -> None:
    """Few renewals are under way at once; an agent among those to come is taken at once when somebody waits for it."""
    around = surroundings()
    metering = PickyMetering(around.clock.now_us)
    async with headless_floor(evolve(around, metering=metering)) as floor:
        agents = [(await floor.create()).agent_id for _ in range(RENEWERS_MAX + 4)]
        under_way, (*others, without_lease, in_the_wave) = agents[:RENEWERS_MAX], agents[RENEWERS_MAX:]
        await floor.advance(1)
        metering.gate, ref = trio.Event(), floor.system.ref(paths.METERING)
        async with trio.open_nursery() as nursery:
            for agent_id in (*under_way, *others, in_the_wave, *under_way, *others):
                await ref.tell(RenewLease(agent_id))
            await wait_all_tasks_blocked()
            assert sorted(metering.at_the_gate) == sorted(under_way)
            for agent_id in (without_lease, in_the_wave, in_the_wave, under_way[0]):
                nursery.start_soon(ref.ask, TakeQuota(agent_id))
            await wait_all_tasks_blocked()
            assert sorted(metering.at_the_gate) == sorted((*under_way, without_lease, in_the_wave))
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
