"""What everybody may read without asking: the last committed state of the floor, as immutable snapshots.

A read never queues behind a commit. The journal is the only writer of agents, books and the sequence, in the order of
its commits and before it answers them; the market is the only writer of prices and bars. Everything stored here is
frozen, so a reader keeps a consistent picture however long it looks.
"""

from collections.abc import Collection, Iterator, Mapping

import trio
from attrs import frozen

from actors.bars import RecentBars
from actors.book import Book
from actors.errors import AgentNotFound, UnknownSymbol
from actors.model import Agent
from actors.prices.ticks import MICROSECONDS_PER_SECOND
from actors.strategies.base import MarketView


@frozen
class MarketSnapshot:
    """Prices of one tick, micros per share by symbol, and the recent ones that strategies and risk look at.

    `opens` are the first prices of the day (UTC). `ticks_per_year` scales a volatility per tick to one per year;
    `tick_us` is how long a tick takes by the clock.
    """

    tick: int
    view: MarketView
    opens: Mapping[str, int]
    ticks_per_year: float
    tick_us: int = MICROSECONDS_PER_SECOND

    @property
    def at_us(self) -> int:
        """Return when the prices were made."""
        return self.view.now_us

    @property
    def prices(self) -> Mapping[str, int]:
        """Return the prices by symbol."""
        return self.view.prices

    def price(self, symbol: str) -> int:
        """Return the price of a symbol. Raises UnknownSymbol."""
        try:
            return self.view.prices[symbol]
        except KeyError:
            raise UnknownSymbol(f"{symbol} is not listed; the market has {', '.join(sorted(self.prices))}") from None


NO_MARKET = MarketSnapshot(tick=0, view=MarketView(now_us=0, prices={}), opens={}, ticks_per_year=0.0)
"""Before the first tick there is no price."""


class FloorViews:
    """The published snapshots, each with one writer."""

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.books: dict[str, Book] = {}
        self.market = NO_MARKET
        self.bars = RecentBars()
        self._last_seq = 0
        self._followers = trio.lowlevel.ParkingLot()
        self._touched: dict[str, None] = {}
        self._traded: dict[str, int] = {}
        self._agents_of: dict[str, dict[str, None]] = {}
        self._agent_of_request: dict[str, str] = {}

    @property
    def last_seq(self) -> int:
        """The sequence of the last event that is committed and shown here, 0 before the first."""
        return self._last_seq

    @last_seq.setter
    def last_seq(self, seq: int) -> None:
        self._last_seq = seq
        if self._followers:
            self._followers.unpark_all()

    async def wait_beyond(self, seq: int) -> None:
        """Wait until the log goes on after a sequence."""
        while self._last_seq <= seq:
            await self._followers.park()

    def publish(self, agent: Agent | None, book: Book | None) -> None:
        """Put the states that a commit led to in the place of the ones before."""
        if agent is not None:
            self.agents[agent.agent_id] = agent
            self._agents_of.setdefault(agent.user_id, {})[agent.agent_id] = None
            self._touched[agent.agent_id] = None
        if book is not None:
            agent_id = book.portfolio.agent_id
            before = self.books.get(agent_id)
            self.books[agent_id] = book
            self._touched[agent_id] = None
            if before is None or before.approvals is not book.approvals:
                self._index_approvals(agent_id, before, book)

    def agent(self, agent_id: str) -> Agent:
        """Return an agent. Raises AgentNotFound."""
        try:
            return self.agents[agent_id]
        except KeyError:
            raise AgentNotFound(f"there is no agent {agent_id}") from None

    def book(self, agent_id: str) -> Book:
        """Return the book of an agent. Raises AgentNotFound."""
        try:
            return self.books[agent_id]
        except KeyError:
            raise AgentNotFound(f"there is no agent {agent_id}") from None

    def take_touched(self) -> Collection[str]:
        """Return the agents that changed, or whose book did, since this was asked last: by one reader alone."""
        touched, self._touched = self._touched, {}
        return touched

    def count_traded(self, symbol: str, quantity: int) -> None:
        """Count shares that changed hands."""
        self._traded[symbol] = self._traded.get(symbol, 0) + quantity

    def take_traded(self) -> Mapping[str, int]:
        """Return the shares that changed hands, by symbol, since this was asked last: by the market alone."""
        traded, self._traded = self._traded, {}
        return traded

    def agents_of(self, user_id: str) -> Iterator[Agent]:
        """Yield the agents of a user, oldest first."""
        return (self.agents[agent_id] for agent_id in self._agents_of.get(user_id, ()))

    def agent_of_request(self, request_id: str) -> str | None:
        """Return the id of the agent whose approval is pending under this id, None where none is."""
        return self._agent_of_request.get(request_id)

    def pending_requests(self) -> list[str]:
        """Return the ids of the approvals that wait for a decision, the oldest first, as ids begin with the time."""
        return sorted(self._agent_of_request)

    def pending_approvals(self) -> int:
        """Return how many approvals wait for a decision."""
        return len(self._agent_of_request)

    def _index_approvals(self, agent_id: str, before: Book | None, book: Book) -> None:
        for request_id in before.approvals if before is not None else ():
            if request_id not in book.approvals:
                del self._agent_of_request[request_id]
        for request_id in book.approvals:
            self._agent_of_request[request_id] = agent_id
