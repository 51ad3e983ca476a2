"""The running floor as the target of a load: shots become requests of the crew's accounts and sockets."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
import orjson
import trio
from attrs import frozen

from simulations.load.crew import Crew, market_order
from simulations.load.plan import Call, Plan, Shot
from simulations.load.sockets import CHANNELS_MAX, LoadSocket
from simulations.load.tally import Failure, Tally

ORDER_SHARES: Final = 1


@frozen
class FloorTarget:
    """Turns shots into requests that were put together beforehand.

    ``reads`` and ``sockets`` (which may be none) hold one of each for every agent, by its number; ``trades`` a purchase
    and a sale.
    """

    crew: Crew
    reads: Sequence[httpx.Request]
    trades: Sequence[tuple[httpx.Request, httpx.Request]]
    sockets: Sequence[LoadSocket]

    async def fire(self, shot: Shot) -> Failure | None:
        """Send a request and wait for its answer; return what was wrong with it, if anything."""
        if shot.call is Call.READS:
            return await self.crew.api.fire(self.reads[shot.agent])
        if shot.call is Call.TRADES:
            return await self.crew.api.fire(self.trades[shot.agent][shot.is_sale])
        agent_id = self.crew.agents[shot.agent].agent_id
        order = market_order(self.crew.symbol, ORDER_SHARES, is_sale=shot.is_sale)
        return await self.sockets[shot.agent].trade(shot.number, agent_id, order)


@asynccontextmanager
async def open_target(
    crew: Crew, plan: Plan, tally: Tally, now_us: Callable[[], int], timeout_s: float
) -> AsyncIterator[FloorTarget]:
    """Connect the sockets of a load; each agent has one, which hears what becomes of its trades."""
    shared = _shared_out(crew, plan.sockets)
    by_agent: dict[int, LoadSocket] = {}
    async with trio.open_nursery() as nursery:
        for numbers in shared:
            socket = LoadSocket(crew.api.url, tally, now_us, timeout_s)
            by_agent |= dict.fromkeys(numbers, socket)
            first = crew.agents[numbers[0]]
            agent_ids = [crew.agents[number].agent_id for number in numbers]
            await nursery.start(socket.listen, crew.accounts[first.account].token, agent_ids)
        sockets = [by_agent[number] for number in range(len(crew.agents))] if by_agent else []
        yield FloorTarget(crew, _reads(crew), _trades(crew), sockets)
        nursery.cancel_scope.cancel()


def _reads(crew: Crew) -> list[httpx.Request]:
    return [
        crew.api.prepared("GET", f"/api/v1/agents/{agent.agent_id}/portfolio", crew.accounts[agent.account])
        for agent in crew.agents
    ]


def _trades(crew: Crew) -> list[tuple[httpx.Request, httpx.Request]]:
    buy, sell = (orjson.dumps(market_order(crew.symbol, ORDER_SHARES, is_sale=is_sale)) for is_sale in (False, True))
    made = []
    for agent in crew.agents:
        path, account = f"/api/v1/agents/{agent.agent_id}/trades", crew.accounts[agent.account]
        made.append((crew.api.prepared("POST", path, account, buy), crew.api.prepared("POST", path, account, sell)))
    return made


def _shared_out(crew: Crew, sockets: int) -> list[list[int]]:
    """Share the agents out among sockets, as evenly as accounts and the floor's limit of channels allow."""
    if sockets == 0:
        return []
    shares: list[list[int]] = []
    for account in range(len(crew.accounts)):
        numbers = [number for number, agent in enumerate(crew.agents) if agent.account == account]
        wanted = max(-(-sockets // len(crew.accounts)), -(-len(numbers) // CHANNELS_MAX))
        shares += [numbers[start::wanted] for start in range(min(wanted, len(numbers)))]
    return shares
