"""What a portfolio decides: from its book and a request to the events that follow, or to a refusal.

Each function is pure and returns an `Outcome`: the events to commit and the book as they leave it. A refusal raises the
error of its cause and has no outcome, so nothing can be half done.
"""

from collections.abc import Callable, Iterable, Mapping

from attrs import evolve, frozen

from actors import ledger, resting
from actors.book import Book, fold
from actors.errors import (
    AgentNotTrading,
    AlreadyDecided,
    ApprovalNotFound,
    ApprovalOverdue,
    AssetNotPermitted,
    InsufficientFunds,
    MarketClosed,
    TooManyOpenTrades,
    TradeNotFound,
)
from actors.events import (
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    BookEvent,
    TradeCancelled,
    TradeCreated,
    TradeExecuted,
    TradeFailed,
)
from actors.fills import filled
from actors.hours import is_open
from actors.lifecycle import (
    TRADABLE_BY_HAND,
    ApprovalEvent,
    TradeEvent,
    next_approval_status,
    next_trade_state,
)
from actors.model import (
    Action,
    Agent,
    AgentStatus,
    Approval,
    ApprovalStatus,
    Decision,
    OrderRequest,
    Trade,
    TradeStatus,
)
from actors.money import format_dollars
from actors.orders import (
    AUTONOMOUS_FREE_CASH_MICROS_MIN,
    buying_cost_micros,
    notional_micros,
    price_moved_beyond,
)
from actors.preferences import is_permitted
from actors.quick import quick
from actors.quota import crossings, require_quota
from actors.risk import PortfolioImpact, RiskAssessment
from supervisor import Refusal

PPM = 1_000_000

OPEN_TRADES_MAX = 500
"""Trades of an agent that rest or wait for approval: each makes every change of its book dearer, in the loop of all."""

Assess = Callable[[Book, Trade], tuple[RiskAssessment, PortfolioImpact]]
"""Judges a trade before it is held for approval: its risk, and what it would do to the portfolio."""


@frozen
class OversightRules:
    """When a trade waits for a human, for how long, and how far the price may move meanwhile."""

    threshold_micros: int
    ttl_us: int
    price_tolerance_ppm: int


@quick
@frozen
class Ticket:
    """The circumstances of one order: its id, the time, and the price of its symbol (micros per share).

    ``new_id`` gives the id of a request for approval, by its prefix, should there be one.
    """

    trade_id: str
    new_id: Callable[[str], str]
    at_us: int
    price_micros: int
    autonomous: bool = False
    by_program: bool = False
    """By the agent's own key: its hours and preferences bind it as they bind the strategy."""


@quick
@frozen
class Outcome:
    """What a decision leads to. `trade` is the trade it was about, as it stands afterwards."""

    events: tuple[BookEvent, ...]
    book: Book
    trade: Trade | None = None
    approval: Approval | None = None


def place_order(
    book: Book, agent: Agent, order: OrderRequest, ticket: Ticket, rules: OversightRules, assess: Assess
) -> Outcome:
    """Fill an order, or hold it for approval when its notional exceeds the agent's threshold.

    A limit or stop order whose price has not come yet rests with its reservation; the threshold counts when it fires
    (`actors.firing`).

    Raises AgentNotTrading, MarketClosed, AssetNotPermitted, QuotaExceeded, InsufficientFunds, InsufficientShares or
    TooManyOpenTrades.
    """
    _require_permission(agent, order, ticket)
    require_quota(agent.quota, book.usage, ticket.at_us)
    if ticket.autonomous and book.portfolio.free_micros < AUTONOMOUS_FREE_CASH_MICROS_MIN:
        raise InsufficientFunds(
            f"an autonomous trade needs {format_dollars(AUTONOMOUS_FREE_CASH_MICROS_MIN)} of free cash and there is "
            f"{format_dollars(book.portfolio.free_micros)}"
        )
    trade = resting.trigger(_accepted(agent, order, ticket), ticket.price_micros, ticket.at_us)
    if not resting.may_fill(trade, ticket.price_micros):
        _require_room(book)
        trade = resting.with_reservation(trade)
        return outcome_of(book, agent, (TradeCreated(trade),), trade)
    if trade.action is Action.BUY:
        ledger.require_cash(book.portfolio, buying_cost_micros(ticket.price_micros, order.quantity))
    else:
        ledger.require_shares(book.portfolio, order.symbol, order.quantity)
    event = fill_or_hold(book, agent, trade, ticket, rules, assess)
    approval = None
    if isinstance(event, ApprovalRequested):
        _require_room(book)
        approval = event.approval
    return outcome_of(book, agent, (TradeCreated(trade), event), event.trade, approval)


def _require_room(book: Book) -> None:
    if len(book.open_trades) >= OPEN_TRADES_MAX:
        raise TooManyOpenTrades(
            f"the agent has {OPEN_TRADES_MAX} open trades, as many as it may; cancel some, or have some decided on"
        )


def place_orders(
    book: Book,
    agent: Agent,
    orders: Iterable[tuple[OrderRequest, Ticket]],
    rules: OversightRules,
    assess: Assess,
) -> tuple[Outcome, tuple[Trade, ...], Refusal | None]:
    """Place orders one after the other; return what they lead to together, their trades, and what refused the next.

    A symbol with a trade that waits for approval is left out: it would otherwise be asked for twice.
    """
    events: list[BookEvent] = []
    trades: list[Trade] = []
    for order, ticket in orders:
        if is_held(book, order.symbol):
            continue
        try:
            outcome = place_order(book, agent, order, ticket, rules, assess)
        except Refusal as refusal:
            return Outcome(tuple(events), book), tuple(trades), refusal
        assert outcome.trade is not None
        events += outcome.events
        trades.append(outcome.trade)
        book = outcome.book
    return Outcome(tuple(events), book), tuple(trades), None


def is_held(book: Book, symbol: str) -> bool:
    """Say whether a trade in this symbol waits for approval."""
    return any(book.open_trades[held.trade_id].symbol == symbol for held in book.approvals.values())


def fill_or_hold(
    book: Book, agent: Agent, trade: Trade, ticket: Ticket, rules: OversightRules, assess: Assess
) -> TradeExecuted | ApprovalRequested:
    """Return what becomes of a trade that fills at the ticket's price, which the portfolio covers."""
    threshold = rules.threshold_micros if agent.oversight_threshold_micros is None else agent.oversight_threshold_micros
    if notional_micros(ticket.price_micros, trade.quantity) <= threshold:
        return TradeExecuted(filled(trade, ticket.price_micros, ticket.at_us))
    asked = evolve(trade, reference_price_micros=ticket.price_micros)
    approval, held = _held(agent, asked, ticket, evolve(rules, threshold_micros=threshold), assess(book, asked))
    return ApprovalRequested(approval, held)


def resolve_approval(book: Book, agent: Agent, request_id: str, decision: Decision, price_micros: int) -> Outcome:
    """Approve or reject a pending approval, at the price of now (micros per share).

    An approval covers one exact order: when the price has moved by more than the tolerance or beyond the limit, or the
    cash no longer covers it, the approved trade fails and says so. Raises ApprovalNotFound when it is not pending here,
    and ApprovalOverdue when its time is over.
    """
    approval = _pending(book, request_id)
    if decision.at_us >= approval.expires_at_us:
        raise ApprovalOverdue(f"{request_id} expired before the decision; submit the trade again")
    trade = book.open_trades[approval.trade_id]
    event = ApprovalEvent.APPROVE if decision.approved else ApprovalEvent.REJECT
    resolved = evolve(approval, status=next_approval_status(approval.status, event), decision=decision)
    if not decision.approved:
        closed = ended(trade, TradeEvent.REJECT, decision.reason or f"rejected by {decision.approver_name}")
        return outcome_of(book, agent, (ApprovalRejected(resolved, closed),), closed, resolved)
    obstacle = _obstacle(book, trade, approval, price_micros)
    if obstacle is not None:
        failed = ended(trade, TradeEvent.FAIL, obstacle)
        return outcome_of(book, agent, (ApprovalApproved(resolved, trade), TradeFailed(failed)), failed, resolved)
    done = filled(trade, price_micros, decision.at_us)
    return outcome_of(book, agent, (ApprovalApproved(resolved, trade), TradeExecuted(done)), done, resolved)


def expire_approval(book: Book, agent: Agent, request_id: str, at_us: int) -> Outcome | None:
    """Expire a pending approval whose time is over; None when it is not over yet. Raises ApprovalNotFound."""
    approval = _pending(book, request_id)
    if at_us < approval.expires_at_us:
        return None
    expired = evolve(approval, status=next_approval_status(approval.status, ApprovalEvent.EXPIRE))
    closed = ended(book.open_trades[approval.trade_id], TradeEvent.EXPIRE, "nobody decided in time")
    return outcome_of(book, agent, (ApprovalExpired(expired, closed),), closed, expired)


def cancel_trade(book: Book, agent: Agent, trade_id: str, reason: str) -> Outcome:
    """Take an open trade back. Raises TradeNotFound when no open trade has this id."""
    trade = book.open_trades.get(trade_id)
    if trade is None:
        raise TradeNotFound(f"{trade_id} is not open")
    events, cancelled = _cancellation(book, trade, reason)
    return outcome_of(book, agent, events, cancelled)


def liquidate(book: Book, agent: Agent, prices: Mapping[str, int], at_us: int, new_id: Callable[[str], str]) -> Outcome:
    """Cancel every open trade, then sell every position at `prices` (micros per share, by symbol)."""
    events: list[BookEvent] = []
    for trade in book.open_trades.values():
        events.extend(_cancellation(book, trade, "the agent was stopped")[0])
    for symbol, position in book.portfolio.positions.items():
        order = OrderRequest(symbol, Action.SELL, position.quantity, reason="liquidation: the agent was stopped")
        ticket = Ticket(new_id("trd"), new_id, at_us, prices[symbol], autonomous=True)
        trade = _accepted(agent, order, ticket)
        events += [TradeCreated(trade), TradeExecuted(filled(trade, prices[symbol], at_us))]
    return outcome_of(book, agent, tuple(events))


def repeat_decision(approval: Approval, *, approved: bool) -> Approval:
    """Return the recorded outcome of a resolved approval when the same decision comes again.

    Raises ApprovalOverdue when it expired, AlreadyDecided when it was resolved otherwise.
    """
    if approval.status is ApprovalStatus.EXPIRED:
        raise ApprovalOverdue(f"{approval.request_id} expired before the decision; submit the trade again")
    if approval.decision is None or approval.decision.approved is not approved:
        raise AlreadyDecided(f"{approval.request_id} is {approval.status} already")
    return approval


def outcome_of(
    book: Book,
    agent: Agent,
    events: tuple[BookEvent, ...],
    trade: Trade | None = None,
    approval: Approval | None = None,
) -> Outcome:
    """Return what events lead to, with an alert for each quota whose threshold they cross."""
    after = fold(book, events)
    alerts = tuple(crossings(book.usage, after.usage, agent.quota, agent.alerts.thresholds))
    # The last event is the answer that the journal keeps under an idempotency key, and an alert is none.
    return Outcome((*events[:-1], *alerts, *events[-1:]), after, trade, approval)


def _require_permission(agent: Agent, order: OrderRequest, ticket: Ticket) -> None:
    if ticket.autonomous and agent.status is not AgentStatus.ACTIVE:
        raise AgentNotTrading(f"the agent is {agent.status}; it trades by itself only while active")
    if agent.status not in TRADABLE_BY_HAND:
        raise AgentNotTrading(f"the agent is {agent.status}; only paused and active agents trade")
    if not (ticket.autonomous or ticket.by_program):
        return
    if agent.hours is not None and not is_open(agent.hours, ticket.at_us):
        raise MarketClosed("outside the agent's trading hours; its owner may still trade by hand")
    if not is_permitted(agent.preferences, order.symbol):
        raise AssetNotPermitted(f"the agent's asset preferences exclude {order.symbol}")


def _accepted(agent: Agent, order: OrderRequest, ticket: Ticket) -> Trade:
    return Trade(
        trade_id=ticket.trade_id,
        agent_id=agent.agent_id,
        symbol=order.symbol,
        action=order.action,
        quantity=order.quantity,
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        status=TradeStatus.PENDING,
        submitted_at_us=ticket.at_us,
        reference_price_micros=ticket.price_micros,
        autonomous=ticket.autonomous,
        limit_price_micros=order.limit_price_micros,
        stop_price_micros=order.stop_price_micros,
        reason=order.reason,
        client_order_id=order.client_order_id,
        submission_cost_micros=agent.quota.submission_cost_micros,
        execution_cost_micros=agent.quota.execution_cost_micros,
    )


def _held(
    agent: Agent,
    trade: Trade,
    ticket: Ticket,
    rules: OversightRules,
    judgement: tuple[RiskAssessment, PortfolioImpact],
) -> tuple[Approval, Trade]:
    risk, impact = judgement
    notional = notional_micros(ticket.price_micros, trade.quantity)
    buying = trade.action is Action.BUY
    request_id = ticket.new_id("ovr")
    held = evolve(
        trade,
        status=next_trade_state(trade.status, TradeEvent.HOLD)[0],
        approval_request_id=request_id,
        reserved_micros=buying_cost_micros(ticket.price_micros, trade.quantity) if buying else 0,
        reserved_quantity=0 if buying else trade.quantity,
    )
    approval = Approval(
        request_id=request_id,
        agent_id=agent.agent_id,
        user_id=agent.user_id,
        trade_id=trade.trade_id,
        status=ApprovalStatus.PENDING,
        reason=(
            f"the notional of {format_dollars(notional)} exceeds the threshold of "
            f"{format_dollars(rules.threshold_micros)}"
        ),
        estimated_value_micros=notional,
        price_tolerance_ppm=rules.price_tolerance_ppm,
        risk=risk,
        impact=impact,
        created_at_us=ticket.at_us,
        expires_at_us=ticket.at_us + rules.ttl_us,
    )
    return approval, held


def ended(trade: Trade, event: TradeEvent, reason: str) -> Trade:
    """Return a trade that ends without a fill, and says why."""
    status, _ = next_trade_state(trade.status, event)
    return evolve(trade, status=status, failure_reason=reason, reserved_micros=0, reserved_quantity=0)


def _cancellation(book: Book, trade: Trade, reason: str) -> tuple[tuple[BookEvent, ...], Trade]:
    cancelled = ended(trade, TradeEvent.CANCEL, reason)
    if trade.status is not TradeStatus.PENDING_APPROVAL:
        return (TradeCancelled(cancelled),), cancelled
    approval = _pending(book, trade.approval_request_id or "")
    withdrawn = evolve(approval, status=next_approval_status(approval.status, ApprovalEvent.CANCEL))
    return (ApprovalCancelled(withdrawn, trade), TradeCancelled(cancelled)), cancelled


def _pending(book: Book, request_id: str) -> Approval:
    approval = book.approvals.get(request_id)
    if approval is None:
        raise ApprovalNotFound(f"{request_id} is not pending")
    return approval


def _obstacle(book: Book, trade: Trade, approval: Approval, price_micros: int) -> str | None:
    """Say why an approved trade cannot fill at this price, or None when it can."""
    if price_moved_beyond(trade.reference_price_micros, price_micros, approval.price_tolerance_ppm):
        moved = (price_micros - trade.reference_price_micros) / trade.reference_price_micros
        return (
            f"the price moved by {moved:+.2%} to {format_dollars(price_micros)} since approval was asked for, more "
            f"than the tolerance of {approval.price_tolerance_ppm / PPM:.2%}"
        )
    if trade.limit_price_micros is not None and resting.is_beyond_limit(trade, price_micros):
        limit = format_dollars(trade.limit_price_micros)
        return f"the price of {format_dollars(price_micros)} is beyond the limit of {limit}"
    return shortage(book, trade, price_micros)


def shortage(book: Book, trade: Trade, price_micros: int) -> str | None:
    """Say that the cash for an open trade is missing at this price, or None when it is there."""
    short = buying_cost_micros(price_micros, trade.quantity) - trade.reserved_micros - book.portfolio.free_micros
    if trade.action is Action.BUY and short > 0:
        return f"the price rose to {format_dollars(price_micros)} and {format_dollars(short)} of cash is missing"
    return None
