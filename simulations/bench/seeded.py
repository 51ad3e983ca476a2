"""A floor's database with very many agents in it, written before it starts: making them one by one takes minutes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import trio

from actors.book import open_book
from actors.events import AgentCreated
from actors.model import Agent, AgentStatus, Principal, QuotaConfig, Role, StrategyKind
from actors.money import dollars
from actors.ports.journal import Commit, QuotaDelivery
from actors.ports.metering import QuotaLimits
from persistence.store import SqliteStore, open_store

CREATED_AT_US: Final = 1_767_225_600_000_000
"""2026-01-01: any moment in the past will do."""

BATCH: Final = 1_000
OWNER: Final = Principal("usr_benchmark", "Benchmark", Role.TRADER)
STRATEGIES: Final = (StrategyKind.BALANCED, StrategyKind.AGGRESSIVE, StrategyKind.CONSERVATIVE)


def seed(path: Path, agents: int, trading: int, status: AgentStatus) -> Sequence[str]:
    """Write a database with so many agents, the first `trading` of which trade by themselves, and return their ids.

    The others are driven from outside. Every agent is two actors.
    """
    made = [_agent(number, status, trades=number < trading) for number in range(agents)]
    store = open_store(path)
    try:
        trio.run(_commit, store, made)
    finally:
        store.close()
    return [agent.agent_id for agent in made]


async def _commit(store: SqliteStore, made: Sequence[Agent]) -> None:
    for start in range(0, len(made), BATCH):
        await store.commit([_creation(agent) for agent in made[start : start + BATCH]])


def _agent(number: int, status: AgentStatus, *, trades: bool) -> Agent:
    return Agent(
        agent_id=f"agt_{number:024x}",
        user_id=OWNER.user_id,
        name=f"Agent {number}",
        strategy=STRATEGIES[number % len(STRATEGIES)] if trades else StrategyKind.CUSTOM,
        status=status,
        risk_tolerance=1 + number % 10,
        initial_budget_micros=dollars(50_000),
        quota=QuotaConfig(),
        created_at_us=CREATED_AT_US,
        updated_at_us=CREATED_AT_US,
    )


def _creation(agent: Agent) -> Commit:
    return Commit(
        stream=agent.agent_id,
        at_us=CREATED_AT_US,
        principal=OWNER,
        correlation_id=None,
        events=(AgentCreated(agent),),
        agent=agent,
        book=open_book(agent),
        deliveries=(QuotaDelivery(agent.agent_id, QuotaLimits()),),
    )
