"""The book of one agent: its ledger, usage, open trades and pending approvals, folded from events.

The same fold serves the portfolio actor after a commit and `replay` over the log, so that a state that replays
differently from what is stored is a defect of storage or tampering, never of a second copy of the rules.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from actors import ledger
from actors.events import (
    AgentCreated,
    AgentStatusChanged,
    AgentUpdated,
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    BookEvent,
    Event,
    TradeCancelled,
    TradeCreated,
    TradeExecuted,
    TradeFailed,
    TradeTriggered,
    UsageAlert,
)
from actors.ledger import Portfolio
from actors.model import Action, Agent, Approval, Trade, Usage
from actors.orders import notional_micros
from actors.ports.periods import period_of
from actors.quick import quick
from actors.quota import add_usage

SUBMITTED = "trade.submitted"
EXECUTED = "trade.executed"

ItemT = TypeVar("ItemT")


@quick
@frozen
class Book:
    """What a portfolio actor keeps. Only open trades and pending approvals are here; the rest is history."""

    portfolio: Portfolio
    usage: Usage
    open_trades: Mapping[str, Trade] = field(factory=dict)
    approvals: Mapping[str, Approval] = field(factory=dict)


class StreamBroken(ValueError):
    """Events stand where they cannot have happened: a defect of storage, or tampering."""


def open_book(agent: Agent) -> Book:
    """Return the book of an agent that was just created."""
    return Book(
        ledger.open_portfolio(agent.agent_id, agent.initial_budget_micros),
        Usage(agent.agent_id, period_of(agent.created_at_us)),
    )


def fold(book: Book, events: Iterable[BookEvent]) -> Book:
    """Return the book after `events`, its ledger identities checked."""
    for event in events:
        book = apply(book, event)
    ledger.check(book.portfolio)
    return book


def apply(book: Book, event: BookEvent) -> Book:
    """Return the book after one event. Raises StreamBroken or the ledger's errors when it cannot have followed."""
    return _FOLDS[type(event)](book, event)


def replay(events: Iterable[Event]) -> tuple[Agent, Book]:
    """Return an agent and its book as the events of its stream leave them. The first event creates the agent.

    Raises StreamBroken when it does not, or when an event has no place in an agent's stream.
    """
    stream = iter(events)
    first = next(stream, None)
    if not isinstance(first, AgentCreated):
        raise StreamBroken(f"an agent's stream starts with {AgentCreated.type}, not {first!r}")
    agent, book = first.agent, open_book(first.agent)
    for event in stream:
        if isinstance(event, AgentUpdated | AgentStatusChanged):
            agent = event.agent
        elif isinstance(event, BookEvent):
            book = apply(book, event)
        else:
            raise StreamBroken(f"{event.type} has no place in an agent's stream")
    ledger.check(book.portfolio)
    return agent, book


def _created(book: Book, trade: Trade) -> Book:
    if trade.trade_id in book.open_trades:
        raise StreamBroken(f"{trade.trade_id} is open already")
    usage = add_usage(book.usage, SUBMITTED, 1, trade.submission_cost_micros, trade.submitted_at_us)
    portfolio = _reserve(book.portfolio, trade)
    return Book(portfolio, usage, {**book.open_trades, trade.trade_id: trade}, book.approvals)


def _triggered(book: Book, trade: Trade) -> Book:
    if trade.trade_id not in book.open_trades:
        raise StreamBroken(f"{trade.trade_id} is not open")
    return evolve(book, open_trades={**book.open_trades, trade.trade_id: trade})


def _executed(book: Book, trade: Trade) -> Book:
    if trade.executed_price_micros is None or trade.fee_micros is None or trade.executed_at_us is None:
        raise StreamBroken(f"{trade.trade_id} was executed without a price, a fee or a time")
    released, open_trades = _released(book, trade)
    post = ledger.post_buy if trade.action is Action.BUY else ledger.post_sell
    notional = notional_micros(trade.executed_price_micros, trade.quantity)
    portfolio = post(released, trade.symbol, trade.quantity, notional, trade.fee_micros)
    usage = add_usage(book.usage, EXECUTED, 0, trade.execution_cost_micros, trade.executed_at_us)
    return Book(portfolio, usage, open_trades, book.approvals)


def _closed(book: Book, trade: Trade) -> Book:
    portfolio, open_trades = _released(book, trade)
    return Book(portfolio, book.usage, open_trades, book.approvals)


def _released(book: Book, trade: Trade) -> tuple[Portfolio, Mapping[str, Trade]]:
    """Release what the open trade held, and forget it: return the portfolio and the trades that stay open."""
    held = book.open_trades.get(trade.trade_id)
    if held is None:
        raise StreamBroken(f"{trade.trade_id} is not open")
    portfolio = book.portfolio
    if held.reserved_micros:
        portfolio = ledger.release_cash(portfolio, held.reserved_micros)
    if held.reserved_quantity:
        portfolio = ledger.release_shares(portfolio, held.symbol, held.reserved_quantity)
    return portfolio, _without(book.open_trades, trade.trade_id)


def _reserve(portfolio: Portfolio, trade: Trade) -> Portfolio:
    if trade.reserved_micros:
        return ledger.reserve_cash(portfolio, trade.reserved_micros)
    if trade.reserved_quantity:
        return ledger.reserve_shares(portfolio, trade.symbol, trade.reserved_quantity)
    return portfolio


def _without(items: Mapping[str, ItemT], key: str) -> Mapping[str, ItemT]:
    return {name: item for name, item in items.items() if name != key}


def _requested(book: Book, event: ApprovalRequested) -> Book:
    """Swap what a resting order held for what the approval holds."""
    trade = event.trade
    portfolio = _reserve(_released(book, trade)[0], trade)
    return Book(
        portfolio,
        book.usage,
        {**book.open_trades, trade.trade_id: trade},
        {**book.approvals, event.approval.request_id: event.approval},
    )


def _settled(book: Book, event: ApprovalApproved | ApprovalCancelled) -> Book:
    """Forget the approval; what its trade does follows as its own event."""
    return _resolved(book, event.approval)


def _refused(book: Book, event: ApprovalRejected | ApprovalExpired) -> Book:
    return _closed(_resolved(book, event.approval), event.trade)


def _resolved(book: Book, approval: Approval) -> Book:
    if approval.request_id not in book.approvals:
        raise StreamBroken(f"{approval.request_id} is not pending")
    return evolve(book, approvals=_without(book.approvals, approval.request_id))


_FOLDS: Mapping[type[BookEvent], Callable[[Book, Any], Book]] = {
    TradeCreated: lambda book, event: _created(book, event.trade),
    TradeTriggered: lambda book, event: _triggered(book, event.trade),
    TradeExecuted: lambda book, event: _executed(book, event.trade),
    TradeFailed: lambda book, event: _closed(book, event.trade),
    TradeCancelled: lambda book, event: _closed(book, event.trade),
    ApprovalRequested: _requested,
    ApprovalApproved: _settled,
    ApprovalRejected: _refused,
    ApprovalExpired: _refused,
    ApprovalCancelled: _settled,
    UsageAlert: lambda book, _event: book,
}
