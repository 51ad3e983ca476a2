"""Whatever the floor keeps comes back from JSON as it was."""

import orjson
import pytest
from attrs import evolve, fields

from actors.events import (
    EVENT_CLASSES,
    AgentCreated,
    ApprovalApproved,
    Event,
    TradeExecuted,
    TradeTriggered,
    UsageAlert,
)
from actors.hours import TradingHours
from actors.ledger import Position
from actors.model import OrderType, TradeStatus, UsageLine
from actors.ports.journal import DecisionDelivery, Delivery, QuotaDelivery, UsageDelivery
from actors.ports.metering import QuotaLimits, UsageEvent
from actors.ports.oversight import DecisionRecord
from actors.preferences import AssetPreferences
from persistence import codec
from tests.actors.builders import NOW_US, OWNER, a_decision, a_trade, an_agent, an_approval, held_purchase
from tests.persistence.commits import change, creation

FULL_AGENT = an_agent(
    preferences=AssetPreferences(("AAPL",), ("Technology",), ("TSLA",)),
    hours=TradingHours("09:30", "16:00", "America/New_York"),
    oversight_threshold_micros=1,
    failure_reason='it raised "ValueError" \n\x00 …',
)


@pytest.mark.parametrize(
    "event",
    [
        AgentCreated(FULL_AGENT),
        AgentCreated(an_agent()),
        TradeExecuted(a_trade(status=TradeStatus.COMPLETED, executed_price_micros=2**62, client_order_id="mine")),
        TradeTriggered(a_trade(order_type=OrderType.STOP_LIMIT, triggered_at_us=NOW_US)),
        ApprovalApproved(an_approval(decision=a_decision()), a_trade()),
        UsageAlert("agt_1", "budget", 80, 1, 2, "2026-02"),
    ],
)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    """Nested values, enumerations and tuples included."""
    assert codec.decode_event(event.type, codec.encode(event)) == event


@pytest.mark.parametrize(
    "delivery",
    [
        UsageDelivery((UsageEvent("evt_1", "agt_1", "trade.executed", 1, 2, 3, {"symbol": "AAPL"}),)),
        QuotaDelivery("agt_1", QuotaLimits(1, 2)),
        DecisionDelivery("ovr_1", DecisionRecord("approved", "usr_1", "Ada", "http", "", NOW_US)),
        *change(an_agent(), held_purchase()).deliveries,
        *creation(an_agent()).deliveries,
    ],
)
def test_a_delivery_comes_back_as_it_was(delivery: Delivery) -> None:
    """Under the name that the outbox keeps it by."""
    assert codec.decode_delivery(codec.delivery_name(delivery), codec.encode(delivery)) == delivery


def test_an_agent_and_a_principal_come_back_as_they_were() -> None:
    """They are kept by themselves too."""
    assert codec.decode_agent(codec.encode(FULL_AGENT)) == FULL_AGENT
    assert codec.decode_principal(codec.encode(OWNER)) == OWNER


def test_positions_and_breakdowns_come_back_as_they_were() -> None:
    """In their short forms."""
    positions = {"AAPL": Position(1, 2, 3), "TSLA": Position(4, 5)}
    breakdown = {"trade.executed": UsageLine(1, 2)}

    assert codec.decode_positions(codec.encode_positions(positions)) == positions
    assert codec.decode_breakdown(codec.encode_breakdown(breakdown)) == breakdown
    assert codec.encode_positions(positions) == '{"AAPL":[1,2,3],"TSLA":[4,5,0]}'


def test_keys_stand_in_the_order_of_the_fields() -> None:
    """Equal events are equal text, whichever process writes them."""
    text = codec.encode(TradeExecuted(a_trade()))

    assert list(orjson.loads(text)["trade"]) == [attribute.name for attribute in fields(type(a_trade()))]


def test_what_an_older_program_did_not_write_has_its_default() -> None:
    """And what a newer one wrote besides is ignored."""
    tree = orjson.loads(codec.encode(TradeExecuted(a_trade())))
    del tree["trade"]["client_order_id"]
    tree["trade"]["mood"] = "bullish"

    assert codec.decode_event("trade.executed", orjson.dumps(tree).decode()) == TradeExecuted(a_trade())


def test_every_type_of_event_has_its_own_name() -> None:
    """Two classes under one name could not be told apart in the log."""
    names = [cls.type for cls in EVENT_CLASSES]

    assert len(names) == len(set(names))


def test_a_type_that_is_not_known_is_not_guessed_at() -> None:
    """For events and deliveries alike."""
    with pytest.raises(codec.UnknownType, match=r"agent\.promoted"):
        codec.decode_event("agent.promoted", "{}")
    with pytest.raises(codec.UnknownType, match="telegram"):
        codec.decode_delivery("telegram", "{}")


def test_an_agent_that_differs_is_different_text() -> None:
    """The hash covers every field."""
    assert codec.encode(evolve(FULL_AGENT, name="Other")) != codec.encode(FULL_AGENT)
