"""What must hold at every moment of a run, checked against the log as it grows; each check names what it found broken.

The witness believes nothing but what is durable. It folds the log by itself, compares what the floor shows with that,
and holds the floor to whatever anybody was told.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from actors import ledger
from actors.book import Book, StreamBroken, apply, open_book
from actors.errors import LedgerIdentityError
from actors.events import (
    AgentCreated,
    AgentStatusChanged,
    AgentUpdated,
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    BookEvent,
    Event,
    Recorded,
    TradeCreated,
    TradeExecuted,
)
from actors.model import Agent
from actors.views import FloorViews
from simulations.chaos.clients import CHANNELS

RESOLUTIONS: Final = (ApprovalApproved, ApprovalRejected, ApprovalExpired, ApprovalCancelled)


class Violated(Exception):
    """An invariant does not hold; `invariant` names it, the message says how."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


@frozen
class Acknowledged:
    """What somebody was told: this trade was accepted, under this key where there was one."""

    agent_id: str
    trade_id: str
    key: str | None


class Witness:
    """Follows the log of one run over all lives of the floor."""

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self.books: dict[str, Book] = {}
        self.acknowledged: list[Acknowledged] = []
        self.decisions: dict[str, bool] = {}
        """How people were told that approvals were decided."""
        self.position = 0
        self.expected: dict[str, list[int]] = {channel: [] for channel in CHANNELS}
        self.executed = 0
        self._trades: set[str] = set()
        self._executed: set[str] = set()
        self._resolved: dict[str, Event] = {}
        self._trade_of_key: dict[str, str] = {}

    def follow(self, log: Sequence[Recorded]) -> None:
        """Fold what has been made durable since the last time. Raises Violated."""
        for record in log[self.position :]:
            self.position += 1
            if record.seq != self.position:
                raise Violated("the log has no gap", f"{record.seq} stands where {self.position} belongs")
            for channel, kinds in CHANNELS.items():
                if record.event.type in kinds:
                    self.expected[channel].append(record.seq)
            self._fold(record)
            self._judge(record)

    def see(self, recorded: Sequence[Recorded], log: Sequence[Recorded]) -> None:
        """Take what the floor has published. Raises Violated where that is not durable."""
        for record in recorded:
            if record.seq > len(log) or log[record.seq - 1] is not record:
                raise Violated(
                    "published only what is durable", f"{record.event.type} at {record.seq} is not in the log"
                )

    def compare(self, views: FloorViews) -> None:
        """Compare what the floor shows with the log, at a moment when no commit is half way. Raises Violated."""
        for agent_id, agent in self.agents.items():
            if views.agents.get(agent_id) != agent:
                raise Violated("replay(events) == state", f"the agent {agent_id} is shown otherwise than logged")
            if views.books.get(agent_id) != self.books[agent_id]:
                raise Violated("replay(events) == state", f"the book of {agent_id} is shown otherwise than logged")

    def keep(self, told: Acknowledged) -> None:
        """Remember what somebody was told. Raises Violated where one key led to two trades."""
        self.acknowledged.append(told)
        if told.key is not None and self._trade_of_key.setdefault(told.key, told.trade_id) != told.trade_id:
            raise Violated(
                "no trade twice under one key",
                f"{told.key} was answered with {self._trade_of_key[told.key]}, then with {told.trade_id}",
            )

    def remember(self) -> None:
        """Check that whatever was acknowledged is durable. Raises Violated."""
        for told in self.acknowledged:
            if told.trade_id not in self._trades:
                raise Violated(
                    "what was acknowledged is present", f"{told.trade_id} of {told.agent_id} is not in the log"
                )

        for request_id, approved in self.decisions.items():
            wanted = ApprovalApproved if approved else ApprovalRejected
            if not isinstance(self._resolved.get(request_id), wanted):
                raise Violated("what was acknowledged is present", f"{request_id} is not logged as {wanted.type}")

    def _fold(self, record: Recorded) -> None:
        event, stream = record.event, record.stream
        try:
            if isinstance(event, AgentCreated):
                self.agents[stream], self.books[stream] = event.agent, open_book(event.agent)
            elif isinstance(event, AgentUpdated | AgentStatusChanged):
                self.agents[stream] = event.agent
            elif isinstance(event, BookEvent):
                self.books[stream] = book = apply(self.books[stream], event)
                _check_book(book)
        except (StreamBroken, LedgerIdentityError, KeyError) as error:
            raise Violated("ledger identities", f"at {record.seq}, {event.type} of {stream}: {error!r}") from error

    def _judge(self, record: Recorded) -> None:
        event = record.event
        if isinstance(event, TradeCreated):
            self._once(self._trades, event.trade.trade_id, "no trade twice", record)
            self._trades.add(event.trade.trade_id)
        elif isinstance(event, TradeExecuted):
            self.executed += 1
            self._once(self._executed, event.trade.trade_id, "no trade executed twice", record)
            self._executed.add(event.trade.trade_id)
        elif isinstance(event, RESOLUTIONS):
            request_id = event.approval.request_id
            self._once(self._resolved, request_id, "no approval resolved twice", record)
            self._resolved[request_id] = event
            if isinstance(event, ApprovalExpired) and record.at_us < event.approval.expires_at_us:
                early_s = (event.approval.expires_at_us - record.at_us) / 1e6
                raise Violated("no approval expires early", f"{event.approval.request_id} did, by {early_s} s")

    @staticmethod
    def _once(known: Container[str], what: str, invariant: str, record: Recorded) -> None:
        if what in known:
            raise Violated(invariant, f"{what} is at {record.seq} once more")


def check_sockets(seen: Mapping[str, Sequence[int]], expected: Mapping[str, Sequence[int]], *, complete: bool) -> None:
    """Check that a client saw the events of each channel once and in order; `complete`: every one. Raises Violated."""
    for channel, sequences in expected.items():
        heard = list(seen[channel])
        wanted = list(sequences) if complete else list(sequences[: len(heard)])
        if heard != wanted:
            place = next((at for at, pair in enumerate(zip(heard, wanted, strict=False)) if pair[0] != pair[1]), None)
            where = min(len(heard), len(wanted)) if place is None else place
            raise Violated(
                "sockets see every event once, in order",
                f"{channel}: heard {heard[where : where + 3]} where {wanted[where : where + 3]} belongs",
            )


def at_rest(books: Mapping[str, Book]) -> Iterator[str]:
    """Yield what still waits in books in which nothing should; that nothing else is reserved is checked throughout."""
    for agent_id, book in books.items():
        if book.approvals:
            yield f"{agent_id} still waits for {', '.join(book.approvals)}"


def _check_book(book: Book) -> None:
    """Check the ledger's identities, and that exactly what open trades hold is reserved. Raises LedgerIdentityError."""
    portfolio = ledger.check(book.portfolio)
    held = sum(trade.reserved_micros for trade in book.open_trades.values())
    if held != portfolio.reserved_micros:
        raise LedgerIdentityError(f"{portfolio.reserved_micros} micros are reserved and open trades hold {held}")
    shares: dict[str, int] = {}
    for trade in book.open_trades.values():
        shares[trade.symbol] = shares.get(trade.symbol, 0) + trade.reserved_quantity
    for symbol, position in portfolio.positions.items():
        if position.reserved_quantity != shares.get(symbol, 0):
            raise LedgerIdentityError(
                f"{position.reserved_quantity} {symbol} are reserved and open trades hold {shares.get(symbol, 0)}"
            )
