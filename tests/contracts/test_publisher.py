"""The contract of whoever hears what became true: every event of a trade once, in order, and every tick."""

import pytest

from actors.desk import resolve_approval
from actors.ports.journal import Commit, Committed
from actors.strategies.base import MarketView
from actors.views import MarketSnapshot
from simulations.bench.journal_actor import Nobody
from tests.actors.builders import (
    NOW_US,
    PRICES,
    TSLA_MICROS,
    a_book,
    a_decision,
    a_ticket,
    an_agent,
    buy,
    held_purchase,
    placed,
)
from tests.contracts.stages import Stage
from tests.persistence.commits import a_user, change, control, creation, enrolment

SNAPSHOT = MarketSnapshot(1, MarketView(NOW_US, PRICES), PRICES, 1.0)


async def follow(stage: Stage, commits: list[Commit]) -> list[tuple[int, str]]:
    """Commit, show in the views and publish, as the journal does; return the sequences and types of the events."""
    places = []
    for commit in commits:
        (result,) = await stage.store.commit([commit])
        assert isinstance(result, Committed)
        stage.views.publish(commit.agent, commit.book)
        stage.views.last_seq = stage.store.last_seq()
        stage.subject.publish(result.recorded, commit.agent, commit.book)
        places += [(record.seq, record.event.type) for record in result.recorded]
    return places


def tick(stage: Stage) -> None:
    """Show prices in the views and publish them, as the market does."""
    stage.views.market = SNAPSHOT
    stage.subject.publish_market(SNAPSHOT)


async def test_every_event_of_a_trade_is_heard_once_and_in_order(publisher: Stage) -> None:
    """Those of a trade that fills, and of one that waits, is approved, and fills."""
    held = held_purchase()
    filled = placed(held.book, buy(), a_ticket(2))
    decided = resolve_approval(filled.book, an_agent(), "ovr_1", a_decision(), TSLA_MICROS)
    tick(publisher)

    places = await follow(
        publisher,
        [creation(an_agent()), change(an_agent(), held), change(an_agent(), filled), change(an_agent(), decided)],
    )

    expected = [seq for seq, kind in places if kind.startswith("trade.")]
    assert publisher.heard() == expected
    assert len(expected) == 4


async def test_what_changes_no_book_is_taken_too(publisher: Stage) -> None:
    """A person and an operator's action; nothing of a trade is heard of them."""
    await follow(publisher, [enrolment(a_user()), control()])

    assert publisher.heard() == []


@pytest.mark.parametrize("ticks", [0, 3])
async def test_every_tick_is_heard(publisher: Stage, ticks: int) -> None:
    """The same prices again are a tick, too."""
    for _ in range(ticks):
        tick(publisher)

    assert publisher.ticks() == ticks


async def test_nobody_takes_everything() -> None:
    """A publisher whom nobody listens to raises nothing."""
    Nobody().publish((), None, a_book())
    Nobody().publish_market(SNAPSHOT)
