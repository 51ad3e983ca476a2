"""Request classes: what they take, what they refuse and by which name, and what they say to trading."""

from typing import Any

import pytest
from attrs import evolve

from actors.hours import TradingHours
from actors.model import Action, AgentStatus, OrderRequest, OrderType, QuotaConfig, StrategyKind
from actors.money import dollars
from actors.preferences import AssetPreferences
from net.wire.requests import AgentBody, AgentChanges, LoginBody, TradeBody, UserBody
from net.wire.structure import InvalidRequest, fields_of, structure, structure_query
from tests.actors.builders import an_agent

AGENT = {"name": "Desk", "strategy": "balanced", "initialBudget": 5000, "riskTolerance": 5}
ORDER = {"symbol": "AAPL", "action": "buy", "quantity": 10, "orderType": "market"}


def refused(cls: type[Any], value: Any) -> dict[str, str]:
    """Return the fields at fault."""
    with pytest.raises(InvalidRequest) as refusal:
        structure(cls, value)
    return {problem.field: problem.message for problem in refusal.value.problems}


def test_an_agent_in_few_words() -> None:
    """What is left out has its default."""
    new = structure(AgentBody, AGENT).new_agent()
    assert (new.name, new.strategy, new.initial_budget_micros) == ("Desk", StrategyKind.BALANCED, dollars(5000))
    assert (new.quota, new.preferences, new.hours, new.oversight_threshold_micros) == (QuotaConfig(), None, None, None)


def test_an_agent_in_all_words() -> None:
    """Everything that is said arrives."""
    new = structure(
        AgentBody,
        AGENT
        | {
            "quotaConfig": {"apiCalls": 1000, "budgetPerMonth": 2000.5},
            "assetPreferences": {"symbols": ["AAPL"], "sectors": ["energy"], "excludedSymbols": ["TSLA"]},
            "tradingHours": {"start": "09:30", "end": "16:00", "timezone": "Europe/Paris"},
            "oversightThreshold": 0.5,
        },
    ).new_agent()
    assert new.quota == QuotaConfig(1000, dollars("2000.5"))
    assert new.preferences == AssetPreferences(("AAPL",), ("energy",), ("TSLA",))
    assert new.hours == TradingHours("09:30", "16:00", "Europe/Paris")
    assert new.oversight_threshold_micros == 500_000


def test_every_field_at_fault_is_named() -> None:
    """All problems come at once, nested ones by their path."""
    assert refused(
        AgentBody,
        {
            "name": "ab",
            "strategy": "wild",
            "initialBudget": True,
            "quotaConfig": {"apiCalls": 999, "calls": 1},
            "assetPreferences": {"symbols": ["AAPL", 5]},
            "tradingHours": {"start": "24:00", "timezone": "Mars"},
            "colour": "red",
        },
    ) == {
        "name": "must have 3 to 100 characters, not 2",
        "strategy": "must be one of balanced, aggressive, conservative, custom",
        "initialBudget": "must be a number of dollars",
        "riskTolerance": "is required",
        "quotaConfig.apiCalls": "must be from 1,000 to 100,000",
        "quotaConfig.calls": "is unknown; known are apiCalls, budgetPerMonth",
        "assetPreferences.symbols[1]": "must be a string",
        "tradingHours.start": "must be a time of day such as 09:30",
        "tradingHours.end": "is required",
        "colour": "is unknown; known are name, strategy, initialBudget, riskTolerance, quotaConfig, "
        "assetPreferences, tradingHours, oversightThreshold, strategyName",
    }


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"tradingHours": {"start": "09:00", "end": "10:00", "timezone": "Mars"}}, "tradingHours.timezone"),
        ({"tradingHours": {"start": "09:00", "end": "10:00", "timezone": "localtime"}}, "tradingHours.timezone"),
        ({"assetPreferences": {"symbols": ["ZZZZ"]}}, "assetPreferences.symbols"),
        ({"assetPreferences": {"symbols": ["AAPL"], "excludedSymbols": ["AAPL"]}}, "assetPreferences.excludedSymbols"),
        ({"quotaConfig": []}, "quotaConfig"),
    ],
)
def test_rules_of_trading_name_the_field(part: dict[str, Any], field: str) -> None:
    """What trading itself refuses is at the same place."""
    assert list(refused(AgentBody, AGENT | part)) == [field]


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_only_objects_are_bodies(value: Any) -> None:
    """Any other JSON value is refused."""
    assert refused(TradeBody, value) == {"": "must be an object"}


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        ({"orderType": "limit"}, {"limitPrice": "is required for a limit order"}),
        ({"orderType": "stop"}, {"stopPrice": "is required for a stop order"}),
        ({"limitPrice": 5}, {"limitPrice": "must not be given for a market order"}),
        ({"orderType": "stop_limit", "limitPrice": 5}, {"stopPrice": "is required for a stop_limit order"}),
        ({"quantity": 0}, {"quantity": "must be from 1 to 1,000,000"}),
        ({"symbol": "aapl"}, {"symbol": "must be a symbol in capitals, such as AAPL"}),
    ],
)
def test_prices_belong_to_their_types_of_order(more: dict[str, Any], problems: dict[str, str]) -> None:
    """A price where none belongs is as wrong as none where one does."""
    assert refused(TradeBody, ORDER | more) == problems


def test_an_order_says_what_it_means() -> None:
    """Prices are micro-dollars, and null is as good as nothing."""
    body = structure(
        TradeBody, ORDER | {"orderType": "limit", "limitPrice": 150.25, "stopPrice": None, "reason": "why"}
    )
    assert body.order() == OrderRequest(
        "AAPL", Action.BUY, 10, OrderType.LIMIT, limit_price_micros=dollars("150.25"), reason="why"
    )


def test_changes_keep_what_is_left_out_and_clear_what_is_null() -> None:
    """Null and nothing differ in a change."""
    agent = evolve(
        an_agent(), hours=TradingHours("09:00", "10:00"), oversight_threshold_micros=5, status=AgentStatus.PAUSED
    )
    kept = structure(AgentChanges, {}).settings(agent)
    assert (kept.name, kept.hours, kept.oversight_threshold_micros) == (agent.name, agent.hours, 5)
    changes = {
        "name": "New name",
        "riskTolerance": 9,
        "tradingHours": None,
        "assetPreferences": {"symbols": ["AAPL"]},
        "oversightThreshold": None,
        "quotaConfig": {"apiCalls": 2000},
    }
    changed = structure(AgentChanges, changes).settings(agent)
    assert (changed.name, changed.risk_tolerance) == ("New name", 9)
    assert (changed.hours, changed.oversight_threshold_micros) == (None, None)
    assert changed.preferences == AssetPreferences(("AAPL",))
    assert changed.quota == evolve(agent.quota, api_calls=2000)
    assert refused(AgentChanges, {"name": None}) == {"name": "must be a string"}
    cleared = structure(AgentChanges, {"assetPreferences": None, "tradingHours": {"start": "01:00", "end": "02:00"}})
    assert cleared.settings(agent).preferences is None
    assert cleared.settings(agent).hours == TradingHours("01:00", "02:00")


def test_queries_name_what_is_wrong() -> None:
    """Parameters that are unknown, repeated, missing or at fault are all named."""
    parameters = {"symbol": ["AAPL", "TSLA"], "quantity": ["x"], "colour": ["red"]}
    with pytest.raises(InvalidRequest) as refusal:
        structure_query(TradeBody, parameters)
    problems = {problem.field: problem.message for problem in refusal.value.problems}
    assert problems["symbol"] == "must be given once"
    assert problems["quantity"] == "must be a whole number from 1 to 1,000,000"
    assert problems["action"] == "is required"
    assert problems["colour"].startswith("is unknown")


def test_every_field_of_a_request_is_documented() -> None:
    """The reference says of each field what it means."""
    for cls in (AgentBody, AgentChanges, TradeBody):
        assert all(field.doc.text for field in fields_of(cls))


def test_a_password_may_hold_what_nobody_could_read() -> None:
    """Whoever was given one can sign in with it."""
    password = "correct\u202e horse\x85"
    person = {"email": "ada@example.com", "password": password}
    assert structure(LoginBody, person).password == password
    assert structure(UserBody, person | {"role": "viewer"}).password == password
