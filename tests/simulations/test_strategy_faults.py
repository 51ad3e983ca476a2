"""Strategies that a scenario lets crash: whom it strikes, who is set aside, and who is resumed."""

import numpy as np
from attrs import evolve

from actors.model import AgentStatus
from actors.services import Services
from simulations.floors import simulate
from simulations.result import RunResult
from simulations.scenario import load, parse, with_settings
from supervisor import ActorSystem
from tests.simulations.runs import OUTSIDE

AGENTS = "population=[{count=8, name='struck', strategy='aggressive'}, {count=4, name='spared', strategy='balanced'}]"
SHORT = ("time.days=0.5", "time.tick='10m'", "time.review='30m'", AGENTS)


def run(fault: str) -> tuple[RunResult, list[AgentStatus]]:
    """Run twelve agents for half a day under one fault; return the result, and how the agents stood at the end."""
    statuses: list[AgentStatus] = []

    async def look(_system: ActorSystem, services: Services) -> None:
        statuses.extend(agent.status for agent in services.views.agents.values())

    document = with_settings(
        load("quickstart"), [*SHORT, f"faults=[{{kind='strategy', at='2h', lasts='2h', {fault}}}]"]
    )
    return simulate(parse(document), evolve(OUTSIDE, at_end=look)), statuses


def test_a_strategy_that_keeps_raising_is_set_aside() -> None:
    """In the groups that the fault names; the others trade on."""
    result, statuses = run("groups=['struck']")

    assert result.set_aside.tolist() == [1] * 8 + [0] * 4
    assert statuses == [AgentStatus.FAILED] * 8 + [AgentStatus.ACTIVE] * 4
    assert (result.trades.submitted_at_us[result.trades.agent < 8] < result.sampled_at_us[0] + 7_200_000_000).all()


def test_who_was_set_aside_is_resumed_when_the_scenario_says_so() -> None:
    """And trades by its strategy again."""
    result, statuses = run("groups=['struck'], resumed_after='1h'")

    assert result.set_aside.tolist() == [1] * 8 + [0] * 4
    assert set(statuses) == {AgentStatus.ACTIVE}


def test_a_share_of_the_agents_is_struck_and_always_the_same_ones() -> None:
    """Of all groups, when none is named."""
    once, again = run("share=0.5")[0], run("share=0.5")[0]

    assert 0 < once.set_aside.sum() < 12
    assert np.array_equal(once.set_aside, again.set_aside)
    assert once.digest == again.digest
