"""The orders of one decision: placed one after the other, as if each came alone, until one is refused."""

from actors.book import Book
from actors.desk import Outcome, place_order, place_orders
from actors.errors import InsufficientFunds
from actors.events import ApprovalRequested, TradeCreated, TradeExecuted
from actors.model import OrderRequest, Trade
from supervisor import Refusal
from tests.actors.builders import RULES, a_book, a_ticket, an_agent, assess, buy, types_of


def _together(book: Book, *orders: OrderRequest) -> tuple[Outcome, tuple[Trade, ...], Refusal | None]:
    tickets = [(order, a_ticket(number)) for number, order in enumerate(orders, start=1)]
    return place_orders(book, an_agent(), tickets, RULES, assess)


def test_orders_follow_each_other() -> None:
    """The second order finds the cash that the first one left, and the events stand in their order."""
    outcome, trades, refusal = _together(a_book(), buy("AAPL", 10), buy("TSLA", 20))

    first = place_order(a_book(), an_agent(), buy("AAPL", 10), a_ticket(1), RULES, assess)
    second = place_order(first.book, an_agent(), buy("TSLA", 20), a_ticket(2), RULES, assess)
    assert outcome == Outcome((*first.events, *second.events), second.book)
    assert trades == (first.trade, second.trade)
    assert refusal is None


def test_the_first_refusal_ends_it() -> None:
    """What was placed before stays, and nothing after is looked at."""
    outcome, trades, refusal = _together(a_book(), buy("AAPL", 10), buy("AAPL", 100_000), buy("TSLA", 1))

    assert types_of(outcome.events) == [TradeCreated, TradeExecuted]
    assert [trade.quantity for trade in trades] == [10]
    assert isinstance(refusal, InsufficientFunds)
    assert outcome.book.portfolio.position("TSLA").quantity == 0


def test_a_held_symbol_is_not_asked_for_twice() -> None:
    """While one trade in a symbol waits for approval, another one in it is left out."""
    outcome, trades, refusal = _together(a_book(), buy("TSLA", 500), buy("TSLA", 1), buy("AAPL", 1))

    assert types_of(outcome.events) == [TradeCreated, ApprovalRequested, TradeCreated, TradeExecuted]
    assert [trade.symbol for trade in trades] == ["TSLA", "AAPL"]
    assert refusal is None


def test_nothing_wanted_is_nothing_done() -> None:
    """Without orders there are no events, and the book is as it was."""
    assert _together(a_book()) == (Outcome((), a_book()), (), None)
