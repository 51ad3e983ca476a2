"""What a tick does to resting orders, one at a time and together."""

from collections.abc import Iterable

import pytest

from actors.book import Book
from actors.desk import Outcome, resolve_approval
from actors.errors import InsufficientFunds, InsufficientShares
from actors.events import (
    ApprovalRequested,
    TradeCancelled,
    TradeExecuted,
    TradeFailed,
    TradeTriggered,
    UsageAlert,
)
from actors.firing import TickPrices, fire
from actors.model import AgentStatus, ApprovalStatus, OrderRequest, QuotaConfig, TimeInForce, Trade, TradeStatus
from actors.money import dollars
from actors.resting import resting_orders
from tests.actors.builders import (
    DAY_US,
    NOW_US,
    RULES,
    a_book,
    a_decision,
    a_ticket,
    an_agent,
    assess,
    book_with_shares,
    buy,
    limit,
    placed,
    sell,
    stop,
    stop_limit,
    types_of,
)

MIDNIGHT_US = (NOW_US // DAY_US + 1) * DAY_US
TICK_US = NOW_US + 1_000_000


def book_with(orders: Iterable[OrderRequest], book: Book | None = None) -> Book:
    """Return a book in which these orders rest, as trades `trd_1`, `trd_2`, ..."""
    book = a_book() if book is None else book
    for number, order in enumerate(orders, 1):
        book = placed(book, order, a_ticket(number)).book
    return book


def ticked(book: Book, price: str, at_us: int = TICK_US, status: AgentStatus = AgentStatus.ACTIVE) -> Outcome | None:
    """Return what follows when a tick shows this price of AAPL."""
    tick = TickPrices(at_us, {"AAPL": dollars(price)})
    agent = an_agent(status=status)
    return fire(book, agent, list(resting_orders(book)), tick, RULES, assess, lambda prefix: f"{prefix}_new")


def after(book: Book, price: str) -> tuple[Outcome, Trade]:
    """Return what follows from a tick that does something, and the trade of the last event."""
    outcome = ticked(book, price)
    assert outcome is not None
    last = outcome.events[-1]
    assert not isinstance(last, UsageAlert)
    return outcome, last.trade


def test_a_tick_that_crosses_nothing_does_nothing() -> None:
    """Nor does one without the order's symbol."""
    book = book_with([limit(buy(), "140")])

    assert ticked(book, "140.000001") is None
    assert fire(book, an_agent(), resting_orders(book), TickPrices(TICK_US, {}), RULES, assess, str) is None


def test_a_crossing_tick_fills_at_its_price_and_time() -> None:
    """One cent below the limit is one cent gained; the rest of the reservation is free again."""
    outcome, filled = after(book_with([limit(buy(quantity=10), "140")]), "139.99")

    assert types_of(outcome.events) == [TradeExecuted]
    assert (filled.status, filled.executed_price_micros) == (TradeStatus.COMPLETED, dollars("139.99"))
    assert (filled.executed_at_us, filled.fee_micros) == (TICK_US, dollars("1.3999"))
    assert outcome.book.portfolio.reserved_micros == 0
    assert outcome.book.open_trades == {}


def test_a_stop_limit_order_is_triggered_and_filled_by_different_ticks() -> None:
    """Its reservation stays as it is in between."""
    book = book_with([stop_limit(buy(quantity=10), "160", "155")])
    outcome, triggered = after(book, "161")

    assert types_of(outcome.events) == [TradeTriggered]
    assert (triggered.status, triggered.triggered_at_us) == (TradeStatus.PENDING, TICK_US)
    assert outcome.book.portfolio == book.portfolio
    filled_outcome, filled = after(outcome.book, "154")
    assert types_of(filled_outcome.events) == [TradeExecuted]
    assert filled.executed_price_micros == dollars(154)


def test_a_stop_limit_order_may_be_triggered_and_filled_by_one_tick() -> None:
    """Both happened, and the log says both."""
    outcome, filled = after(book_with([stop_limit(buy(), "160", "165")]), "161")

    assert types_of(outcome.events) == [TradeTriggered, TradeExecuted]
    assert (filled.triggered_at_us, filled.executed_price_micros) == (TICK_US, dollars(161))


def test_above_the_threshold_an_order_that_fires_is_held() -> None:
    """For the price of the tick, from which the tolerance counts."""
    outcome, held = after(book_with([limit(buy(quantity=500), "140")]), "130")

    assert types_of(outcome.events) == [ApprovalRequested]
    assert (held.status, held.approval_request_id) == (TradeStatus.PENDING_APPROVAL, "ovr_new")
    assert held.reference_price_micros == dollars(130)
    assert held.reserved_micros == outcome.book.portfolio.reserved_micros == dollars(65_065)
    assert outcome.book.approvals["ovr_new"].status is ApprovalStatus.PENDING
    assert outcome.book.approvals["ovr_new"].expires_at_us == TICK_US + RULES.ttl_us


@pytest.mark.parametrize(("price", "status"), [("140", TradeStatus.COMPLETED), ("140.01", TradeStatus.FAILED)])
def test_an_approved_order_keeps_to_its_limit(price: str, status: TradeStatus) -> None:
    """Whatever the tolerance would allow."""
    outcome, _ = after(book_with([limit(buy(quantity=500), "140")]), "139")
    decided = resolve_approval(outcome.book, an_agent(), "ovr_new", a_decision(), dollars(price))

    assert decided.trade is not None
    assert decided.trade.status is status
    assert decided.book.portfolio.reserved_micros == 0


def test_a_stop_takes_more_than_it_holds_from_free_cash() -> None:
    """The market is where it is, and the cash is there."""
    outcome, filled = after(book_with([stop(buy(quantity=10), "160")]), "170")

    assert filled.total_cost_micros == dollars("1701.70")
    assert outcome.book.portfolio.cash_micros == dollars("98298.30")


def test_a_stop_that_the_cash_does_not_cover_fails() -> None:
    """And gives back what it held."""
    book = book_with([stop(buy(quantity=600), "160")])
    outcome, failed = after(book, "170")

    assert types_of(outcome.events) == [TradeFailed]
    assert failed.failure_reason == "the price rose to $170.00 and $2,102.00 of cash is missing"
    assert outcome.book.portfolio == a_book().portfolio


def test_what_a_sale_brings_in_pays_for_the_purchase_that_fires_with_it() -> None:
    """In the order of submission."""
    book = book_with([limit(sell(quantity=100), "170"), stop(buy(quantity=520), "160")], book_with_shares(100))
    outcome, _ = after(book, "170")

    assert types_of(outcome.events) == [TradeExecuted, ApprovalRequested]
    assert outcome.book.portfolio.free_micros >= 0


@pytest.mark.parametrize(("at_us", "price"), [(MIDNIGHT_US, "139"), (MIDNIGHT_US + DAY_US, "150")])
def test_an_order_for_the_day_expires_whatever_the_price_is(at_us: int, price: str) -> None:
    """The first tick of the next day does not fill it."""
    book = book_with([limit(buy(), "140", time_in_force=TimeInForce.DAY)])
    outcome = ticked(book, price, at_us)

    assert outcome is not None
    (event,) = outcome.events
    assert isinstance(event, TradeCancelled)
    assert (event.trade.status, event.trade.failure_reason) == (TradeStatus.EXPIRED, "the day ended")
    assert outcome.book.portfolio == a_book().portfolio


def test_the_last_tick_of_the_day_still_fills() -> None:
    """The day ends at midnight, and not before."""
    outcome = ticked(book_with([limit(buy(), "140", time_in_force=TimeInForce.DAY)]), "139", MIDNIGHT_US - 1)

    assert outcome is not None
    assert types_of(outcome.events) == [TradeExecuted]


@pytest.mark.parametrize("status", AgentStatus)
def test_orders_fire_unless_the_agent_was_stopped(status: AgentStatus) -> None:
    """A pause or a crashed strategy is no obstacle: somebody placed the order by hand."""
    outcome = ticked(book_with([limit(buy(), "140")]), "139", status=status)

    assert (outcome is None) is (status in {AgentStatus.STOPPED, AgentStatus.DELETED})


def test_a_call_counts_when_it_is_made_and_the_cost_when_it_is_due() -> None:
    """A quota that is used up meanwhile does not stop an order that rests, and the alert comes once."""
    agent = an_agent(quota=QuotaConfig(1, 100_000))
    book = placed(a_book(), limit(buy(), "140"), agent=agent).book
    tick = TickPrices(TICK_US, {"AAPL": dollars(139)})
    outcome = fire(book, agent, resting_orders(book), tick, RULES, assess, str)

    assert (book.usage.api_calls, book.usage.spent_micros) == (1, 0)
    assert outcome is not None
    assert types_of(outcome.events) == [UsageAlert, TradeExecuted]
    assert (outcome.book.usage.api_calls, outcome.book.usage.spent_micros) == (1, 100_000)


@pytest.mark.parametrize(
    ("order", "error"),
    [(limit(buy(quantity=720), "140"), InsufficientFunds), (limit(sell(quantity=1), "160"), InsufficientShares)],
)
def test_an_order_that_cannot_be_covered_does_not_rest(order: OrderRequest, error: type[Exception]) -> None:
    """The reservation is refused like a fill."""
    with pytest.raises(error):
        placed(a_book(), order)


def test_only_the_orders_that_are_given_are_looked_at() -> None:
    """Those that were not there when the tick was made are left out by the caller."""
    book = book_with([limit(buy(), "140"), limit(buy(), "140")])
    first = next(resting_orders(book))
    tick = TickPrices(TICK_US, {"AAPL": dollars(139)})
    outcome = fire(book, an_agent(), [first], tick, RULES, assess, str)

    assert outcome is not None
    assert list(outcome.book.open_trades) == ["trd_2"]
