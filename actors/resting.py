"""Resting orders: what each of them waits for, what it holds of the portfolio meanwhile, and until when it waits.

A limit order waits for its limit, a stop order for its stop. A stop-limit order waits for its stop, is triggered by it,
and waits for its limit from then on; both may come on one tick. A price that is exactly the limit or the stop counts.

What an order waits for is one side of a band of prices, so the market's arrays and the desk look at the same numbers.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import evolve, frozen

from actors.bands import Band
from actors.book import Book
from actors.lifecycle import TradeEvent, next_trade_state
from actors.model import Action, OrderType, TimeInForce, Trade, TradeStatus
from actors.orders import buying_cost_micros

DAY_US: Final = 86_400_000_000


@frozen
class Watch:
    """When the resting orders of a book want to be looked at: prices that leave a band, and the earliest day's end."""

    bands: tuple[Band, ...] = ()
    at_us: int | None = None


NOTHING: Final = Watch()
"""What a book without resting orders waits for."""


def resting_orders(book: Book) -> Iterator[Trade]:
    """Yield the orders that rest, the first one submitted first."""
    return (trade for trade in book.open_trades.values() if trade.status is TradeStatus.PENDING)


def trigger(trade: Trade, price_micros: int, at_us: int) -> Trade:
    """Return a stop-limit order triggered if the price has reached its stop now; any other trade as it is."""
    if trade.order_type is not OrderType.STOP_LIMIT or trade.triggered_at_us is not None:
        return trade
    if not _is_stop_reached(trade, price_micros):
        return trade
    return evolve(trade, status=next_trade_state(trade.status, TradeEvent.TRIGGER)[0], triggered_at_us=at_us)


def may_fill(trade: Trade, price_micros: int) -> bool:
    """Say whether an order fills at this price, and not only when the price gets somewhere else."""
    if trade.order_type is OrderType.STOP:
        return _is_stop_reached(trade, price_micros)
    return not _awaits_stop(trade) and not is_beyond_limit(trade, price_micros)


def is_beyond_limit(trade: Trade, price_micros: int) -> bool:
    """Say whether a price is worse than the order's limit, if it has one."""
    limit = trade.limit_price_micros
    if limit is None:
        return False
    return price_micros > limit if trade.action is Action.BUY else price_micros < limit


def with_reservation(trade: Trade) -> Trade:
    """Return an order that is to rest with what it holds: shares, or the cash that it takes at its limit or stop.

    A limit order never takes more. A stop order fills at the market and may: free cash covers the difference.
    """
    if trade.action is Action.SELL:
        return evolve(trade, reserved_quantity=trade.quantity)
    price = _awaited_price(trade) if trade.limit_price_micros is None else trade.limit_price_micros
    return evolve(trade, reserved_micros=buying_cost_micros(price, trade.quantity))


def day_end_us(trade: Trade) -> int | None:
    """Return the end of the day (UTC) in which an order was submitted, None if it waits until it is cancelled."""
    if trade.time_in_force is TimeInForce.GTC:
        return None
    return (trade.submitted_at_us // DAY_US + 1) * DAY_US


def watch_of(book: Book, prices: Mapping[str, int]) -> Watch:
    """Return when the orders that rest in a book want to be looked at, as far as the market lists their symbols.

    Of the orders for one symbol only the nearest prices on either side count, so there are two bands for it at most.
    """
    if not book.open_trades:
        return NOTHING  # As after nearly every trade.
    lows: dict[str, int] = {}
    highs: dict[str, int] = {}
    ends: list[int] = []
    for trade in resting_orders(book):
        end_us = day_end_us(trade)
        if end_us is not None:
            ends.append(end_us)
        if trade.symbol not in prices:
            continue
        price = _awaited_price(trade)
        if _awaits_rise(trade):
            highs[trade.symbol] = min(price, highs.get(trade.symbol, price))
        else:
            lows[trade.symbol] = max(price, lows.get(trade.symbol, price))
    bands = (
        *(Band(symbol, low_micros=price) for symbol, price in lows.items()),
        *(Band(symbol, high_micros=price) for symbol, price in highs.items()),
    )
    return Watch(bands, min(ends, default=None))


def _awaits_stop(trade: Trade) -> bool:
    return trade.order_type is OrderType.STOP or (
        trade.order_type is OrderType.STOP_LIMIT and trade.triggered_at_us is None
    )


def _awaited_price(trade: Trade) -> int:
    price = trade.stop_price_micros if _awaits_stop(trade) else trade.limit_price_micros
    assert price is not None
    return price


def _awaits_rise(trade: Trade) -> bool:
    """Say whether the order waits for the price to rise: a purchase for its stop, a sale for its limit."""
    return _awaits_stop(trade) is (trade.action is Action.BUY)


def _is_stop_reached(trade: Trade, price_micros: int) -> bool:
    stop = trade.stop_price_micros
    assert stop is not None
    return price_micros >= stop if trade.action is Action.BUY else price_micros <= stop
