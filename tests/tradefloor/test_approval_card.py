"""An approval as a terminal shows it."""

from typing import Any

from rich.console import Console

from tests.fakes.control_answers import approval
from tradefloor.operating.approval_card import approval_card


def shown(item: Any) -> list[str]:
    """Return the lines of a card, without the space around them."""
    console = Console(width=100, no_color=True)
    with console.capture() as capture:
        console.print(approval_card(item))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_what_is_asked_and_what_it_would_do() -> None:
    """Reason, risk and each figure of the portfolio before and afterwards."""
    assert shown(approval()) == [
        "ovr_1  pending  buy 500 TSLA",
        "agent      agt_1",
        "why        the notional of $75,000.00 exceeds the threshold of $50,000.00",
        "it says    conviction",
        "value      $75,000.00",
        "risk       high",
        "cash       $98,495.20, afterwards $23,420.20",
        "position   0 TSLA, afterwards 500",
        "of equity  0.0% in TSLA, afterwards 75.0%",
        "exposure   $1,503.30, afterwards $76,503.30",
        "expires    2026-11-27T03:10:00Z",
        "because    TSLA would be 74.9 % of equity after the trade.",
    ]


def test_what_was_decided() -> None:
    """By whom, why, and what became of the trade."""
    decision = {"result": "approved", "approverName": "ann", "reason": "within plan"}
    trade = {**approval()["trade"], "status": "completed", "executedPrice": 150.5}

    assert shown(approval(status="approved", decision=decision, trade=trade))[-2:] == [
        "decision   approved by ann: within plan",
        "trade      completed at $150.50",
    ]


def test_a_trade_that_failed_after_its_approval_says_why() -> None:
    """The price may have moved too far meanwhile."""
    decision = {"result": "approved", "approverName": "ann", "reason": None}
    trade = {**approval()["trade"], "status": "failed", "failureReason": "the price has moved by 3 %"}

    assert shown(approval(status="approved", decision=decision, trade=trade))[-2:] == [
        "decision   approved by ann",
        "trade      failed: the price has moved by 3 %",
    ]
