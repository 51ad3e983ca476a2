"""Events as JSON."""

import orjson
import pytest

from actors.events import (
    AgentStatusChanged,
    ApprovalApproved,
    Event,
    KeyCreated,
    Recorded,
    TradeExecuted,
    UsageAlert,
    UserSignedIn,
)
from net.wire.events import event_json
from tests.actors.builders import NOW_US, OWNER, a_trade, an_agent, an_approval

AGENT_ID = an_agent().agent_id


@pytest.mark.parametrize(
    ("event", "agent_id", "field", "value"),
    [
        (AgentStatusChanged(an_agent()), AGENT_ID, "status", "active"),
        (TradeExecuted(a_trade()), a_trade().agent_id, "tradeId", a_trade().trade_id),
        (ApprovalApproved(an_approval(), a_trade()), a_trade().agent_id, "requestId", an_approval().request_id),
        (UsageAlert("agt_1", "apiCalls", 80, 800, 1000, "2026-02"), "agt_1", "used", 800),
        (UsageAlert("agt_1", "budget", 80, 800_000_000, 1_000_000_000, "2026-02"), "agt_1", "limit", 1000.0),
        (UserSignedIn("usr_1", "ses_1", NOW_US), None, "expiresAt", "2026-02-17T12:00:00.000000Z"),
        (KeyCreated("kid_1", "agt_1", "usr_1", "bot"), "agt_1", "keyId", "kid_1"),
    ],
)
def test_an_event_shows_what_it_is_about(event: Event, agent_id: str | None, field: str, value: object) -> None:
    """As it stood afterwards, in JSON's own types."""
    shown = orjson.loads(orjson.dumps(event_json(Recorded(7, "agt_1", 1, NOW_US, "cor", OWNER, event))))
    assert (shown["type"], shown["agentId"], shown["seq"]) == (event.type, agent_id, 7)
    assert shown["data"][field] == value
