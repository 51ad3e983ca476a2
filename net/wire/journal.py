"""The log as the control plane shows it: one event in its chain, and what became of an agent between two moments."""

from typing import Any

from attrs import frozen

from actors.ledger import Portfolio
from actors.model import AgentStatus, TradeStatus
from actors.money import divide_half_even
from actors.passage import Moment, Passage
from actors.ports.history import LogEntry
from net.wire.converter import to_json
from net.wire.events import event_json
from net.wire.render import trade_shape
from net.wire.scalars import Dollars, Timestamp
from net.wire.shapes import EventShape, TradeShape


@frozen
class LogEntryShape(EventShape):
    """An event in its place. `stream_seq` counts the events of its stream, such as those of one agent.

    `hash` covers the event and `previous_hash`, that of the event before it; both are hexadecimal. `holds` says whether
    it is the one that follows from them.
    """

    stream: str
    stream_seq: int
    hash: str
    previous_hash: str
    holds: bool


@frozen
class HoldingShape:
    """Shares of one symbol, `reserved` of them for open sales; at cost, as the log has no prices."""

    symbol: str
    quantity: int
    reserved: int
    average_cost: Dollars
    cost_basis: Dollars


@frozen
class MomentShape:
    """An agent as an event left it. `cash` includes what is `reserved`; `realized_pnl` is before fees."""

    seq: int
    timestamp: Timestamp
    status: AgentStatus
    cash: Dollars
    reserved: Dollars
    cost_basis: Dollars
    realized_pnl: Dollars
    fees: Dollars
    open_trades: int
    approvals: int
    api_calls: int
    budget_spent: Dollars
    positions: tuple[HoldingShape, ...]


@frozen
class TradeChangeShape:
    """A trade as it is after, and the status that it had before; null where there was none."""

    before: TradeStatus | None
    after: TradeShape


@frozen
class PassageShape:
    """What became of an agent from one moment to another; `before` is null where it did not exist yet.

    `trades` are those that changed in between, the last of `trades_total`; `events` counts all that happened.
    """

    agent_id: str
    name: str
    before: MomentShape | None
    after: MomentShape
    events: int
    trades: tuple[TradeChangeShape, ...]
    trades_total: int


def entry_json(entry: LogEntry) -> dict[str, Any]:
    """Show an event in its place in the chain."""
    place = entry.recorded
    return event_json(place) | {
        "stream": place.stream,
        "streamSeq": place.stream_seq,
        "hash": entry.hash.hex(),
        "previousHash": entry.previous_hash.hex(),
        "holds": entry.holds,
    }


def passage_json(passage: Passage) -> dict[str, Any]:
    """Show what became of an agent."""
    trades = tuple(
        TradeChangeShape(None if change.before is None else change.before.status, trade_shape(change.after))
        for change in passage.trades
    )
    return to_json(
        PassageShape(
            agent_id=passage.after.agent.agent_id,
            name=passage.after.agent.name,
            before=None if passage.before is None else _moment(passage.before),
            after=_moment(passage.after),
            events=passage.events,
            trades=trades,
            trades_total=passage.trades_total,
        )
    )


def _moment(moment: Moment) -> MomentShape:
    portfolio, usage = moment.book.portfolio, moment.book.usage
    return MomentShape(
        seq=moment.seq,
        timestamp=Timestamp(moment.at_us),
        status=moment.agent.status,
        cash=Dollars(portfolio.cash_micros),
        reserved=Dollars(portfolio.reserved_micros),
        cost_basis=Dollars(portfolio.cost_basis_micros),
        realized_pnl=Dollars(portfolio.realised_gross_micros),
        fees=Dollars(portfolio.fees_micros),
        open_trades=len(moment.book.open_trades),
        approvals=len(moment.book.approvals),
        api_calls=usage.api_calls,
        budget_spent=Dollars(usage.spent_micros),
        positions=_holdings(portfolio),
    )


def _holdings(portfolio: Portfolio) -> tuple[HoldingShape, ...]:
    return tuple(
        HoldingShape(
            symbol,
            position.quantity,
            position.reserved_quantity,
            Dollars(divide_half_even(position.cost_basis_micros, position.quantity)),
            Dollars(position.cost_basis_micros),
        )
        for symbol, position in sorted(portfolio.positions.items())
        if position.quantity
    )
