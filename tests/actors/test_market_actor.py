"""The market: a grid of ticks, wake conditions, prices that outlive it."""

import pytest
from trio.testing import wait_all_tasks_blocked

from actors import paths
from actors.bands import Band
from actors.lifecycle import AgentEvent
from actors.messages import AwaitMove, CancelAwait
from actors.model import AgentStatus
from actors.money import dollars
from actors.strategies.base import Wake
from tests.actors.builders import AAPL_MICROS, DAY_US, NOW_US, SECOND_US
from tests.actors.headless import headless_floor, surroundings
from tests.actors.scripted import FIRST


async def test_ticks_on_a_grid(autojump_clock: object) -> None:
    """One tick a period, each published once the views show it; prices are kept every few seconds."""
    async with headless_floor() as floor:
        await wait_all_tasks_blocked()
        assert floor.publisher.ticks == floor.views.market.tick == 1
        floor.around.prices.set("AAPL", "151")
        await floor.advance(10.5)
        assert floor.publisher.ticks == floor.views.market.tick == 11
        assert floor.views.market.at_us == NOW_US + 10 * SECOND_US
        assert floor.views.market.prices["AAPL"] == dollars(151)
        assert floor.store.prices()["AAPL"] == dollars(151)
        state = await floor.system.control.state(paths.MARKET)
        assert state == {"tick": 11, "prices_micros": floor.views.market.prices, "waiting": 0, "woken": 0}


async def test_missed_ticks_are_left_out(autojump_clock: object) -> None:
    """A market that was paused goes on with the next tick, and does not make up for those it missed."""
    async with headless_floor() as floor:
        await floor.advance(1.5)
        await floor.system.control.pause(paths.MARKET)
        await floor.advance(60)
        ticks = floor.publisher.ticks
        await floor.system.control.resume(paths.MARKET)
        await wait_all_tasks_blocked()
        assert floor.publisher.ticks == ticks + 1
        await floor.advance(2.5)
        assert floor.publisher.ticks == ticks + 3


async def test_a_clock_set_back_keeps_nobody_waiting(autojump_clock: object) -> None:
    """A strategy that set its time by a clock a day ahead looks again soon; prices are kept meanwhile."""
    async with headless_floor() as floor:
        floor.around.clock.step(DAY_US // SECOND_US)
        await floor.advance(1)
        await floor.create(strategy_name="first")
        FIRST.wakes = lambda market: Wake(at_us=market.now_us + 10 * SECOND_US)
        await floor.change(AgentEvent.RESUME)
        await floor.advance(5)
        assert len(FIRST.decided_us) == 1
        floor.around.clock.step(-DAY_US // SECOND_US)
        floor.around.prices.set("AAPL", "151")
        await floor.advance(8)
        assert len(FIRST.decided_us) == 2
        assert floor.store.prices()["AAPL"] == dollars(151)


async def test_agent_is_woken_by_its_band_only(autojump_clock: object) -> None:
    """Inside its band an agent rests; at the edge it decides, once."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        FIRST.wakes = lambda market: Wake((Band("AAPL", market.prices["AAPL"] - 10_000),))
        await floor.change(AgentEvent.RESUME)
        await floor.advance(10)
        assert len(FIRST.decided_us) == 1
        floor.around.prices.set("AAPL", "150.20")
        await floor.advance(10)
        assert len(FIRST.decided_us) == 2
        await floor.change(AgentEvent.PAUSE)
        floor.around.prices.set("AAPL", "120")
        await floor.advance(10)
        assert len(FIRST.decided_us) == 2


async def test_crash_of_the_market_loses_no_wake_condition_for_good(autojump_clock: object) -> None:
    """After a crash the last prices stand, the ticks go on, and active agents are woken to say anew what they await."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        await floor.create()
        await floor.change(AgentEvent.RESUME)
        FIRST.wakes = lambda market: Wake((Band("AAPL", market.prices["AAPL"] - 10_000),))
        await floor.advance(3)
        floor.around.prices.failures = 1
        await floor.advance(3)
        assert (await floor.system.control.stats(paths.MARKET)).restarts == 1
        assert floor.views.market.prices["AAPL"] == AAPL_MICROS
        decided = len(FIRST.decided_us)
        floor.around.prices.set("AAPL", "150.20")
        await floor.advance(3)
        assert len(FIRST.decided_us) == decided + 1


async def test_day_begins_with_its_first_price(autojump_clock: object) -> None:
    """The change of the day counts from the first tick after midnight UTC."""
    around = surroundings(NOW_US // DAY_US * DAY_US + DAY_US - 10 * SECOND_US)
    async with headless_floor(around) as floor:
        await floor.advance(5)
        around.prices.set("AAPL", "160")
        await floor.advance(4)
        assert floor.views.market.opens["AAPL"] == AAPL_MICROS
        await floor.advance(3)
        assert floor.views.market.opens["AAPL"] == dollars(160)


async def test_full_mailbox_of_an_agent_is_told_again(autojump_clock: object) -> None:
    """An agent whose mailbox is full is woken at a later tick; the market never waits for it."""
    async with headless_floor() as floor:
        await floor.create(strategy_name="first")
        await floor.change(AgentEvent.RESUME)
        await floor.advance(2.5)
        path = paths.agent("agt_1")
        await floor.system.control.pause(path)
        for _ in range(1024 - floor.system.control.info(path).queued):
            floor.system.ref(path).tell_nowait(CancelAwait("agt_1"))
        await floor.advance(5)
        asked = len(FIRST.decided_us)
        await floor.system.control.resume(path)
        await floor.advance(3)
        assert len(FIRST.decided_us) > asked
        assert floor.agent().status is AgentStatus.ACTIVE


@pytest.mark.parametrize("agent_id", ["agt_1", "agt_7"])
async def test_cancelled_wait_wakes_nobody(agent_id: str, autojump_clock: object) -> None:
    """An agent that rests is not woken; one that never waited may rest, too."""
    async with headless_floor() as floor:
        market = floor.system.ref(paths.MARKET)
        await market.tell(AwaitMove("agt_1", (), NOW_US))
        await market.tell(CancelAwait(agent_id))
        await floor.advance(3)
        state = await floor.system.control.state(paths.MARKET)
        assert state["woken"] == (0 if agent_id == "agt_1" else 1)
