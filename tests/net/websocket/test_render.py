"""Event frames in the shape of the contract."""

import json
from typing import Any

import pytest
from attrs import evolve

from actors.events import (
    EVENT_CLASSES,
    AgentStatusChanged,
    ApprovalApproved,
    ApprovalRequested,
    Event,
    Recorded,
    TradeCreated,
    UsageAlert,
)
from actors.model import FLOOR, AgentStatus
from net.websocket.channels import TOPICS
from net.websocket.outbox import Frame
from net.websocket.render import event_frame, market_frame, portfolio_frame
from tests.net.websocket.floor import NOW_US, MiniFloor
from tests.net.websocket.frame_schemas import validate


def _json(frame: Frame) -> dict[str, Any]:
    data = frame.data
    shown: dict[str, Any] = json.loads(data[data.index(b"{") :])
    return shown


def _recorded(event: Event, seq: int = 42) -> Recorded:
    return Recorded(seq, "agt_1", 1, NOW_US, None, FLOOR, event)


@pytest.fixture
def floor() -> MiniFloor:
    """One agent, which has asked for an approval."""
    floor = MiniFloor()
    floor.add_agent("agt_1", "usr_1")
    floor.request_approval("agt_1")
    return floor


def _samples(floor: MiniFloor) -> dict[type[Event], Event]:
    trade, approval = floor.log[1].event, floor.log[-1].event
    assert isinstance(trade, TradeCreated)
    assert isinstance(approval, ApprovalRequested)
    agent = floor.views.agents["agt_1"]
    alert = UsageAlert("agt_1", "apiCalls", 80, 800, 1000, "2026-02")
    found: dict[type[Event], Event] = {AgentStatusChanged: AgentStatusChanged(agent), UsageAlert: alert}
    for kind in TOPICS.keys() - found.keys():
        fields = (trade.trade,) if kind.type.startswith("trade.") else (approval.approval, approval.trade)
        found[kind] = kind(*fields)
    return found


@pytest.mark.parametrize("kind", [kind for kind in EVENT_CLASSES if kind in TOPICS])
def test_every_event_has_the_frame_of_the_contract(floor: MiniFloor, kind: type[Event]) -> None:
    """Type, agent, sequence, timestamp and data; nothing else."""
    frame = event_frame(_recorded(_samples(floor)[kind]), floor.views)
    shown = _json(frame)
    assert list(shown) == ["type", "agentId", "seq", "timestamp", "data"]
    validate(kind.type, shown)
    assert (shown["type"], shown["agentId"], shown["seq"]) == (kind.type, "agt_1", 42)
    assert shown["timestamp"] == "2026-02-02T02:40:00.000000Z"
    assert (frame.seq, frame.key, frame.is_reply) == (42, None, False)


def test_data_is_the_entity_of_http(floor: MiniFloor) -> None:
    """A trade, an approval and an agent look as they do over HTTP."""
    samples = _samples(floor)
    assert _json(event_frame(_recorded(samples[TradeCreated]), floor.views))["data"]["tradeId"] == "trd_1"
    assert _json(event_frame(_recorded(samples[ApprovalApproved]), floor.views))["data"]["trade"]["tradeId"] == "trd_1"
    assert _json(event_frame(_recorded(samples[AgentStatusChanged]), floor.views))["data"]["agentId"] == "agt_1"


def test_an_agent_without_a_book_still_has_a_status(floor: MiniFloor) -> None:
    """An agent that is gone from the views is shown with the budget it began with."""
    agent = evolve(floor.views.agents["agt_1"], agent_id="agt_gone", status=AgentStatus.DELETED)
    shown = _json(event_frame(_recorded(AgentStatusChanged(agent)), floor.views))
    assert shown["data"]["portfolio"]["cash"] == 100_000.0


def test_alerts_count_calls_or_dollars(floor: MiniFloor) -> None:
    """A budget is money, calls are not."""
    calls = UsageAlert("agt_1", "apiCalls", 80, 800, 1000, "2026-02")
    budget = UsageAlert("agt_1", "budget", 80, 800_500_000, 1_000_000_000, "2026-02")
    assert _json(event_frame(_recorded(calls), floor.views))["data"]["used"] == 800
    assert _json(event_frame(_recorded(budget), floor.views))["data"] == {
        "kind": "budget",
        "percent": 80,
        "used": 800.5,
        "limit": 1000.0,
        "period": "2026-02",
    }


def test_a_portfolio_supersedes_the_one_before(floor: MiniFloor) -> None:
    """Portfolios of one agent share a key and carry the sequence of their commit."""
    frame = portfolio_frame(floor.views.books["agt_1"], 3, NOW_US, floor.views)
    assert (frame.seq, frame.key) == (3, "portfolio/agt_1")
    shown = _json(frame)
    assert (shown["type"], shown["agentId"], shown["data"]["cash"]) == ("portfolio.update", "agt_1", 100_000.0)


def test_prices_have_no_sequence(floor: MiniFloor) -> None:
    """Prices belong to no agent, are not kept, and supersede each other."""
    floor.tick(151_500_000)
    frame = market_frame(floor.views.market)
    shown = _json(frame)
    assert (shown["type"], shown["agentId"], shown["seq"]) == ("market.update", None, None)
    assert shown["data"]["prices"][0]["price"] == 151.5
    assert (frame.seq, frame.key) == (None, "market")
