"""Channels, scopes and routes."""

import pytest

from actors.alerts import AlertChannels, AlertConfig
from actors.events import AgentStatusChanged, ApprovalCancelled, TradeCreated, UsageAlert, UserChanged
from actors.model import Principal, Role
from net.websocket.channels import (
    EVERYBODY,
    TOPICS,
    Channel,
    Topic,
    agent_id_of,
    is_wanted,
    may_see_agent,
    parse_channel,
    route_of,
    routes_for,
    scope_of,
)
from tests.actors.builders import a_trade, an_agent
from tests.net.websocket.floor import MiniFloor


def _principal(role: Role = Role.TRADER, agent_id: str | None = None) -> Principal:
    return Principal("usr_1", "Ann", role, agent_id)


@pytest.mark.parametrize("name", ["portfolio", "trades", "oversight", "market", "agent:agt_1"])
def test_a_channel_keeps_its_name(name: str) -> None:
    """A channel is shown as it was named."""
    assert parse_channel(name).name == name


@pytest.mark.parametrize(
    ("principal", "topic", "scope"),
    [
        (_principal(), Topic.TRADES, "usr_1"),
        (_principal(Role.VIEWER), Topic.OVERSIGHT, "usr_1"),
        (_principal(Role.APPROVER), Topic.OVERSIGHT, EVERYBODY),
        (_principal(Role.APPROVER), Topic.TRADES, "usr_1"),
        (_principal(Role.ADMIN), Topic.PORTFOLIO, EVERYBODY),
        (_principal(Role.TRADER, "agt_1"), Topic.PORTFOLIO, "agt_1"),
        (_principal(Role.TRADER, "agt_1"), Topic.MARKET, EVERYBODY),
    ],
)
def test_whose_frames_a_principal_gets(principal: Principal, topic: Topic, scope: str) -> None:
    """One's own; approvers all of oversight; admins all; a key its agent's; prices are for everybody."""
    assert scope_of(principal, topic) == scope


def test_who_may_see_an_agent() -> None:
    """Its owner, admins, and its own keys; not another key of its owner, nor an approver."""
    agent = MiniFloor().add_agent("agt_1", "usr_1")
    stranger = Principal("usr_2", "Bob", Role.APPROVER)
    seeing = [_principal(), _principal(Role.ADMIN), _principal(agent_id="agt_1")]
    assert all(may_see_agent(principal, agent) for principal in seeing)
    assert not any(may_see_agent(principal, agent) for principal in (stranger, _principal(agent_id="agt_2")))


def test_a_frame_takes_the_routes_of_all_who_may_have_it() -> None:
    """Each principal's channel meets the frame on exactly one of its routes."""
    ways = routes_for(Topic.TRADES, "agt_1", "usr_1")
    trades = Channel(Topic.TRADES)
    meeting = [
        route_of(Channel(Topic.AGENT, "agt_1"), _principal()),
        route_of(trades, _principal()),
        route_of(trades, _principal(Role.ADMIN)),
        route_of(trades, _principal(agent_id="agt_1")),
    ]
    assert sorted(meeting) == sorted(ways)
    assert route_of(trades, Principal("usr_2", "Bob", Role.TRADER)) not in ways


def test_the_events_of_the_contract_go_out() -> None:
    """These and no others; portfolios and prices are not events."""
    assert {kind.type for kind in TOPICS} == {
        "trade.created",
        "trade.executed",
        "trade.cancelled",
        "trade.failed",
        "oversight.request",
        "oversight.approved",
        "oversight.rejected",
        "oversight.expired",
        "usage.alert",
        "agent.status",
    }


def test_the_agent_of_an_event() -> None:
    """Every event but a person's is about an agent."""
    floor = MiniFloor()
    agent = floor.add_agent("agt_1", "usr_1")
    floor.cancel_approval(floor.request_approval("agt_1"))
    assert {agent_id_of(item.event) for item in floor.log} == {"agt_1"}
    assert isinstance(floor.log[-1].event, ApprovalCancelled)
    assert agent_id_of(AgentStatusChanged(agent)) == "agt_1"
    assert agent_id_of(UsageAlert("agt_1", "budget", 80, 8, 10, "2026-01")) == "agt_1"
    assert agent_id_of(UserChanged("usr_1", "a@example.com", "admin", disabled=False)) is None


def test_alerts_go_out_where_their_owner_wants_them() -> None:
    """Everything else goes out anyway."""
    alert = UsageAlert("agt_1", "budget", 80, 1, 2, "2026-02")
    silent = an_agent(alerts=AlertConfig(channels=AlertChannels(websocket=False)))
    assert is_wanted(alert, an_agent())
    assert is_wanted(alert, None)
    assert not is_wanted(alert, silent)
    assert is_wanted(TradeCreated(a_trade()), silent)
