"""A portfolio at two moments is what the events up to each lead to."""

from collections.abc import Iterator, Sequence

import pytest
from attrs import evolve

from actors.book import StreamBroken, replay
from actors.events import AgentCreated, AgentStatusChanged, AgentUpdated, ControlAction, Event, Recorded
from actors.model import FLOOR, AgentStatus, TradeStatus
from actors.passage import TRADES_MAX, Passage, Replaying
from tests.actors.builders import NOW_US, a_book, a_ticket, an_agent, buy, held_purchase, placed

AGENT = an_agent()
CREATED = AgentCreated(AGENT)


def purchase(number: int, quantity: int = 1) -> Sequence[Event]:
    """Return the events of one purchase."""
    return placed(a_book(), buy(quantity=quantity), a_ticket(trade_id=f"trd_{number}")).events


def recorded(events: Sequence[Event]) -> Iterator[Recorded]:
    """Yield events in their places, at every other sequence: others have the ones between."""
    for number, event in enumerate(events, 1):
        yield Recorded(2 * number, AGENT.agent_id, number, NOW_US + number, None, FLOOR, event)


def passage(events: Sequence[Event], from_seq: int) -> Passage | None:
    """Replay events around a moment."""
    replaying = Replaying(from_seq)
    for place in recorded(events):
        replaying.add(place)
    return replaying.passage()


def test_both_moments_are_what_the_log_leads_to() -> None:
    """The one before without what came later."""
    renamed = AgentUpdated(evolve(AGENT, name="Renamed"))
    events = [CREATED, *purchase(1), renamed, *purchase(2)]

    found = passage(events, 9)

    assert found is not None
    assert found.before is not None
    assert (found.before.seq, found.before.at_us) == (8, NOW_US + 4)
    assert (found.before.agent, found.before.book) == replay(events[:4])
    assert (found.after.agent, found.after.book) == replay(events)
    assert found.events == 2


def test_a_trade_that_was_open_before_shows_what_it_was() -> None:
    """And one that began meanwhile had nothing before."""
    held = held_purchase().events
    found = passage([CREATED, *held, *purchase(2)], 4)

    assert found is not None
    first, second = found.trades
    assert (first.before, first.after.status) == (held[0].trade, TradeStatus.PENDING_APPROVAL)  # type: ignore[union-attr]
    assert (second.before, second.after.status) == (None, TradeStatus.COMPLETED)
    assert found.trades_total == 2


def test_before_its_first_event_there_was_nothing() -> None:
    """Nor is there anything to tell of an agent without events."""
    found = passage([CREATED, AgentStatusChanged(evolve(AGENT, status=AgentStatus.PAUSED))], 1)

    assert found is not None
    assert (found.before, found.events, found.trades) == (None, 2, ())
    assert passage([], 1) is None


def test_of_many_trades_the_last_are_kept() -> None:
    """All are counted."""
    found = passage([CREATED, *(event for number in range(TRADES_MAX + 5) for event in purchase(number))], 0)

    assert found is not None
    assert found.trades_total == TRADES_MAX + 5
    assert [change.after.trade_id for change in found.trades] == [f"trd_{n}" for n in range(5, TRADES_MAX + 5)]


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (list(purchase(1)), "starts with agent.created, not trade.created"),
        ([CREATED, CREATED], "agent.created has no place in an agent's stream"),
        ([CREATED, ControlAction("pause", "/", "why", 1)], "control.action has no place in an agent's stream"),
    ],
)
def test_what_cannot_have_happened_is_refused(events: list[Event], message: str) -> None:
    """A stream that is broken leads to no state."""
    with pytest.raises(StreamBroken, match=message):
        passage(events, 0)
