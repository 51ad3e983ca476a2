"""The socket hub: takes what was committed, and puts each frame before the sockets that may see it and want it.

Sockets of `/ws` and of Socket.IO listen here alike, each to its routes; each turns frames into what its protocol wants.

Publishing is synchronous and in the order of the floor's sequence. A frame is rendered and encoded once, and not at all
when nobody listens; a socket that does not listen to it costs nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol

import trio
from attrs import frozen

from actors.book import Book
from actors.events import AgentStatusChanged, Event, Recorded
from actors.model import Agent
from actors.views import FloorViews, MarketSnapshot
from net.auth.identity import Concern, Identity
from net.websocket.channels import EVERYBODY, TOPICS, Topic, agent_id_of, is_wanted, route, routes_for, routes_of_event
from net.websocket.closing import GOING_AWAY, SIGN_IN_ENDED, Closing
from net.websocket.limits import DEFAULT_LIMITS, Limits
from net.websocket.outbox import Frame
from net.websocket.render import event_frame, market_frame, portfolio_frame

_MARKET_ROUTE: Final = route(Topic.MARKET, EVERYBODY)


class Listener(Protocol):
    """A socket, as the hub sees it. No method waits."""

    def offer(self, frame: Frame) -> bool:
        """Queue a frame, and say whether there was room."""
        ...

    def lag(self, frame: Frame) -> None:
        """Hear that there was no room for a frame."""
        ...


class Member(Protocol):
    """A session, as the hub sees it. No method waits."""

    @property
    def identity(self) -> Identity | None:
        """Who it is, None before that is known."""
        ...

    def end(self, closing: Closing) -> None:
        """Begin to close the socket."""
        ...

    def tend(self, now: float) -> None:
        """Ping the client, and give it up when it has stalled."""
        ...


@frozen
class HubStatistics:
    """How busy the hub is. The last four count from the start."""

    sockets: int
    routes: int
    frames: int
    deliveries: int
    lagged: int
    refused: int


class Hub:
    """Where sessions listen and the journal publishes. Everything here runs in the one trio thread."""

    def __init__(self, views: FloorViews, limits: Limits = DEFAULT_LIMITS) -> None:
        self.views = views
        self._limits = limits
        self._routes: dict[str, dict[Listener, None]] = {}
        self._members: dict[Member, str | None] = {}
        """Each session with the user that it counts for, None before that is known."""
        self._by_user: Counter[str] = Counter()
        self._empty = trio.Event()
        self._empty.set()
        self._published_seq: int | None = None
        self._frames = 0
        self._deliveries = 0
        self._lagged = 0
        self._refused = 0
        self._is_closed = False

    @property
    def head(self) -> int:
        """The sequence of the last event that was published; whoever joins now gets what follows it."""
        return self.views.last_seq if self._published_seq is None else self._published_seq

    def statistics(self) -> HubStatistics:
        """Return a snapshot of how busy the hub is."""
        return HubStatistics(
            len(self._members), len(self._routes), self._frames, self._deliveries, self._lagged, self._refused
        )

    def publish(self, recorded: Sequence[Recorded], agent: Agent | None, book: Book | None) -> None:
        """Put the events of one commit before the sockets, and the portfolio it led to.

        To be called for each commit in the order of the sequence, after the views were updated; `agent` and `book` are
        the states that the commit changed.
        """
        for item in recorded:
            self._published_seq = item.seq
            event = item.event
            kind = type(event)
            if kind in TOPICS and is_wanted(event, self.views.agents.get(item.stream)):
                agent_id = agent_id_of(event) or ""
                listeners = self._listeners(routes_of_event(kind, agent_id, self.owner_of(event, agent)))
                if listeners:
                    self._deliver(event_frame(item, self.views), listeners)
        if book is not None and recorded:
            self._publish_portfolio(book, recorded[-1], agent)

    def publish_market(self, market: MarketSnapshot) -> None:
        """Put the prices of a tick before the sockets."""
        listeners = self._routes.get(_MARKET_ROUTE)
        if listeners:
            self._deliver(market_frame(market), listeners)

    def owner_of(self, event: Event, agent: Agent | None = None) -> str:
        """Return the user whose agent an event is about; `agent`, when given, is that agent."""
        if isinstance(event, AgentStatusChanged):
            return event.agent.user_id
        if agent is None:
            agent = self.views.agents.get(agent_id_of(event) or "")
        return "" if agent is None else agent.user_id

    def join(self, listener: Listener, route: str) -> None:
        """Send a listener what takes a route from now on. Joining twice is joining once."""
        self._routes.setdefault(route, {})[listener] = None

    def leave(self, listener: Listener, routes: Iterable[str]) -> None:
        """Send a listener nothing more of these routes."""
        for name in routes:
            listeners = self._routes.get(name)
            if listeners is not None:
                listeners.pop(listener, None)
                if not listeners:
                    del self._routes[name]

    def admit(self, member: Member) -> bool:
        """Take a session in, and say whether there was room for it."""
        if self._is_closed or len(self._members) >= self._limits.sockets_max:
            self._refused += 1
            return False
        if not self._members:
            self._empty = trio.Event()
        self._members[member] = None
        return True

    def enlist(self, member: Member, user_id: str) -> bool:
        """Count a session for its user, and say whether they may have one more."""
        if self._by_user[user_id] >= self._limits.sockets_per_user_max:
            self._refused += 1
            return False
        self._by_user[user_id] += 1
        self._members[member] = user_id
        return True

    def dismiss(self, member: Member) -> None:
        """Forget a session that has ended."""
        user_id = self._members.pop(member, None)
        if user_id is not None:
            self._by_user[user_id] -= 1
            if not self._by_user[user_id]:
                del self._by_user[user_id]
        if not self._members:
            self._empty.set()

    def sign_off(self, concerned: Concern) -> None:
        """Close the sockets of those whom a change of their role, standing, sign-in or key concerns."""
        for member in list(self._members):
            if member.identity is not None and concerned(member.identity):
                member.end(SIGN_IN_ENDED)

    async def tend(self) -> None:
        """Ping all clients in turn, for ever; to be run as a task beside the server."""
        while True:
            await trio.sleep(self._limits.ping_interval_s)
            self._tend_all(trio.current_time())

    def _tend_all(self, now: float) -> None:
        # A function of its own, or the last session would stay in memory until the next round.
        for member in list(self._members):
            member.tend(now)

    async def close(self) -> None:
        """Refuse new sockets, close all with 1001, and wait until they have ended; each does within a few seconds."""
        self._is_closed = True
        for member in list(self._members):
            member.end(GOING_AWAY)
        await self._empty.wait()

    def _publish_portfolio(self, book: Book, last: Recorded, agent: Agent | None) -> None:
        agent_id = book.portfolio.agent_id
        owner = agent or self.views.agents.get(agent_id)
        listeners = self._listeners(routes_for(Topic.PORTFOLIO, agent_id, "" if owner is None else owner.user_id))
        if listeners:
            self._deliver(portfolio_frame(book, last.seq, last.at_us, self.views), listeners)

    def _listeners(self, routes: Iterable[str]) -> Collection[Listener]:
        """Return who listens to any of the routes, each once."""
        found = [self._routes[name] for name in routes if name in self._routes]
        if len(found) <= 1:
            return found[0] if found else ()
        union: dict[Listener, None] = {}
        for here in found:
            union.update(here)
        return union

    def _deliver(self, frame: Frame, listeners: Collection[Listener]) -> None:
        self._frames += 1
        self._deliveries += len(listeners)
        # A listener that lags leaves its routes, so those are told after the walk over them.
        behind = [listener for listener in listeners if not listener.offer(frame)]
        self._lagged += len(behind)
        for listener in behind:
            listener.lag(frame)
