"""A book is folded from events, and a stream that cannot have happened is refused."""

from typing import Any

import pytest
from attrs import evolve

from actors.book import StreamBroken, apply, fold, open_book, replay
from actors.errors import InsufficientFunds, InsufficientShares, LedgerIdentityError
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
    UserChanged,
)
from actors.model import Action, AgentStatus, TradeStatus, UsageLine
from actors.money import dollars
from tests.actors.builders import (
    AAPL_MICROS,
    NOW_US,
    RULES,
    a_book,
    a_portfolio,
    a_ticket,
    a_trade,
    an_agent,
    an_approval,
    book_with_shares,
    buy,
    held_purchase,
    held_sale,
    placed,
)

FILLED = a_trade(
    status=TradeStatus.COMPLETED,
    executed_at_us=NOW_US,
    executed_price_micros=AAPL_MICROS,
    fee_micros=dollars("1.5025"),
    total_cost_micros=dollars("1504.0025"),
)
RESTING_PURCHASE = a_trade(reserved_micros=dollars(2_000))
RESTING_SALE = a_trade(action=Action.SELL, reserved_quantity=30)


def test_a_new_book_holds_the_budget_and_nothing_else() -> None:
    """Usage starts in the month in which the agent was made."""
    book = open_book(an_agent())

    assert book.portfolio == a_portfolio()
    assert (book.usage.period, book.usage.api_calls, book.usage.breakdown) == ("2026-02", 0, {})
    assert (book.open_trades, book.approvals) == ({}, {})


def test_a_submission_counts_as_a_call_and_an_execution_as_cost() -> None:
    """The breakdown says which was which."""
    book = fold(a_book(), [TradeCreated(a_trade()), TradeExecuted(FILLED)])

    assert book.usage.breakdown == {"trade.submitted": UsageLine(1, 0), "trade.executed": UsageLine(0, dollars("0.10"))}
    assert book.open_trades == {}
    assert book.portfolio.position("AAPL").quantity == 10


def test_a_resting_purchase_reserves_its_cash_until_it_fills() -> None:
    """What it reserved and did not need is free again."""
    resting = fold(a_book(), [TradeCreated(RESTING_PURCHASE)])
    filled = fold(resting, [TradeExecuted(FILLED)])

    assert resting.portfolio.free_micros == dollars(98_000)
    assert resting.open_trades == {"trd_1": RESTING_PURCHASE}
    assert filled.portfolio.reserved_micros == 0
    assert filled.portfolio.cash_micros == dollars("98495.9975")


def test_a_resting_sale_reserves_its_shares_until_it_is_closed() -> None:
    """Only what is not reserved can be sold meanwhile."""
    resting = fold(book_with_shares(100), [TradeCreated(RESTING_SALE)])

    assert resting.portfolio.position("AAPL").free_quantity == 70
    for event in (TradeCancelled(RESTING_SALE), TradeFailed(RESTING_SALE)):
        closed = apply(resting, event)
        assert closed.portfolio == book_with_shares(100).portfolio
        assert closed.open_trades == {}


def test_a_resting_order_that_needs_approval_reserves_once() -> None:
    """What the order held is swapped for what the approval holds."""
    held = evolve(
        RESTING_PURCHASE,
        status=TradeStatus.PENDING_APPROVAL,
        approval_request_id="ovr_1",
        reserved_micros=dollars(2_500),
    )

    book = fold(a_book(), [TradeCreated(RESTING_PURCHASE), ApprovalRequested(an_approval(), held)])

    assert book.portfolio.reserved_micros == dollars(2_500)
    assert book.open_trades == {"trd_1": held}
    assert book.approvals == {"ovr_1": an_approval()}


@pytest.mark.parametrize("event_class", [ApprovalApproved, ApprovalCancelled])
def test_a_settled_approval_leaves_the_reservation_to_its_trade(
    event_class: type[ApprovalApproved | ApprovalCancelled],
) -> None:
    """What became of the trade follows as its own event."""
    held = held_purchase()
    assert held.trade is not None

    book = apply(held.book, event_class(an_approval(), held.trade))

    assert book.approvals == {}
    assert book.open_trades == {"trd_1": held.trade}
    assert book.portfolio == held.book.portfolio


@pytest.mark.parametrize("event_class", [ApprovalRejected, ApprovalExpired])
def test_a_refused_approval_closes_its_trade(event_class: type[ApprovalRejected | ApprovalExpired]) -> None:
    """The shares that a sale had reserved are free again."""
    held = held_sale(400)
    assert held.trade is not None

    book = apply(held.book, event_class(an_approval(), held.trade))

    assert (book.approvals, book.open_trades) == ({}, {})
    assert book.portfolio == book_with_shares(400).portfolio


def test_an_alert_changes_nothing() -> None:
    """It tells what the usage says already."""
    book = a_book()

    assert apply(book, UsageAlert("agt_1", "budget", 80, 80, 100, "2026-02")) is book


def test_a_book_is_never_changed_in_place() -> None:
    """Whoever reads the book of before keeps it as it was."""
    before = held_sale(400).book
    copy = evolve(before, open_trades=dict(before.open_trades), approvals=dict(before.approvals))
    portfolio = evolve(before.portfolio, positions=dict(before.portfolio.positions))

    placed(before, buy(quantity=1), a_ticket(2))

    assert before == copy
    assert before.portfolio == portfolio


def test_a_stream_is_replayed_to_its_agent_and_book() -> None:
    """The last state of the agent counts, and every event of its book."""
    created, paused = an_agent(status=AgentStatus.PAUSED), an_agent(name="Renamed", status=AgentStatus.PAUSED)
    outcome = held_purchase()

    stream: list[Event] = [AgentCreated(created), AgentUpdated(paused), AgentStatusChanged(an_agent()), *outcome.events]

    assert replay(stream) == (an_agent(), outcome.book)


@pytest.mark.parametrize(
    "stream",
    [
        [],
        [TradeCreated(a_trade())],
        [AgentUpdated(an_agent()), AgentCreated(an_agent())],
        [AgentCreated(an_agent()), AgentCreated(an_agent())],
        [AgentCreated(an_agent()), UserChanged("usr_1", "a@example.com", "admin", disabled=False)],
    ],
)
def test_a_stream_that_is_no_agents_is_refused(stream: list[Event]) -> None:
    """It starts with the agent, once, and has nothing of anybody else."""
    with pytest.raises(StreamBroken):
        replay(stream)


@pytest.mark.parametrize(
    "event",
    [
        TradeExecuted(FILLED),
        TradeCancelled(a_trade()),
        TradeTriggered(a_trade()),
        TradeFailed(a_trade()),
        ApprovalRequested(an_approval(), a_trade()),
        ApprovalRejected(an_approval(), a_trade()),
        ApprovalExpired(an_approval(), a_trade()),
        ApprovalApproved(an_approval(), a_trade()),
        ApprovalCancelled(an_approval(), a_trade()),
    ],
)
def test_an_event_of_a_trade_that_is_not_open_is_refused(event: BookEvent) -> None:
    """What was never begun, or has ended, cannot go on."""
    with pytest.raises(StreamBroken):
        apply(a_book(), event)


def test_a_trade_is_not_created_twice() -> None:
    """A second trade under the id would take the place of the first, and its reservation with it."""
    book = apply(a_book(), TradeCreated(RESTING_PURCHASE))

    with pytest.raises(StreamBroken, match="trd_1 is open already"):
        apply(book, TradeCreated(RESTING_PURCHASE))


@pytest.mark.parametrize("field", ["executed_price_micros", "fee_micros", "executed_at_us"])
def test_an_execution_says_its_price_fee_and_time(field: str) -> None:
    """Without one of them it cannot be posted."""
    book = apply(a_book(), TradeCreated(a_trade()))
    changes: dict[str, Any] = {field: None}

    with pytest.raises(StreamBroken, match="without a price, a fee or a time"):
        apply(book, TradeExecuted(evolve(FILLED, **changes)))


def test_an_execution_that_the_cash_does_not_cover_is_refused() -> None:
    """The ledger's own errors say what cannot have followed."""
    book = apply(a_book(an_agent(initial_budget_micros=dollars(1_000))), TradeCreated(a_trade()))

    with pytest.raises(InsufficientFunds):
        apply(book, TradeExecuted(FILLED))
    with pytest.raises(InsufficientShares):
        apply(book, TradeExecuted(evolve(FILLED, action=Action.SELL)))


def test_a_fold_checks_the_identities() -> None:
    """A book that was wrong before is not carried on."""
    wrong = a_book(portfolio=a_portfolio(cash_micros=dollars(100_001)))

    with pytest.raises(LedgerIdentityError):
        fold(wrong, [TradeCreated(a_trade())])


def test_the_reservation_of_a_held_trade_is_that_of_its_events() -> None:
    """What the desk returns is what its events fold to."""
    outcome = held_purchase()

    assert fold(a_book(), outcome.events) == outcome.book
    assert outcome.book.approvals["ovr_1"].expires_at_us == NOW_US + RULES.ttl_us
