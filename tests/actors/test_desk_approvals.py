"""What the desk decides of an order that is open already: approval, expiry, cancellation and liquidation."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from actors.book import fold
from actors.desk import (
    cancel_trade,
    expire_approval,
    liquidate,
    repeat_decision,
    resolve_approval,
)
from actors.errors import (
    AlreadyDecided,
    ApprovalNotFound,
    ApprovalOverdue,
    TradeNotFound,
    TradingError,
)
from actors.events import (
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    TradeCancelled,
    TradeCreated,
    TradeExecuted,
    TradeFailed,
)
from actors.model import ApprovalStatus, TradeStatus
from actors.money import dollars
from tests.actors.builders import (
    AAPL_MICROS,
    MINUTE_US,
    NOW_US,
    PRICES,
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
    types_of,
)

AGENT = an_agent()


def test_an_approved_purchase_fills_at_the_price_of_now() -> None:
    """The reservation becomes the purchase, at a price that has moved within the tolerance."""
    book, price_micros = held_purchase().book, dollars("151.50")

    outcome = resolve_approval(book, AGENT, "ovr_1", a_decision(), price_micros)

    assert types_of(outcome.events) == [ApprovalApproved, TradeExecuted]
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

    assert types_of(outcome.events) == [ApprovalRejected]
    assert outcome.approval == an_approval(status=ApprovalStatus.REJECTED, decision=decision)
    assert outcome.trade is not None
    assert (outcome.trade.status, outcome.trade.failure_reason) == (TradeStatus.REJECTED, failure)
    assert outcome.book.portfolio == a_book().portfolio


@pytest.mark.parametrize("price", ["153.000001", "146.999999"])
def test_an_approved_trade_fails_when_the_price_has_moved_too_far(price: str) -> None:
    """An approval covers one exact order: beyond the tolerance, up or down, it buys nothing."""
    outcome = resolve_approval(held_purchase().book, AGENT, "ovr_1", a_decision(), dollars(price))

    assert types_of(outcome.events) == [ApprovalApproved, TradeFailed]
    assert outcome.trade is not None
    assert outcome.trade.status is TradeStatus.FAILED
    assert "more than the tolerance of 2.00%" in (outcome.trade.failure_reason or "")
    assert outcome.book.portfolio == a_book().portfolio
    assert (outcome.book.open_trades, outcome.book.approvals) == ({}, {})


def test_an_approved_purchase_fails_when_the_cash_no_longer_covers_it() -> None:
    """Within the tolerance the price may still rise above what was reserved and what is left."""
    book = held_purchase(665).book

    outcome = resolve_approval(book, AGENT, "ovr_1", a_decision(), dollars(151))

    assert types_of(outcome.events) == [ApprovalApproved, TradeFailed]
    assert outcome.trade is not None
    assert outcome.trade.failure_reason == "the price rose to $151.00 and $515.42 of cash is missing"
    assert outcome.book.portfolio == a_book().portfolio


def test_an_approved_purchase_may_take_the_last_of_the_cash() -> None:
    """What was reserved and what is free together cover a price that rose within the tolerance."""
    agent = an_agent(initial_budget_micros=dollars(102))
    book = placed(a_book(agent), buy(quantity=1), a_ticket(price_micros=dollars(100)), threshold_micros=0).book

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
    assert types_of(outcome.events) == [ApprovalExpired]
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

    assert types_of(outcome.events) == [TradeCancelled]
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

    assert types_of(outcome.events) == [
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
