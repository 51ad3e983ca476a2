"""What a client missed: which streams to read, which of their events it may have, and where it goes on live.

A replay reads from the history towards the hub's head, page by page, at the pace of the client. While more than a page
is missing, nothing is kept for it. For the last page its channels join the hub first: what is published from that
moment on waits in the outbox until the page is written. So each event comes from exactly one side, the history up to
the head at that moment, the hub after it.
"""

from collections.abc import Iterable, Mapping

from attrs import define, field, frozen

from actors.events import Recorded
from actors.model import Principal
from actors.views import FloorViews
from net.websocket.channels import EVERYBODY, TOPICS, Channel, Topic, agent_id_of, route_of, routes_for, scope_of


@define(eq=False)
class Replay:
    """The channels that catch up together, from the event after `after` on. `position` is how far they have come."""

    channels: dict[Channel, None]
    after: int
    position: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        # The event `after` was seen, the portfolio that it led to perhaps not; so it is read, for its portfolio's sake.
        self.position = max(self.after - 1, 0)


@frozen
class Selection:
    """Which events a replay sends: those of its own `routes` that no live route has brought already.

    `live` has the sequence since which each live route of the socket has brought everything.
    """

    after: int
    routes: frozenset[str]
    live: Mapping[str, int]

    def wants(self, item: Recorded, owner: str) -> bool:
        """Say whether an event of an agent of `owner` is to be sent."""
        topic = TOPICS.get(type(item.event))
        agent_id = agent_id_of(item.event)
        if topic is None or agent_id is None or item.seq <= self.after:
            return False
        ways = routes_for(topic, agent_id, owner)
        return not self.routes.isdisjoint(ways) and not any(self.live.get(way, item.seq) < item.seq for way in ways)

    def wants_portfolio(self, agent_id: str, owner: str) -> bool:
        """Say whether the portfolio of an agent of `owner` is to be shown with its events."""
        ways = routes_for(Topic.PORTFOLIO, agent_id, owner)
        return not self.routes.isdisjoint(ways) and self.live.keys().isdisjoint(ways)


def streams_of(channels: Iterable[Channel], principal: Principal, views: FloorViews) -> list[str] | None:
    """Return the streams to read for channels, None for all of the floor's."""
    streams: dict[str, None] = {}
    for channel in channels:
        scope = channel.agent_id or scope_of(principal, channel.topic)
        if scope == EVERYBODY:
            return None
        if scope == principal.user_id:
            streams.update(dict.fromkeys(agent.agent_id for agent in views.agents_of(scope)))
        else:
            streams[scope] = None
    return list(streams)


def selection_of(replay: Replay, principal: Principal, live: Mapping[Channel, int]) -> Selection:
    """Return which events a replay sends beside the live channels of its socket."""
    return Selection(
        replay.after,
        frozenset(route_of(channel, principal) for channel in replay.channels),
        {route_of(channel, principal): since for channel, since in live.items()},
    )
