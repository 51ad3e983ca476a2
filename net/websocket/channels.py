"""What a socket may listen to, and which frames go where.

A channel is what a client names: `agent:<id>` has everything about one agent, `portfolio` the portfolios, states and
quotas of all agents that the client may see, `trades` and `oversight` what their names say, `market` the prices. A
route is where the hub puts a frame: a topic and a scope, which is one agent, one user, or everybody's. No channel has
the topic `notices`: clients of Socket.IO listen to their user's (or their key's agent's) without asking.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import frozen

from actors.events import (
    AgentStatusChanged,
    ApprovalApproved,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    ControlAction,
    Event,
    TradeCancelled,
    TradeCreated,
    TradeExecuted,
    TradeFailed,
    UsageAlert,
    UserEventRecord,
)
from actors.model import Agent, Principal, Role

EVERYBODY: Final = "*"


class Topic(StrEnum):
    """The kind of a channel."""

    AGENT = "agent"
    PORTFOLIO = "portfolio"
    TRADES = "trades"
    OVERSIGHT = "oversight"
    MARKET = "market"
    NOTICES = "notices"


@frozen
class Channel:
    """A channel, as a client names it. Only those of the topic `agent` have an agent's id."""

    topic: Topic
    agent_id: str | None = None

    @property
    def name(self) -> str:
        """The name on the wire."""
        return self.topic.value if self.agent_id is None else f"{self.topic.value}:{self.agent_id}"


CHANNEL_PATTERN: Final = "^(portfolio|trades|oversight|market|agent:[A-Za-z0-9_]{1,64})$"

TOPICS: Final[Mapping[type[Event], Topic]] = {
    AgentStatusChanged: Topic.PORTFOLIO,
    UsageAlert: Topic.PORTFOLIO,
    TradeCreated: Topic.TRADES,
    TradeExecuted: Topic.TRADES,
    TradeFailed: Topic.TRADES,
    TradeCancelled: Topic.TRADES,
    ApprovalRequested: Topic.OVERSIGHT,
    ApprovalApproved: Topic.OVERSIGHT,
    ApprovalRejected: Topic.OVERSIGHT,
    ApprovalExpired: Topic.OVERSIGHT,
}
"""The events that go out, and the topic each belongs to besides its agent's; the others stay inside."""


NOTICES: Final = frozenset({AgentStatusChanged, UsageAlert})
"""The events that are also notices: what somebody wants to know of all their agents, at a rate for people."""


def parse_channel(name: str) -> Channel:
    """Return the channel of a name that matches CHANNEL_PATTERN."""
    topic, _, agent_id = name.partition(":")
    return Channel(Topic(topic), agent_id or None)


def agent_id_of(event: Event) -> str | None:
    """Return the agent that an event is about, None for a person's or an operator's."""
    if isinstance(event, UserEventRecord | ControlAction):
        return None
    if isinstance(event, UsageAlert):
        return event.agent_id
    subject = getattr(event, "trade", None) or event.agent  # type: ignore[union-attr]  # All others have an agent.
    agent_id: str = subject.agent_id
    return agent_id


def is_wanted(event: Event, agent: Agent | None) -> bool:
    """Say whether the owner of an agent wants the sockets to hear of an event: of alerts they choose."""
    return not isinstance(event, UsageAlert) or agent is None or agent.alerts.channels.websocket


def scope_of(principal: Principal, topic: Topic) -> str:
    """Return whose frames of a topic a principal gets: an agent's id, a user's id, or EVERYBODY."""
    if topic is Topic.MARKET:
        return EVERYBODY
    if principal.agent_id is not None:
        return principal.agent_id
    if principal.role is Role.ADMIN or (principal.role is Role.APPROVER and topic is Topic.OVERSIGHT):
        return EVERYBODY
    return principal.user_id


def may_see_agent(principal: Principal, agent: Agent) -> bool:
    """Say whether a principal may listen to everything about an agent."""
    return scope_of(principal, Topic.AGENT) in {EVERYBODY, agent.user_id, agent.agent_id}


def route(topic: Topic, scope: str) -> str:
    """Return the hub's name for a topic's frames in a scope."""
    return f"{topic.value}/{scope}"


def route_of(channel: Channel, principal: Principal) -> str:
    """Return where the frames of a principal's channel come by."""
    return route(channel.topic, channel.agent_id or scope_of(principal, channel.topic))


def routes_of_event(kind: type[Event], agent_id: str, user_id: str) -> tuple[str, ...]:
    """Return every route that an event of a kind in TOPICS takes; it is about an agent of a user."""
    ways = routes_for(TOPICS[kind], agent_id, user_id)
    if kind in NOTICES:
        return (*ways, route(Topic.NOTICES, user_id), route(Topic.NOTICES, agent_id))
    return ways


def routes_for(topic: Topic, agent_id: str, user_id: str) -> tuple[str, ...]:
    """Return every route that a frame about an agent of a user takes."""
    return (
        route(Topic.AGENT, agent_id),
        route(topic, EVERYBODY),
        route(topic, user_id),
        route(topic, agent_id),
    )
