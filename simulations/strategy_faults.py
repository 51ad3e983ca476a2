"""Strategies that crash because a scenario lets them: each raises while a fault lasts, and decides as ever else."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import trio
from attrs import frozen

from actors import paths
from actors.lifecycle import AgentEvent
from actors.messages import ChangeStatus, ReviveAgent
from actors.model import Agent, AgentStatus
from actors.services import registered_strategy
from actors.strategies.base import Intent, MarketView, PortfolioView, Strategy, StrategyConfig, Wake
from actors.views import FloorViews
from simulations.population import OWNER, members
from simulations.scenario import Fault, Scenario
from simulations.streams import Purpose, stream
from supervisor import ActorSystem, Refusal

AGAIN_S = 1.0
"""How soon an operator tries again to resume an agent that could not be."""


class StrategyCrash(RuntimeError):
    """What a strategy raises while the scenario lets it."""


@frozen
class Faltering:
    """Implements `actors.strategies.base.Strategy` on another one, and raises while that is said to crash."""

    strategy: Strategy
    crashes: Callable[[], bool]

    def decide(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> tuple[Intent, ...]:
        """Decide as the strategy does, or crash."""
        if self.crashes():
            raise StrategyCrash("the scenario lets the strategy crash")
        return self.strategy.decide(market, portfolio, rng)

    def wake(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> Wake:
        """Wait for what the strategy waits for."""
        return self.strategy.wake(market, portfolio, rng)


class StrategyFaults:
    """Makes the strategies of a run, and has them crash when the scenario says so."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._crashing: Counter[str] = Counter()

    def make(self, agent: Agent, config: StrategyConfig) -> Strategy:
        """Return the strategy of an agent, which may crash."""
        return Faltering(registered_strategy(agent, config), lambda: self._crashing[agent.agent_id] > 0)

    async def cause(self, number: int, views: FloorViews, system: ActorSystem) -> None:
        """Have the fault of this number, at its time; where it says so, resume whom it had set aside."""
        fault = self._scenario.faults[number]
        struck = [agent_id for agent_id in self._struck(fault, number) if agent_id in views.agents]
        await trio.sleep(fault.at)
        self._crashing.update(struck)
        await trio.sleep(fault.lasts)
        self._crashing.subtract(struck)
        if fault.resumed_after is not None:
            await trio.sleep(fault.resumed_after)
            for agent_id in struck:
                if views.agent(agent_id).status is AgentStatus.FAILED:
                    await _resume(agent_id, system)

    def _struck(self, fault: Fault, number: int) -> list[str]:
        """Draw whom a fault strikes, the same agents whatever else happens in the run, and on whatever floors."""
        drawn = stream(self._scenario.seed, Purpose.FAULTS, number).random(self._scenario.agents)
        return [
            agent_id
            for (agent_id, group), chance in zip(members(self._scenario), drawn.tolist(), strict=True)
            if (not fault.groups or group in fault.groups) and chance < fault.share
        ]


async def _resume(agent_id: str, system: ActorSystem) -> None:
    while True:
        try:
            await system.ref(paths.FLOOR).ask(ReviveAgent(agent_id))
            await system.ref(paths.agent(agent_id)).ask(ChangeStatus(AgentEvent.RESUME, OWNER))
        except Refusal:
            await trio.sleep(AGAIN_S)
        else:
            return
