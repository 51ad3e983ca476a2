"""The contract of what a start finds."""

from actors.model import AgentStatus
from tests.actors.builders import (
    NOW_US,
    a_book,
    a_ticket,
    an_agent,
    buy,
    placed,
    sell,
)
from tests.contracts.stages import Storage
from tests.persistence.commits import AGENT, OTHER, change, creation, held, status_change


async def test_a_start_finds_agents_books_and_prices(recovery: Storage) -> None:
    """With open trades and pending approvals, and without those that are deleted."""
    outcome = await held(recovery.writes)
    gone = an_agent(agent_id="agt_0")
    sold = placed(outcome.book, buy(), a_ticket(7))
    sold = placed(sold.book, sell(quantity=4), a_ticket(8))
    await recovery.writes.commit(
        [creation(OTHER), creation(gone), status_change(gone, AgentStatus.DELETED), change(AGENT, sold)]
    )
    await recovery.writes.save_prices({"TSLA": 1, "AAPL": 2}, NOW_US)
    await recovery.writes.save_prices({"TSLA": 3}, NOW_US)

    assert list(recovery.starts.agents()) == [(AGENT, sold.book), (OTHER, a_book(OTHER))]
    assert dict(recovery.starts.prices()) == {"AAPL": 2, "TSLA": 3}
    await recovery.reads.check()


async def test_an_empty_floor_has_nothing_to_recover(recovery: Storage) -> None:
    """The first start."""
    assert (list(recovery.starts.agents()), dict(recovery.starts.prices()), recovery.starts.last_seq()) == ([], {}, 0)
    assert list(await recovery.writes.commit([])) == []
