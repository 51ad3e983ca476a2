"""What resting orders wait for, hold, and until when."""

import pytest
from attrs import evolve

from actors.bands import Band
from actors.book import fold
from actors.events import TradeCreated
from actors.model import Action, OrderType, TimeInForce, Trade, TradeStatus
from actors.money import dollars
from actors.resting import (
    NOTHING,
    Watch,
    day_end_us,
    is_beyond_limit,
    may_fill,
    resting_orders,
    trigger,
    watch_of,
    with_reservation,
)
from tests.actors.builders import (
    DAY_US,
    NOW_US,
    PRICES,
    a_book,
    a_ticket,
    a_trade,
    book_with_shares,
    buy,
    limit,
    placed,
    sell,
    stop,
    stop_limit,
)

MIDNIGHT_US = (NOW_US // DAY_US + 1) * DAY_US
KINDS = {"buy": Action.BUY, "sell": Action.SELL}


def resting(kind: str, order_type: OrderType = OrderType.LIMIT, **changes: object) -> Trade:
    """Return a resting order for 10 AAPL with a stop of $100 and a limit of $100, where its type has them."""
    stopped = order_type in {OrderType.STOP, OrderType.STOP_LIMIT}
    limited = order_type in {OrderType.LIMIT, OrderType.STOP_LIMIT}
    return evolve(
        a_trade(
            action=KINDS[kind],
            order_type=order_type,
            stop_price_micros=dollars(100) if stopped else None,
            limit_price_micros=dollars(100) if limited else None,
        ),
        **changes,  # type: ignore[arg-type]  # whatever the test names
    )


@pytest.mark.parametrize(
    ("kind", "order_type", "below", "at", "above"),
    [
        ("buy", OrderType.MARKET, True, True, True),
        ("sell", OrderType.MARKET, True, True, True),
        ("buy", OrderType.LIMIT, True, True, False),
        ("sell", OrderType.LIMIT, False, True, True),
        ("buy", OrderType.STOP, False, True, True),
        ("sell", OrderType.STOP, True, True, False),
        ("buy", OrderType.STOP_LIMIT, False, False, False),
        ("sell", OrderType.STOP_LIMIT, False, False, False),
    ],
)
def test_an_order_fills_at_its_price_and_on_one_side_of_it(
    kind: str, order_type: OrderType, *, below: bool, at: bool, above: bool
) -> None:
    """To the micro-dollar; a stop-limit order not before it was triggered."""
    order = resting(kind, order_type)
    prices = (dollars(100) - 1, dollars(100), dollars(100) + 1)

    assert [may_fill(order, price) for price in prices] == [below, at, above]


@pytest.mark.parametrize(("kind", "reached"), [("buy", [False, True, True]), ("sell", [True, True, False])])
def test_a_stop_triggers_a_stop_limit_order_once(kind: str, reached: list[bool]) -> None:
    """From then on it is a limit order, wherever the price goes."""
    order = resting(kind, OrderType.STOP_LIMIT)
    prices = (dollars(100) - 1, dollars(100), dollars(100) + 1)
    triggered = trigger(order, dollars(100), NOW_US)
    as_limit = resting(kind)

    assert [trigger(order, price, NOW_US) is not order for price in prices] == reached
    assert triggered == evolve(order, triggered_at_us=NOW_US)
    assert trigger(triggered, dollars(100), NOW_US + 1) is triggered
    assert [may_fill(triggered, price) for price in prices] == [may_fill(as_limit, price) for price in prices]


def test_only_stop_limit_orders_are_triggered() -> None:
    """A stop order fills at once where it would be."""
    order = resting("buy", OrderType.STOP)

    assert trigger(order, dollars(100), NOW_US) is order


def test_only_a_limit_can_be_exceeded() -> None:
    """Above it for a purchase, below it for a sale."""
    prices = (dollars(100) - 1, dollars(100), dollars(100) + 1)

    assert [is_beyond_limit(resting("buy"), price) for price in prices] == [False, False, True]
    assert [is_beyond_limit(resting("sell"), price) for price in prices] == [True, False, False]
    assert [is_beyond_limit(resting("buy", OrderType.STOP), price) for price in prices] == [False, False, False]


@pytest.mark.parametrize(
    ("order", "cash", "shares"),
    [
        (limit(buy(quantity=10), "140"), "1401.40", 0),
        (stop(buy(quantity=10), "160"), "1601.60", 0),
        (stop_limit(buy(quantity=10), "160", "170"), "1701.70", 0),
        (stop_limit(buy(quantity=1), "160", "155"), "156", 0),
        (limit(sell(quantity=10), "160"), "0", 10),
        (stop(sell(quantity=10), "140"), "0", 10),
        (stop_limit(sell(quantity=10), "140", "135"), "0", 10),
    ],
)
def test_a_resting_order_holds_what_it_may_take(order: object, cash: str, shares: int) -> None:
    """Shares, or notional and fee at the limit, and at the stop where there is no limit."""
    outcome = placed(book_with_shares(10), order)  # type: ignore[arg-type]  # they are orders

    assert outcome.trade is not None
    assert (outcome.trade.reserved_micros, outcome.trade.reserved_quantity) == (dollars(cash), shares)
    assert outcome.trade.status is TradeStatus.PENDING
    assert [type(event) for event in outcome.events] == [TradeCreated]
    assert outcome.book.portfolio.reserved_micros == dollars(cash)
    assert outcome.book.portfolio.position("AAPL").reserved_quantity == shares
    assert list(resting_orders(outcome.book)) == [outcome.trade]


def test_the_day_ends_at_midnight_utc() -> None:
    """A day that has just begun is a whole one."""
    assert day_end_us(a_trade(submitted_at_us=MIDNIGHT_US - 1)) == MIDNIGHT_US
    assert day_end_us(a_trade(submitted_at_us=MIDNIGHT_US)) == MIDNIGHT_US + DAY_US
    assert day_end_us(a_trade(time_in_force=TimeInForce.GTC)) is None


def test_a_book_waits_for_the_nearest_prices_on_either_side() -> None:
    """Two bands for a symbol at most, however many orders rest, and the earliest day's end."""
    orders = [
        resting("buy", limit_price_micros=dollars(140)),
        resting("buy", limit_price_micros=dollars(145)),
        resting("buy", limit_price_micros=dollars(130)),
        resting("buy", OrderType.STOP, stop_price_micros=dollars(160)),
        resting("buy", OrderType.STOP_LIMIT, stop_price_micros=dollars(155), limit_price_micros=dollars(1)),
        resting("buy", symbol="TSLA", limit_price_micros=dollars(120), submitted_at_us=NOW_US + DAY_US),
        resting("sell", symbol="TSLA", limit_price_micros=dollars(170), time_in_force=TimeInForce.GTC),
        resting("buy", symbol="GONE"),
    ]
    book = a_book(open_trades={f"trd_{number}": order for number, order in enumerate(orders)})

    assert watch_of(book, PRICES) == Watch(
        (
            Band("AAPL", low_micros=dollars(145)),
            Band("TSLA", low_micros=dollars(120)),
            Band("AAPL", high_micros=dollars(155)),
            Band("TSLA", high_micros=dollars(170)),
        ),
        MIDNIGHT_US,
    )


def test_what_does_not_rest_waits_for_no_price() -> None:
    """Neither an empty book nor a trade that waits for approval."""
    held = resting("buy", status=TradeStatus.PENDING_APPROVAL)

    assert watch_of(a_book(), PRICES) == NOTHING
    assert watch_of(a_book(open_trades={"trd_1": held}), PRICES) == NOTHING


def test_a_triggered_order_waits_for_its_limit() -> None:
    """On the other side of the price."""
    order = with_reservation(resting("buy", OrderType.STOP_LIMIT, time_in_force=TimeInForce.GTC))
    triggered = trigger(order, dollars(101), NOW_US)

    assert watch_of(fold(a_book(), [TradeCreated(order)]), PRICES).bands == (Band("AAPL", high_micros=dollars(100)),)
    assert watch_of(fold(a_book(), [TradeCreated(triggered)]), PRICES).bands == (Band("AAPL", low_micros=dollars(100)),)


@pytest.mark.parametrize(
    "order",
    [
        limit(buy(), "150.25"),
        limit(buy(), "1000"),
        stop(buy(), "150.25"),
        stop_limit(buy(), "150", "151"),
        limit(sell(), "150.25"),
        stop(sell(), "150.25"),
        stop_limit(sell(), "151", "150"),
    ],
)
def test_an_order_whose_price_is_there_already_fills_at_the_market(order: object) -> None:
    """At the price of now, which may be better than its limit."""
    outcome = placed(book_with_shares(10), order, a_ticket())  # type: ignore[arg-type]  # they are orders

    assert outcome.trade is not None
    assert outcome.trade.status is TradeStatus.COMPLETED
    assert outcome.trade.executed_price_micros == dollars("150.25")


def test_a_stop_that_is_reached_already_leaves_the_limit_to_wait_for() -> None:
    """The order rests triggered."""
    outcome = placed(a_book(), stop_limit(buy(), "150", "140"))

    assert outcome.trade is not None
    assert (outcome.trade.status, outcome.trade.triggered_at_us) == (TradeStatus.PENDING, NOW_US)
