"""The facade of metering: quotas used up, usage that arrives once, and what the service refuses."""

import pytest
import trio
from attrs import evolve

from actors import paths
from actors.errors import AgentNotFound, QuotaExceeded
from actors.messages import AgentSettings, ChangeSettings, CheckQuota, GetUsage, IngestUsage, TakeQuota
from actors.metering import GATHER_S
from actors.model import QuotaConfig
from actors.money import dollars
from actors.ports.metering import (
    MeteringRefused,
    MeteringUnavailable,
    QuotaLimits,
    QuotaUnknown,
    UsageEvent,
)
from actors.ports.periods import next_period_us
from tests.actors.builders import NOW_US, OWNER, SECOND_US
from tests.actors.headless import headless_floor, surroundings
from tests.fakes.metering import PickyMetering


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
            await ref.ask(CheckQuota("agt_1"))
        with pytest.raises(MeteringUnavailable, match="it does not say what is left: no quota for agent agt_1"):
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
