"""A program that commits trades until it is killed, and prints the id of each trade once it is durable."""

import sys
from pathlib import Path

import trio

from actors.book import open_book
from persistence.store import open_store
from tests.actors.builders import a_ticket, an_agent, buy, placed
from tests.persistence.commits import change, creation

AGENTS = 8


async def main(path: Path) -> None:
    """Commit one trade of each agent in every batch, for as long as the agents' quotas last."""
    store = open_store(path)
    known = {agent.agent_id: (agent, book) for agent, book in store.agents()}
    for number in range(AGENTS):
        agent = an_agent(agent_id=f"agt_{number}")
        if agent.agent_id not in known:
            await store.commit([creation(agent)])
            known[agent.agent_id] = (agent, open_book(agent))
    while True:
        first = store.last_seq()
        batch = []
        for number, (agent, book) in enumerate(known.values()):
            ticket = a_ticket(trade_id=f"trd_{first}_{number}", price_micros=1_000_000)
            outcome = placed(book, buy(quantity=1), ticket, agent=agent)
            known[agent.agent_id] = (agent, outcome.book)
            batch.append(change(agent, outcome))
        await store.commit(batch)
        sys.stdout.writelines(f"trd_{first}_{number}\n" for number in range(len(batch)))
        sys.stdout.flush()


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]))
