"""What a tick does to resting orders: it fills, holds for approval, triggers, fails or expires them.

Pure like the desk. Each order is looked at on the prices of one tick and the book as the orders before it leave it, the
first one submitted first, so that what a sale brings in may pay for the purchase that fires with it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import frozen

from actors import resting
from actors.book import Book, apply
from actors.desk import Assess, Outcome, OversightRules, Ticket, ended, fill_or_hold, outcome_of, shortage
from actors.events import BookEvent, TradeCancelled, TradeFailed, TradeTriggered
from actors.lifecycle import KEEPS_RESTING_ORDERS, TradeEvent
from actors.model import Agent, Trade


@frozen
class TickPrices:
    """The prices of one tick, micros per share by symbol, and when they were made."""

    at_us: int
    prices: Mapping[str, int]


def fire(
    book: Book,
    agent: Agent,
    orders: Iterable[Trade],
    tick: TickPrices,
    rules: OversightRules,
    assess: Assess,
    new_id: Callable[[str], str],
) -> Outcome | None:
    """Return what a tick does to these resting orders of the book, or None when it does nothing.

    An order whose day is over expires, whatever the price is. One that fires fills at the tick's price and is not
    refused for quota: that was asked when it was submitted. Above the agent's threshold it is held for approval. A
    purchase at a stop that the cash does not cover fails. An order waits on while its symbol is not listed.
    """
    if agent.status not in KEEPS_RESTING_ORDERS:
        return None
    events: list[BookEvent] = []
    after = book
    for order in orders:
        for event in _steps(after, agent, order, tick, rules, assess, new_id):
            events.append(event)
            after = apply(after, event)
    return outcome_of(book, agent, tuple(events)) if events else None


def _steps(
    book: Book,
    agent: Agent,
    order: Trade,
    tick: TickPrices,
    rules: OversightRules,
    assess: Assess,
    new_id: Callable[[str], str],
) -> Iterator[BookEvent]:
    end_us = resting.day_end_us(order)
    if end_us is not None and tick.at_us >= end_us:
        yield TradeCancelled(ended(order, TradeEvent.EXPIRE, "the day ended"))
        return
    price_micros = tick.prices.get(order.symbol)
    if price_micros is None:
        return
    trade = resting.trigger(order, price_micros, tick.at_us)
    if trade is not order:
        yield TradeTriggered(trade)
    if not resting.may_fill(trade, price_micros):
        return
    missing = shortage(book, trade, price_micros)
    if missing is not None:
        yield TradeFailed(ended(trade, TradeEvent.FAIL, missing))
        return
    ticket = Ticket(trade.trade_id, new_id, tick.at_us, price_micros)
    yield fill_or_hold(book, agent, trade, ticket, rules, assess)
