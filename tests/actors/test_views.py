"""Readers see the last committed state, whole, and keep what they have seen."""

import pytest

from actors.book import Book
from actors.errors import AgentNotFound, UnknownSymbol
from actors.model import Approval
from actors.strategies.base import MarketView
from actors.views import NO_MARKET, FloorViews, MarketSnapshot
from tests.actors.builders import AAPL_MICROS, NOW_US, PRICES, a_book, an_agent, an_approval, held_purchase

SNAPSHOT = MarketSnapshot(tick=7, view=MarketView(NOW_US, PRICES), opens=PRICES, ticks_per_year=1_000_000.0)


def _book_with(*approvals: Approval) -> Book:
    return a_book(approvals={approval.request_id: approval for approval in approvals})


def test_a_snapshot_knows_its_prices_and_their_time() -> None:
    """Prices are those of one tick."""
    assert SNAPSHOT.price("AAPL") == AAPL_MICROS
    assert SNAPSHOT.prices == PRICES
    assert SNAPSHOT.at_us == NOW_US


def test_an_unknown_symbol_is_answered_with_the_known_ones() -> None:
    """Who asked for the wrong one can pick another."""
    with pytest.raises(UnknownSymbol, match="DOGE is not listed; the market has AAPL, TSLA"):
        SNAPSHOT.price("DOGE")


def test_the_floor_begins_with_nothing() -> None:
    """Before the first tick and the first agent there is nothing to read."""
    views = FloorViews()

    assert views.market is NO_MARKET
    assert views.last_seq == 0
    assert list(views.agents_of("usr_owner")) == []
    assert views.pending_approvals() == 0
    assert views.agent_of_request("ovr_1") is None
    with pytest.raises(AgentNotFound, match="there is no agent agt_1"):
        views.agent("agt_1")
    with pytest.raises(AgentNotFound, match="there is no agent agt_1"):
        views.book("agt_1")


def test_what_is_published_is_read() -> None:
    """An agent and its book may come together or one by one; what is not given stays."""
    views, renamed, book = FloorViews(), an_agent(name="Renamed"), held_purchase().book

    views.publish(an_agent(), a_book())
    views.publish(renamed, None)
    views.publish(None, book)

    assert views.agent("agt_1") is renamed
    assert views.book("agt_1") is book


def test_a_users_agents_are_listed_in_the_order_they_were_made() -> None:
    """A change does not move an agent, and another user's are not among them."""
    views = FloorViews()
    first, second = an_agent(agent_id="agt_1"), an_agent(agent_id="agt_2")
    for agent in (first, second, an_agent(agent_id="agt_3", user_id="usr_other")):
        views.publish(agent, None)
    renamed = an_agent(agent_id="agt_1", name="Renamed")

    views.publish(renamed, None)

    assert list(views.agents_of("usr_owner")) == [renamed, second]


def test_traded_shares_are_counted_until_they_are_taken() -> None:
    """By symbol; whoever takes them leaves nothing."""
    views = FloorViews()
    for symbol, quantity in (("AAPL", 3), ("TSLA", 1), ("AAPL", 4)):
        views.count_traded(symbol, quantity)

    assert views.take_traded() == {"AAPL": 7, "TSLA": 1}
    assert views.take_traded() == {}


def test_pending_approvals_are_found_by_their_id() -> None:
    """An approval is found from the commit that asked for it to the one that resolved it."""
    views = FloorViews()
    one, two, three = (an_approval(request_id=f"ovr_{number}") for number in (1, 2, 3))

    views.publish(None, _book_with(one, two))
    assert (views.agent_of_request("ovr_1"), views.pending_approvals()) == ("agt_1", 2)

    views.publish(None, _book_with(two, three))
    assert views.agent_of_request("ovr_1") is None
    assert (views.agent_of_request("ovr_2"), views.agent_of_request("ovr_3")) == ("agt_1", "agt_1")
    assert views.pending_approvals() == 2


def test_approvals_of_several_agents_stand_side_by_side() -> None:
    """What one agent resolves does not touch another's."""
    views = FloorViews()
    other = a_book(an_agent(agent_id="agt_2"), approvals={"ovr_9": an_approval(request_id="ovr_9", agent_id="agt_2")})
    views.publish(None, _book_with(an_approval()))
    views.publish(None, other)

    views.publish(None, a_book())

    assert views.agent_of_request("ovr_9") == "agt_2"
    assert views.pending_approvals() == 1


def test_a_book_with_the_same_approvals_keeps_them_indexed() -> None:
    """A trade that asks nobody leaves the index as it is."""
    views, book = FloorViews(), _book_with(an_approval())
    views.publish(None, book)

    views.publish(None, a_book(approvals=book.approvals))

    assert views.agent_of_request("ovr_1") == "agt_1"
