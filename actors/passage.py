"""What became of an agent between two moments of the log: its state at both, and the trades that changed.

A moment is a sequence: the state is what the events up to and with it lead to, folded by the rules that the live actors
go by, so that what an operator compares is what was.
"""

from collections.abc import Mapping

from attrs import define, field, frozen

from actors.book import Book, StreamBroken, apply, open_book
from actors.events import AgentCreated, AgentEventRecord, BookEvent, Recorded
from actors.model import Agent, Trade

TRADES_MAX = 200
"""So many trades that changed are kept, those that changed last; they are counted all."""


@frozen
class Moment:
    """An agent and its book as the event `seq`, at `at_us`, left them."""

    seq: int
    at_us: int
    agent: Agent
    book: Book


@frozen
class TradeChange:
    """A trade as it was before, None where there was none, and as it is after."""

    before: Trade | None
    after: Trade


@frozen
class Passage:
    """From one moment to another; `before` is None where the agent did not exist yet.

    `events` counts those in between, `trades_total` the trades that they changed; `trades` are the last of these.
    """

    before: Moment | None
    after: Moment
    events: int
    trades: tuple[TradeChange, ...]
    trades_total: int


@define
class Replaying:
    """Folds the events of one agent's stream, in order and from the first on, around the moment `from_seq`."""

    from_seq: int
    _before: Moment | None = None
    _now: Moment | None = None
    _events: int = 0
    _changed: dict[str, Trade] = field(factory=dict)

    def add(self, place: Recorded) -> None:
        """Take the next event. Raises StreamBroken, and what the ledger raises, where it cannot have followed."""
        agent, book = self._follow(place)
        moment = Moment(place.seq, place.at_us, agent, book)
        self._now = moment
        if place.seq <= self.from_seq:
            self._before = moment
            return
        self._events += 1
        trade: Trade | None = getattr(place.event, "trade", None)
        if trade is not None:
            self._changed.pop(trade.trade_id, None)  # The one that changed last comes last.
            self._changed[trade.trade_id] = trade

    def passage(self) -> Passage | None:
        """Return what the events taken so far amount to, None where there were none."""
        if self._now is None:
            return None
        open_before: Mapping[str, Trade] = {} if self._before is None else self._before.book.open_trades
        changed = list(self._changed.values())[-TRADES_MAX:]
        trades = tuple(TradeChange(open_before.get(trade.trade_id), trade) for trade in changed)
        return Passage(self._before, self._now, self._events, trades, len(self._changed))

    def _follow(self, place: Recorded) -> tuple[Agent, Book]:
        event, now = place.event, self._now
        if now is None:
            if not isinstance(event, AgentCreated):
                raise StreamBroken(f"an agent's stream starts with {AgentCreated.type}, not {event.type}")
            return event.agent, open_book(event.agent)
        if isinstance(event, AgentEventRecord) and not isinstance(event, AgentCreated):
            return event.agent, now.book
        if isinstance(event, BookEvent):
            return now.agent, apply(now.book, event)
        raise StreamBroken(f"{event.type} has no place in an agent's stream")
