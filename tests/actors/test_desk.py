"""What the desk decides of an order, an approval, a cancellation and a liquidation; and what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from actors.book import fold
from actors.desk import (
    Ticket,
    cancel_trade,
    expire_approval,
    liquidate,
    repeat_decision,
    resolve_approval,
)
from actors.errors import (
    AgentNotTrading,
    AlreadyDecided,
    ApprovalNotFound,
    ApprovalOverdue,
    AssetNotPermitted,
    InsufficientFunds,
    InsufficientShares,
    MarketClosed,
    QuotaExceeded,
    TradeNotFound,
    TradingError,
)
from actors.events import (
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    TradeCancelled,
    TradeCreated,
    TradeExecuted,
    TradeFailed,
    UsageAlert,
)
from actors.hours import TradingHours
from actors.model import Agent, AgentStatus, ApprovalStatus, OrderRequest, QuotaConfig, TradeStatus, Usage
from actors.money import dollars
from actors.preferences import AssetPreferences
from tests.actors.builders import (
    AAPL_MICROS,
    IMPACT,
    MINUTE_US,
    NOW_US,
    PRICES,
    RISK,
    RULES,
    TSLA_MICROS,
    a_book,
    a_decision,
    a_ticket,
    a_trade,
    an_agent,
    an_approval,
    book_with_shares,
    buy,
    held_purchase,
    held_sale,
    placed,
    sell,
)

AGENT = an_agent()
TSLA_COST_MICROS = dollars(75_075)


def _at(price_micros: int) -> Ticket:
    return a_ticket(price_micros=price_micros)


def _types(events: tuple[object, ...]) -> list[type]:
    return [type(event) for event in events]


def test_a_purchase_fills_at_once() -> None:
    """10 AAPL at $150.25 take $1,502.50 and the fee from the cash, one call and ten cents from the quota."""
    outcome = placed(a_book(), buy(quantity=10, reason="a hunch", client_order_id="c-1"))

    created = a_trade(reason="a hunch", client_order_id="c-1")
    filled = evolve(
        created,
        status=TradeStatus.COMPLETED,
        executed_at_us=NOW_US,
        executed_price_micros=AAPL_MICROS,
        fee_micros=dollars("1.5025"),
        total_cost_micros=dollars("1504.0025"),
    )
    assert outcome.events == (TradeCreated(created), TradeExecuted(filled))
    assert outcome.trade == filled
    assert outcome.approval is None
    assert outcome.book.portfolio.cash_micros == dollars("98495.9975")
    assert outcome.book.open_trades == {}
    assert (outcome.book.usage.api_calls, outcome.book.usage.spent_micros) == (1, dollars("0.10"))


def test_a_sale_brings_notional_less_fee() -> None:
    """The total of a sale is what the cash grows by."""
    before = book_with_shares(100)

    outcome = placed(before, sell(quantity=40))

    assert outcome.trade is not None
    assert outcome.trade.total_cost_micros == dollars("6003.99")
    assert outcome.book.portfolio.cash_micros == before.portfolio.cash_micros + dollars("6003.99")
    assert outcome.book.portfolio.position("AAPL").quantity == 60


def test_a_sale_never_costs_more_than_it_brings() -> None:
    """The fee of a sale below a dollar is what it brings: a sale needs no cash, which may not be there."""
    price_micros = dollars("0.40")
    book = placed(a_book(an_agent(initial_budget_micros=dollars("1.40"))), buy(quantity=1), _at(price_micros)).book
    assert book.portfolio.cash_micros == 0

    outcome = placed(book, sell(quantity=1), _at(price_micros))

    assert outcome.trade is not None
    assert (outcome.trade.fee_micros, outcome.trade.total_cost_micros) == (price_micros, 0)
    assert outcome.book.portfolio.cash_micros == 0


@pytest.mark.parametrize(
    ("order", "ticket", "error"),
    [
        (buy(quantity=664), a_ticket(), None),
        (buy(quantity=665), a_ticket(), InsufficientFunds),
        (sell(quantity=1), a_ticket(), InsufficientShares),
    ],
)
def test_an_order_needs_cash_or_shares(order: OrderRequest, ticket: Ticket, error: type[TradingError] | None) -> None:
    """The whole cash, fee included, may be spent; nothing is bought on credit and nothing sold short."""
    if error is None:
        assert placed(a_book(), order, ticket, threshold_micros=dollars(100_000)).trade is not None
    else:
        with pytest.raises(error):
            placed(a_book(), order, ticket)


def test_an_order_needs_quota() -> None:
    """Without calls left in the month an order is refused, by hand too."""
    book = a_book(usage=Usage("agt_1", "2026-02", api_calls=10_000))

    with pytest.raises(QuotaExceeded):
        placed(book, buy())


def test_an_order_that_crosses_a_quota_threshold_raises_an_alert() -> None:
    """The alert is the last event of the trade that crossed."""
    agent = an_agent(quota=QuotaConfig(api_calls=10))
    book = a_book(usage=Usage("agt_1", "2026-02", api_calls=7))

    outcome = placed(book, buy(), agent=agent)

    assert _types(outcome.events) == [TradeCreated, TradeExecuted, UsageAlert]
    assert outcome.events[-1] == UsageAlert("agt_1", "apiCalls", 80, 8, 10, "2026-02")


@pytest.mark.parametrize(
    ("agent", "ticket", "error"),
    [
        (an_agent(status=AgentStatus.PAUSED), a_ticket(), None),
        (an_agent(status=AgentStatus.PAUSED), a_ticket(by_program=True), None),
        (an_agent(status=AgentStatus.PAUSED), a_ticket(autonomous=True), AgentNotTrading),
        (an_agent(status=AgentStatus.STOPPED), a_ticket(), AgentNotTrading),
        (an_agent(status=AgentStatus.FAILED), a_ticket(), AgentNotTrading),
        (an_agent(status=AgentStatus.DELETED), a_ticket(), AgentNotTrading),
        (an_agent(hours=TradingHours("09:00", "12:00")), a_ticket(), None),
        (an_agent(hours=TradingHours("09:00", "12:00")), a_ticket(by_program=True), MarketClosed),
        (an_agent(hours=TradingHours("09:00", "12:00")), a_ticket(autonomous=True), MarketClosed),
        (an_agent(hours=TradingHours("12:00", "13:00")), a_ticket(autonomous=True), None),
        (an_agent(preferences=AssetPreferences(excluded_symbols=("AAPL",))), a_ticket(), None),
        (
            an_agent(preferences=AssetPreferences(excluded_symbols=("AAPL",))),
            a_ticket(by_program=True),
            AssetNotPermitted,
        ),
        (
            an_agent(preferences=AssetPreferences(excluded_symbols=("AAPL",))),
            a_ticket(autonomous=True),
            AssetNotPermitted,
        ),
        (an_agent(preferences=AssetPreferences(symbols=("AAPL",))), a_ticket(autonomous=True), None),
    ],
)
def test_status_hours_and_preferences_bind_programs_more_than_people(
    agent: Agent, ticket: Ticket, error: type[TradingError] | None
) -> None:
    """The owner may trade by hand while the agent is paused, out of its hours, and against its preferences."""
    if error is None:
        assert placed(a_book(), buy(), ticket, agent=agent).trade is not None
    else:
        with pytest.raises(error):
            placed(a_book(), buy(), ticket, agent=agent)


def test_an_autonomous_trade_needs_a_hundred_dollars_of_free_cash() -> None:
    """A hundred dollars are enough; a trade by hand needs only what it costs."""
    enough, short = (a_book(an_agent(initial_budget_micros=dollars(amount))) for amount in ("100", "99.999999"))
    by_hand = _at(dollars(10))
    autonomous = evolve(by_hand, autonomous=True)

    assert placed(enough, buy(quantity=1), autonomous).trade is not None
    assert placed(short, buy(quantity=1), by_hand).trade is not None
    with pytest.raises(InsufficientFunds, match="an autonomous trade needs"):
        placed(short, buy(quantity=1), autonomous)


def test_a_purchase_above_the_threshold_is_held_with_its_cash() -> None:
    """500 TSLA wait for a human; $75,000 and the fee are reserved, and nothing is bought."""
    outcome = held_purchase()

    created = a_trade(symbol="TSLA", quantity=500, reference_price_micros=TSLA_MICROS)
    held = evolve(
        created,
        status=TradeStatus.PENDING_APPROVAL,
        approval_request_id="ovr_1",
        reserved_micros=TSLA_COST_MICROS,
    )
    assert outcome.events == (TradeCreated(created), ApprovalRequested(an_approval(), held))
    assert (outcome.trade, outcome.approval) == (held, an_approval())
    assert outcome.book.portfolio.reserved_micros == TSLA_COST_MICROS
    assert outcome.book.portfolio.cash_micros == dollars(100_000)
    assert outcome.book.open_trades == {"trd_1": held}
    assert outcome.book.approvals == {"ovr_1": an_approval()}
    assert (outcome.book.usage.api_calls, outcome.book.usage.spent_micros) == (1, 0)


def test_a_sale_above_the_threshold_is_held_with_its_shares() -> None:
    """The shares are reserved, not cash."""
    outcome = held_sale(400)

    assert outcome.trade is not None
    assert (outcome.trade.reserved_micros, outcome.trade.reserved_quantity) == (0, 400)
    assert outcome.book.portfolio.position("AAPL").free_quantity == 0
    assert outcome.book.portfolio.reserved_micros == 0


@pytest.mark.parametrize(
    ("quantity", "own_threshold", "held"),
    [
        (500, dollars(75_000), False),
        (500, dollars("74999.999999"), True),
        (1, 0, True),
        (333, None, False),
        (334, None, True),
    ],
)
def test_only_a_notional_above_the_threshold_is_held(quantity: int, own_threshold: int | None, *, held: bool) -> None:
    """The agent's own threshold goes before the floor's; the threshold itself needs nobody."""
    agent = an_agent(oversight_threshold_micros=own_threshold)

    outcome = placed(a_book(), buy("TSLA", quantity), a_ticket(price_micros=TSLA_MICROS), agent=agent)

    assert (outcome.approval is not None) is held


def test_an_approval_says_which_threshold_was_exceeded_and_how_the_trade_was_judged() -> None:
    """The approver reads the agent's own threshold, not the floor's."""
    agent = an_agent(oversight_threshold_micros=dollars(100))

    outcome = placed(a_book(), buy(quantity=1), agent=agent)

    assert outcome.approval is not None
    assert outcome.approval.reason == "the notional of $150.25 exceeds the threshold of $100.00"
    assert (outcome.approval.risk, outcome.approval.impact) == (RISK, IMPACT)


def test_an_approved_purchase_fills_at_the_price_of_now() -> None:
    """The reservation becomes the purchase, at a price that has moved within the tolerance."""
    book, price_micros = held_purchase().book, dollars("151.50")

    outcome = resolve_approval(book, AGENT, "ovr_1", a_decision(), price_micros)

    assert _types(outcome.events) == [ApprovalApproved, TradeExecuted]
    assert outcome.approval == an_approval(status=ApprovalStatus.APPROVED, decision=a_decision())
    assert outcome.trade is not None
    assert outcome.trade.status is TradeStatus.COMPLETED
    assert outcome.trade.executed_at_us == NOW_US + MINUTE_US
    assert outcome.trade.total_cost_micros == dollars("75825.75")
    assert outcome.book.portfolio.reserved_micros == 0
    assert outcome.book.portfolio.cash_micros == dollars(100_000) - dollars("75825.75")
    assert (outcome.book.open_trades, outcome.book.approvals) == ({}, {})


def test_an_approved_sale_fills() -> None:
    """The reserved shares are sold."""
    outcome = resolve_approval(held_sale(400).book, AGENT, "ovr_1", a_decision(), AAPL_MICROS)

    assert outcome.trade is not None
    assert outcome.trade.status is TradeStatus.COMPLETED
    assert outcome.book.portfolio.positions == {}


@pytest.mark.parametrize(("reason", "failure"), [("too bold", "too bold"), (None, "rejected by Ada Approver")])
def test_a_rejected_purchase_gives_the_cash_back(reason: str | None, failure: str) -> None:
    """The trade says why, or by whom."""
    decision = a_decision(approved=False, reason=reason)

    outcome = resolve_approval(held_purchase().book, AGENT, "ovr_1", decision, TSLA_MICROS)

    assert _types(outcome.events) == [ApprovalRejected]
    assert outcome.approval == an_approval(status=ApprovalStatus.REJECTED, decision=decision)
    assert outcome.trade is not None
    assert (outcome.trade.status, outcome.trade.failure_reason) == (TradeStatus.REJECTED, failure)
    assert outcome.book.portfolio == a_book().portfolio


@pytest.mark.parametrize("price", ["153.000001", "146.999999"])
def test_an_approved_trade_fails_when_the_price_has_moved_too_far(price: str) -> None:
    """An approval covers one exact order: beyond the tolerance, up or down, it buys nothing."""
    outcome = resolve_approval(held_purchase().book, AGENT, "ovr_1", a_decision(), dollars(price))

    assert _types(outcome.events) == [ApprovalApproved, TradeFailed]
    assert outcome.trade is not None
    assert outcome.trade.status is TradeStatus.FAILED
    assert "more than the tolerance of 2.00%" in (outcome.trade.failure_reason or "")
    assert outcome.book.portfolio == a_book().portfolio
    assert (outcome.book.open_trades, outcome.book.approvals) == ({}, {})


def test_an_approved_purchase_fails_when_the_cash_no_longer_covers_it() -> None:
    """Within the tolerance the price may still rise above what was reserved and what is left."""
    book = held_purchase(665).book

    outcome = resolve_approval(book, AGENT, "ovr_1", a_decision(), dollars(151))

    assert _types(outcome.events) == [ApprovalApproved, TradeFailed]
    assert outcome.trade is not None
    assert outcome.trade.failure_reason == "the price rose to $151.00 and $515.42 of cash is missing"
    assert outcome.book.portfolio == a_book().portfolio


def test_an_approved_purchase_may_take_the_last_of_the_cash() -> None:
    """What was reserved and what is free together cover a price that rose within the tolerance."""
    agent = an_agent(initial_budget_micros=dollars(102))
    book = placed(a_book(agent), buy(quantity=1), _at(dollars(100)), threshold_micros=0).book

    outcome = resolve_approval(book, agent, "ovr_1", a_decision(), dollars(101))

    assert outcome.trade is not None
    assert outcome.trade.status is TradeStatus.COMPLETED
    assert outcome.book.portfolio.cash_micros == 0


@pytest.mark.parametrize("approved", [True, False])
def test_nothing_is_decided_after_the_time_is_over(*, approved: bool) -> None:
    """The last microsecond counts; at the time of expiry it is too late."""
    book = held_purchase().book
    last = a_decision(approved=approved, at_us=NOW_US + RULES.ttl_us - 1)

    assert resolve_approval(book, AGENT, "ovr_1", last, TSLA_MICROS).approval is not None
    with pytest.raises(ApprovalOverdue):
        resolve_approval(book, AGENT, "ovr_1", evolve(last, at_us=last.at_us + 1), TSLA_MICROS)


def test_an_approval_expires_at_its_time_and_not_before() -> None:
    """Expiry gives the reservation back."""
    book = held_purchase().book

    assert expire_approval(book, AGENT, "ovr_1", NOW_US + RULES.ttl_us - 1) is None
    outcome = expire_approval(book, AGENT, "ovr_1", NOW_US + RULES.ttl_us)

    assert outcome is not None
    assert _types(outcome.events) == [ApprovalExpired]
    assert outcome.approval == an_approval(status=ApprovalStatus.EXPIRED)
    assert outcome.trade is not None
    assert (outcome.trade.status, outcome.trade.failure_reason) == (TradeStatus.EXPIRED, "nobody decided in time")
    assert outcome.book.portfolio == a_book().portfolio


@pytest.mark.parametrize(
    "ask",
    [
        lambda: resolve_approval(a_book(), AGENT, "ovr_1", a_decision(), TSLA_MICROS),
        lambda: expire_approval(a_book(), AGENT, "ovr_1", NOW_US),
    ],
)
def test_what_is_not_pending_is_not_resolved(ask: Callable[[], object]) -> None:
    """An approval that was resolved is not in the book any more."""
    with pytest.raises(ApprovalNotFound, match="ovr_1 is not pending"):
        ask()


def test_cancelling_a_held_trade_withdraws_its_approval() -> None:
    """The approval is cancelled first, and says what it was asked for; then the trade."""
    before = held_purchase()

    outcome = cancel_trade(before.book, AGENT, "trd_1", "changed my mind")

    assert before.trade is not None
    assert outcome.events == (
        ApprovalCancelled(an_approval(status=ApprovalStatus.CANCELLED), before.trade),
        TradeCancelled(
            evolve(before.trade, status=TradeStatus.CANCELLED, failure_reason="changed my mind", reserved_micros=0)
        ),
    )
    assert outcome.book.portfolio == a_book().portfolio
    assert (outcome.book.open_trades, outcome.book.approvals) == ({}, {})


def test_cancelling_a_resting_order_gives_its_cash_back() -> None:
    """An order that nobody has to approve is just taken back."""
    book = fold(a_book(), [TradeCreated(a_trade(reserved_micros=dollars(1_000)))])

    outcome = cancel_trade(book, AGENT, "trd_1", "changed my mind")

    assert _types(outcome.events) == [TradeCancelled]
    assert outcome.book.portfolio == a_book().portfolio


def test_only_an_open_trade_is_cancelled() -> None:
    """A trade that is done, or never was, is not open."""
    with pytest.raises(TradeNotFound, match="trd_bought is not open"):
        cancel_trade(book_with_shares(), AGENT, "trd_bought", "changed my mind")


def test_liquidation_cancels_what_is_open_and_sells_what_is_held() -> None:
    """What was reserved for a held sale is free again before it is sold; nothing but cash is left."""
    book = placed(held_sale(400).book, buy("TSLA", 7), a_ticket(2, price_micros=TSLA_MICROS)).book
    ids = iter(["trd_a", "trd_b"])

    outcome = liquidate(book, AGENT, PRICES, NOW_US, lambda prefix: next(ids))

    assert _types(outcome.events) == [
        ApprovalCancelled,
        TradeCancelled,
        TradeCreated,
        TradeExecuted,
        TradeCreated,
        TradeExecuted,
    ]
    assert [(trade.symbol, trade.quantity) for trade in _executed(outcome.events)] == [("AAPL", 400), ("TSLA", 7)]
    assert outcome.book.portfolio.positions == {}
    assert outcome.book.portfolio.reserved_micros == 0
    assert outcome.book.portfolio.free_micros == outcome.book.portfolio.cash_micros
    assert (outcome.book.open_trades, outcome.book.approvals) == ({}, {})


def test_liquidating_an_empty_book_does_nothing() -> None:
    """There is nothing to cancel or sell."""
    outcome = liquidate(a_book(), AGENT, PRICES, NOW_US, lambda prefix: prefix)

    assert (outcome.events, outcome.book) == ((), a_book())


@pytest.mark.parametrize("approved", [True, False])
def test_the_same_decision_again_returns_what_was_recorded(*, approved: bool) -> None:
    """The other one is refused."""
    status = ApprovalStatus.APPROVED if approved else ApprovalStatus.REJECTED
    resolved = an_approval(status=status, decision=a_decision(approved=approved))

    assert repeat_decision(resolved, approved=approved) is resolved
    with pytest.raises(AlreadyDecided, match=f"ovr_1 is {status} already"):
        repeat_decision(resolved, approved=not approved)


@pytest.mark.parametrize(
    ("status", "error"),
    [(ApprovalStatus.EXPIRED, ApprovalOverdue), (ApprovalStatus.CANCELLED, AlreadyDecided)],
)
def test_no_decision_repeats_one_that_nobody_took(status: ApprovalStatus, error: type[TradingError]) -> None:
    """What expired or was cancelled is refused, approved or not."""
    for approved in (True, False):
        with pytest.raises(error):
            repeat_decision(an_approval(status=status), approved=approved)


def _executed(events: tuple[Any, ...]) -> list[Any]:
    return [event.trade for event in events if isinstance(event, TradeExecuted)]
