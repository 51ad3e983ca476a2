"""Takes down a run while it goes: the publisher of a simulated floor, which hears of everything that became true."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import trio
from attrs import frozen

from actors.book import Book
from actors.events import AgentStatusChanged, ApprovalEventRecord, Recorded, TradeEventRecord
from actors.model import Agent, AgentStatus
from actors.views import MarketSnapshot
from simulations.columns import Ledgers, TradeColumns
from simulations.event_log import EventLog
from simulations.result import Ints

OPENING = -1


@frozen
class Horizon:
    """When a run is over, and how often its equities are sampled, in ticks."""

    ticks_total: int
    sample_ticks: int


class Recorder:
    """Implements `actors.ports.publisher.Publisher`. Made once the agents of the run are known."""

    def __init__(self, symbols: Sequence[str], horizon: Horizon, log: EventLog) -> None:
        self._symbols = tuple(symbols)
        self._horizon = horizon
        self._log = log
        self._prices: dict[str, int] = {}
        self._touched: dict[str, Book] = {}
        self._set_aside: Counter[str] = Counter()
        self._agent_ids: Sequence[str] = ()
        self._ledgers = Ledgers((), ())
        self.columns = TradeColumns((), ())
        self.ticks = OPENING
        """How many ticks there were after the opening."""
        self.over = trio.Event()
        """Set with the last tick, or when somebody wants the run to end."""
        self.on_tick: Callable[[], None] = lambda: None
        """Called after each tick."""

    @property
    def ledgers(self) -> Ledgers:
        """The equities."""
        return self._ledgers

    def enrol(self, books: Sequence[Book]) -> None:
        """Take in the agents of the run, before it starts."""
        self._agent_ids = agent_ids = [book.portfolio.agent_id for book in books]
        self._ledgers = Ledgers(self._symbols, agent_ids)
        self.columns = TradeColumns(self._symbols, agent_ids)
        self._touched = dict(zip(agent_ids, books, strict=True))

    def publish(
        self,
        recorded: Sequence[Recorded],
        agent: Agent | None,  # noqa: ARG002 - the port's signature
        book: Book | None,
    ) -> None:
        """Take the events of one commit."""
        self._log.add(recorded)
        if book is not None:
            self._touched[book.portfolio.agent_id] = book
        for record in recorded:
            event = record.event
            if isinstance(event, TradeEventRecord):
                self.columns.trade(event.trade, record.at_us)
            elif isinstance(event, ApprovalEventRecord):
                self.columns.approval(event, record.at_us, self._prices[event.trade.symbol])
            elif isinstance(event, AgentStatusChanged) and event.agent.status is AgentStatus.FAILED:
                self._set_aside[event.agent.agent_id] += 1

    def publish_market(self, snapshot: MarketSnapshot) -> None:
        """Take the prices of one tick."""
        self.ticks += 1
        self._prices = dict(snapshot.prices)
        horizon = self._horizon
        if self.ticks >= horizon.ticks_total:
            self.over.set()
        elif self.ticks % horizon.sample_ticks == 0:
            self.sample(snapshot.at_us)
        self.on_tick()

    def set_aside(self) -> Ints:
        """Return how often each agent was set aside."""
        return np.array([self._set_aside[agent_id] for agent_id in self._agent_ids], dtype=np.int64)

    def sample(self, at_us: int) -> None:
        """Take down everybody's equity at the prices of now."""
        prices = np.array([self._prices[symbol] for symbol in self._symbols], dtype=np.int64)
        self._ledgers.sample(at_us, self._touched.values(), prices)
        self._touched.clear()
