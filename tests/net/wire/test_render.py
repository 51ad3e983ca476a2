"""Entities as JSON."""

import orjson
import pytest
from attrs import evolve

from actors.book import open_book
from actors.errors import UnknownSymbol
from actors.ledger import post_buy
from actors.model import Usage, UsageLine
from actors.money import dollars
from actors.strategies.base import MarketView
from actors.views import MarketSnapshot
from net.wire.render import agent_json, portfolio_json, price_json, usage_json
from tests.actors.builders import NOW_US, an_agent

BOUGHT = post_buy(open_book(an_agent()).portfolio, "AAPL", 3, dollars("100"), dollars("1"))


def test_a_portfolio_at_current_prices() -> None:
    """Values follow the price; the average cost is rounded to micro-dollars."""
    shown = portfolio_json(evolve(open_book(an_agent()), portfolio=BOUGHT), {"AAPL": dollars("40")})
    assert shown["positions"] == [
        {
            "symbol": "AAPL",
            "quantity": 3,
            "averageCost": 33.333333,
            "price": 40.0,
            "marketValue": 120.0,
            "unrealizedPnl": 20.0,
        }
    ]
    assert (shown["value"], shown["unrealizedPnl"], shown["fees"]) == (shown["cash"] + 120, 20.0, 1.0)


def test_a_position_that_is_not_listed_counts_at_cost() -> None:
    """Without a price there is no gain."""
    shown = portfolio_json(evolve(open_book(an_agent()), portfolio=BOUGHT), {})
    (position,) = shown["positions"]
    assert (position["price"], position["marketValue"], position["unrealizedPnl"]) == (None, 100.0, 0.0)


def test_every_shape_can_be_encoded() -> None:
    """An agent holds nothing that JSON does not know; fields without a value are null."""
    agent = evolve(an_agent(), preferences=None, hours=None)
    shown = orjson.loads(orjson.dumps(agent_json(agent, open_book(agent), {}, NOW_US)))
    assert (shown["assetPreferences"], shown["tradingHours"], shown["failureReason"]) == (None, None, None)
    assert shown["quotaConfig"]["usage"] == {"apiCalls": 0, "budgetSpent": 0.0}


def test_a_price_is_compared_with_the_first_of_the_day() -> None:
    """The change is in dollars and per cent."""
    view = MarketView(now_us=NOW_US, prices={"AAPL": dollars(153), "TSLA": dollars(1)})
    market = MarketSnapshot(1, view, {"AAPL": dollars(150)}, 1.0)
    assert price_json("AAPL", market) == {
        "symbol": "AAPL",
        "price": 153.0,
        "change": 3.0,
        "changePercent": 2.0,
        "timestamp": "2026-02-17T12:00:00.000000Z",
    }
    assert price_json("TSLA", market)["change"] == 0
    with pytest.raises(UnknownSymbol):
        price_json("ZZZZ", market)


def test_usage_by_kind() -> None:
    """Costs are dollars."""
    usage = Usage("agt_1", "2026-02", 2, 100_000, {"trade.executed": UsageLine(1, 100_000)})
    shown = usage_json(an_agent(), usage, NOW_US)
    assert shown["currentUsage"] == {"apiCalls": 2, "budgetSpent": 0.1}
    assert shown["breakdown"] == {"trade.executed": {"calls": 1, "cost": 0.1}}
