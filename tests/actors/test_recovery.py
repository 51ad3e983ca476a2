"""A floor that stops and starts again on the same storage: everything goes on where it was."""

import pytest
from trio.testing import wait_all_tasks_blocked

from actors import paths
from actors.lifecycle import AgentEvent
from actors.model import AgentStatus, TradeStatus
from supervisor.node import Status
from tests.actors.builders import NOW_US, SECOND_US, buy
from tests.actors.headless import headless_floor, surroundings
from tests.actors.scripted import SECOND


@pytest.mark.parametrize("step_s", [0, -3600, 120, 86_400])
async def test_pending_approval_expires_at_its_time_after_a_restart(autojump_clock: object, step_s: int) -> None:
    """Ten minutes by the clock on the wall, across a restart, wherever that clock was set meanwhile."""
    around = surroundings()
    async with headless_floor(around) as floor:
        await floor.create()
        held = await floor.trade(buy("TSLA", 500))
        await floor.advance(240)
    around.clock.step(step_s)
    async with headless_floor(around) as floor:
        await wait_all_tasks_blocked()
        left_s = (NOW_US + 600 * SECOND_US - around.clock.now_us()) / SECOND_US
        if left_s > 0:
            assert floor.portfolio().reserved_micros == held.reserved_micros
            await floor.advance(left_s - 0.001)
            assert floor.published_types() == []
            await floor.advance(0.002)
        assert floor.published_types() == ["oversight.expired"]
        assert floor.portfolio().reserved_micros == 0
        trade = await floor.store.trade("agt_1", held.trade_id)
        assert trade is not None
        assert trade.status is TradeStatus.EXPIRED
        floor.check()


async def test_pending_approval_is_approved_after_a_restart(autojump_clock: object) -> None:
    """What was reserved before is posted after."""
    around = surroundings()
    async with headless_floor(around) as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 500))
    async with headless_floor(around) as floor:
        await floor.decide()
        assert floor.portfolio().positions["TSLA"].quantity == 500
        assert floor.portfolio().reserved_micros == 0
        floor.check()


async def test_agents_come_back_as_they_were(autojump_clock: object) -> None:
    """An active one decides again by itself, a paused one has no task until it is asked, a deleted one is gone."""
    around = surroundings()
    async with headless_floor(around) as floor:
        await floor.create(strategy_name="second")
        await floor.create()
        await floor.create()
        await floor.change(AgentEvent.RESUME)
        await floor.change(AgentEvent.DELETE, "agt_3")
        await floor.trade(agent_id="agt_2")
        last_seq = floor.views.last_seq
    async with headless_floor(around) as floor:
        await floor.advance(5)
        assert len(SECOND.decided_us) >= 5
        assert floor.views.last_seq == last_seq
        assert floor.agent().status is AgentStatus.ACTIVE
        info = floor.system.control.info(paths.agent("agt_2"))
        assert (info.status, await floor.system.control.state(paths.agent("agt_2"))) == (Status.PASSIVE, {})
        assert not floor.system.exists(paths.home_of("agt_3"))
        await floor.trade(agent_id="agt_2")
        assert floor.portfolio("agt_2").positions["AAPL"].quantity == 20
        assert floor.published("agt_2")[0].type == "trade.created"


async def test_unfinished_stop_is_finished(autojump_clock: object) -> None:
    """An agent that was stopped and could not be liquidated is liquidated by itself: later, or at the next start."""
    around = surroundings()
    async with headless_floor(around) as floor:
        await floor.create()
        await floor.trade()
        await floor.create()
        await floor.trade(agent_id="agt_2")
        committed = around.store.commit

        async def only_the_status(batch: object) -> object:
            results = await committed(batch)  # type: ignore[arg-type]  # whatever the journal commits
            around.store.unavailable = True
            return results

        around.store.commit = only_the_status  # type: ignore[method-assign, assignment]  # the disk fills up just then
        stopped = await floor.change(AgentEvent.STOP)
        around.store.commit = committed  # type: ignore[method-assign]  # as it was
        assert stopped.status is AgentStatus.STOPPED
        assert floor.portfolio().positions
        await floor.advance(5)
        around.store.unavailable = False
        await floor.advance(2)
        assert not floor.portfolio().positions
        around.store.commit = only_the_status  # type: ignore[method-assign, assignment]  # once more
        await floor.change(AgentEvent.STOP, "agt_2")
    around.store.commit = committed  # type: ignore[method-assign]  # as it was
    around.store.unavailable = False
    async with headless_floor(around) as floor:
        await floor.advance(0)
        assert not floor.portfolio("agt_2").positions
        floor.check()


async def test_outbox_survives_a_restart(autojump_clock: object) -> None:
    """What could not be delivered before is delivered after, once."""
    around = surroundings()
    around.metering.unavailable = around.oversight.unavailable = True
    async with headless_floor(around) as floor:
        around.metering.unavailable = False
        await floor.create()
        await floor.trade()
        await floor.trade(buy("TSLA", 400))
        around.metering.unavailable = True
        await floor.advance(10)
    around.metering.unavailable = around.oversight.unavailable = False
    around.oversight.calls.clear()
    async with headless_floor(around) as floor:
        await floor.advance(5)
        assert len(around.metering.events) == 3
        assert len(around.oversight.requests) == 1
        assert around.oversight.calls == ["create", "status"]
