"""Answers of a floor to its operator, as its API gives them, with whatever a test wants otherwise."""

from typing import Any


def approval(**others: object) -> dict[str, Any]:
    """Return a purchase that waits for a human."""
    return {
        "requestId": "ovr_1",
        "agentId": "agt_1",
        "status": "pending",
        "reason": "the notional of $75,000.00 exceeds the threshold of $50,000.00",
        "estimatedValue": 75_000.0,
        "expiresAt": "2026-11-27T03:10:00Z",
        "trade": {
            "action": "buy",
            "quantity": 500,
            "symbol": "TSLA",
            "reason": "conviction",
            "status": "pending_approval",
            "executedPrice": None,
            "failureReason": None,
        },
        "riskAssessment": {
            "level": "high",
            "factors": ["TSLA would be 74.9 % of equity after the trade."],
        },
        "portfolioImpact": {
            "cashBefore": 98_495.1967,
            "cashAfter": 23_420.1967,
            "positionBefore": 0,
            "positionAfter": 500,
            "concentrationBefore": 0.0,
            "concentrationAfter": 0.75,
            "exposureBefore": 1_503.3,
            "exposureAfter": 76_503.3,
        },
        "decision": None,
        **others,
    }


def inspected(**others: object) -> dict[str, Any]:
    """Return all that is known of an actor that has little to do."""
    return {
        "path": "/market",
        "kind": "actor",
        "actorClass": "MarketActor",
        "state": "running",
        "paused": False,
        "restart": "permanent",
        "strategy": None,
        "children": 0,
        "mailbox": 0,
        "capacity": 1024,
        "overflow": "block",
        "oldestAgeSeconds": 0.0,
        "inHand": None,
        "inHandSeconds": 0.0,
        "waits": [],
        "handled": 7,
        "skipped": 0,
        "busySeconds": 1.25,
        "handledByType": {"Tick": 7},
        "tasks": 0,
        "timers": 0,
        "restarts": 0,
        "restartsLeft": 3,
        "failure": None,
        "watchedBy": [],
        "restartsWith": [],
        "events": [{"agoSeconds": 90.0, "event": "started"}],
        "inspect": {"ticks": 7},
        "messages": [],
        **others,
    }
