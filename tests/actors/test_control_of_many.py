"""Two thousand agents are paused and resumed while messages come in, without loss."""

import pytest
import trio
from trio.testing import MockClock

from actors import paths
from actors.model import StrategyKind, Trade, TradeStatus
from tests.actors.builders import an_agent
from tests.actors.headless import HeadlessFloor, headless_floor, surroundings
from tests.persistence.commits import creation

AGENTS = 2_000
TRADERS = 50
IDS = [f"agt_{number}" for number in range(AGENTS)]


@pytest.mark.no_cover
async def test_many_agents_rest_and_go_on(autojump_clock: MockClock) -> None:
    """Prices go on meanwhile, mailboxes keep what arrives, and all of it is handled afterwards."""
    around = surroundings()
    await around.store.commit(
        [creation(an_agent(agent_id=agent_id, strategy=StrategyKind.CUSTOM), deliveries=()) for agent_id in IDS]
    )
    async with headless_floor(around) as floor:
        control = floor.system.control
        assert await control.pause(paths.AGENTS) == 2 * AGENTS
        trades: list[Trade] = []
        async with trio.open_nursery() as nursery:
            for agent_id in IDS[:TRADERS]:
                nursery.start_soon(trade, floor, agent_id, trades)
            tick = floor.views.market.tick
            await floor.advance(3.0)
            assert floor.views.market.tick >= tick + 2
            assert trades == []
            assert (await control.stats(paths.AGENTS)).queued == TRADERS
            assert await control.resume(paths.AGENTS) == 2 * AGENTS
        assert [trade.status for trade in trades] == [TradeStatus.COMPLETED] * TRADERS
        floor.check()


async def trade(floor: HeadlessFloor, agent_id: str, trades: list[Trade]) -> None:
    """Buy something, and keep what became of it."""
    trades.append(await floor.trade(agent_id=agent_id))
