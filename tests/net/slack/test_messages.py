"""What Slack is shown: facts, buttons that lead back, and no text that could do more than be read."""

from typing import Any

import pytest
from attrs import evolve
from slack_sdk.models.blocks import Block

from actors.events import UsageAlert
from actors.model import ApprovalStatus, Trade, TradeStatus
from actors.money import dollars
from actors.ports.notifications import Notification
from net.slack.messages import (
    APPROVE,
    HEADER_CHARACTERS_MAX,
    REJECT,
    alert_message,
    decided_message,
    message_of,
    refusal_message,
    request_message,
)
from tests.actors.builders import NOW_US, a_decision, a_trade, an_approval

TRADE = a_trade(symbol="TSLA", quantity=500, status=TradeStatus.PENDING_APPROVAL)


def texts(value: Any) -> str:
    """Return everything a message says."""
    if isinstance(value, dict):
        return "\n".join(texts(part) for part in value.values())
    if isinstance(value, list):
        return "\n".join(texts(part) for part in value)
    return str(value)


def formatted_in(value: Any) -> list[dict[str, Any]]:
    """Return all texts of a block that Slack formats."""
    if isinstance(value, dict):
        own = [value] if value.get("type") == "mrkdwn" else []
        return own + [text for part in value.values() for text in formatted_in(part)]
    return [text for part in value for text in formatted_in(part)] if isinstance(value, list) else []


def buttons(message: dict[str, Any]) -> dict[str, str]:
    """Return the buttons of a message: what each leads to, by what it asks."""
    elements = [part for block in message["blocks"] if block["type"] == "actions" for part in block["elements"]]
    return {element["action_id"]: element["value"] for element in elements}


def buttons_and_facts(trade: Trade) -> list[dict[str, Any]]:
    """Return the blocks of a request."""
    blocks: list[dict[str, Any]] = request_message(an_approval(), trade, "Desk")["blocks"]
    return blocks


def test_a_request_shows_what_is_asked_and_has_two_buttons() -> None:
    """The order, the money, the risk, the reason, until when; Slack's own library takes every block."""
    message = request_message(an_approval(), TRADE, "Growth desk")
    said = texts(message)
    for part in ("buy 500 TSLA", "Growth desk", "$75,000.00", "medium", "exceeds the threshold", "<!date^1771330200^"):
        assert part in said
    assert buttons(message) == {APPROVE: "ovr_1", REJECT: "ovr_1"}
    for block in Block.parse_all(message["blocks"]):
        block.validate_json()


def test_no_text_is_looked_through_for_links() -> None:
    """Slack makes one of every address, also of one that an agent gives as its reason, unless it is told not to."""
    message = decided_message(an_approval(), evolve(TRADE, reason="see https://evil.example/approve"), "evil.example")
    formatted = [part for block in message["blocks"] for part in formatted_in(block)]
    assert len(formatted) > 8
    assert all(part["verbatim"] for part in formatted)


def test_names_and_reasons_cannot_mention_or_link() -> None:
    """Whoever names an agent <!channel> calls nobody."""
    trade = evolve(TRADE, reason="see <https://evil.example|here> & <@U1>", symbol="BRK.B")
    said = texts(request_message(an_approval(), trade, "<!channel>"))
    assert "<!channel>" not in said
    assert "&lt;!channel&gt;" in said
    quiet = an_approval(risk=evolve(an_approval().risk, factors=()))
    assert len(request_message(quiet, trade, "Desk")["blocks"]) == len(buttons_and_facts(trade)) - 1
    assert "&lt;https://evil.example|here&gt; &amp; &lt;@U1&gt;" in said


@pytest.mark.parametrize(
    ("approval", "trade", "parts"),
    [
        (
            an_approval(status=ApprovalStatus.APPROVED, decision=a_decision(reason="fine & good")),
            evolve(TRADE, status=TradeStatus.COMPLETED, executed_price_micros=dollars("150.25")),
            ["was approved", "Ada Approver over the API", "fine &amp; good", "Executed at $150.25"],
        ),
        (
            an_approval(status=ApprovalStatus.APPROVED, decision=a_decision(channel="slack")),
            evolve(TRADE, status=TradeStatus.FAILED, failure_reason="the price moved by +3.00%"),
            ["was approved", "over Slack", "The trade failed: the price moved"],
        ),
        (
            an_approval(status=ApprovalStatus.REJECTED, decision=a_decision(approved=False)),
            evolve(TRADE, status=TradeStatus.REJECTED),
            ["was rejected"],
        ),
        (an_approval(status=ApprovalStatus.EXPIRED), evolve(TRADE, status=TradeStatus.EXPIRED), ["nobody decided"]),
        (an_approval(status=ApprovalStatus.CANCELLED), evolve(TRADE, status=TradeStatus.CANCELLED), ["was cancelled"]),
    ],
)
def test_an_outcome_takes_the_place_of_the_buttons(approval: Any, trade: Any, parts: list[str]) -> None:
    """By itself, and in the place of the request."""
    news = Notification("ntf_1", f"oversight.{approval.status}", "agt_1", "Desk", NOW_US, approval, trade)
    replaced = decided_message(approval, trade, "Desk")
    assert replaced["replace_original"] is True
    for message in (message_of(news), replaced):
        assert buttons(message) == {}
        for part in parts:
            assert part in texts(message)


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        (UsageAlert("agt_1", "apiCalls", 80, 8_000, 10_000, "2026-02"), "8,000 of 10,000"),
        (UsageAlert("agt_1", "budget", 80, dollars(800), dollars(1_000), "2026-02"), "$800.00 of $1,000.00"),
        (UsageAlert("agt_1", "drawdown", 10, dollars(89), dollars(100), "2026-02"), "$89.00 after $100.00"),
    ],
)
def test_an_alert_shows_its_figures(alert: UsageAlert, said: str) -> None:
    """In the unit of its kind."""
    message = alert_message(alert, "Desk")
    assert said in message["text"]
    assert f"{alert.percent} %" in message["text"]
    assert message_of(Notification("ntf_1", "usage.alert", "agt_1", "Desk", NOW_US, alert=alert)) == message


def test_a_request_comes_of_its_news_and_stays_within_slacks_limits() -> None:
    """However long the names and reasons are."""
    trade = evolve(TRADE, symbol="X" * 300, reason="y" * 5_000)
    approval = an_approval(reason="z" * 5_000)
    message = message_of(Notification("ntf_1", "oversight.request", "agt_1", "n" * 100, NOW_US, approval, trade))
    assert len(message["blocks"][0]["text"]["text"]) == HEADER_CHARACTERS_MAX
    for block in Block.parse_all(message["blocks"]):
        block.validate_json()


def test_a_refusal_is_for_one_person_alone() -> None:
    """And leaves the message as it is."""
    assert refusal_message("no <you>") == {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": "no &lt;you&gt;",
    }
