"""Equity of the past, worked out backwards; checked against the ledger, which goes forwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import ledger
from actors.equity import EquityPoint, Execution, Holdings, Rewind, execution_of, notional_of, realised, value
from actors.errors import InsufficientFunds, InsufficientShares
from actors.model import Action
from actors.money import dollars
from actors.orders import fee_micros, selling_fee_micros
from tests.actors.builders import AAPL_MICROS, NOW_US, a_book, a_portfolio, a_ticket, buy, held_purchase, placed

NOTHING = Holdings(dollars(1_000), {})


def fill(seq: int, action: Action, quantity: int, price: str, fee: str = "1", symbol: str = "AAPL") -> Execution:
    """Return a fill at the second of its place in the log."""
    return Execution(seq, seq * 1_000_000, symbol, action, quantity, dollars(price), dollars(fee))


BOUGHT = fill(1, Action.BUY, 4, "50")
SOLD = fill(3, Action.SELL, 3, "60")
REST = fill(5, Action.SELL, 1, "40")


def held_at(moments_us: list[int], now: Holdings, *pages: list[Execution]) -> dict[int, Holdings]:
    """Return what was held at these moments."""
    rewind = Rewind(now, moments_us)
    for page in pages:
        rewind.undo(page)
    return dict(rewind.holdings())


@pytest.mark.parametrize("pages", [([REST, SOLD, BOUGHT],), ([REST], [SOLD, BOUGHT], []), ([REST, SOLD], [BOUGHT])])
def test_undoing_fills_gives_back_what_they_took(pages: tuple[list[Execution], ...]) -> None:
    """Worked by hand: four at $50 and a fee of $1 leave $799, three at $60 less $1 make it $978, and so on.

    A fill counts from its own moment on; moments may come in any order.
    """
    now = Holdings(dollars(1_017), {})
    assert held_at([4_000_000, 0, 1_000_000, 9_000_000], now, *pages) == {
        0: NOTHING,
        1_000_000: Holdings(dollars(799), {"AAPL": 4}),
        4_000_000: Holdings(dollars(978), {"AAPL": 1}),
        9_000_000: now,
    }


def test_what_is_older_than_every_moment_is_not_undone() -> None:
    """Pages may reach further back than was asked for."""
    now = Holdings(dollars(1_017), {})
    assert held_at([5_000_000], now, [REST, SOLD], [BOUGHT]) == {5_000_000: now}
    assert held_at([], now, [SOLD]) == {}


def test_value_needs_every_price() -> None:
    """What is held without a known price makes the whole unknown."""
    held = Holdings(dollars(10), {"AAPL": 2})
    point = value(7, held, {"AAPL": dollars(5), "TSLA": 1})
    assert point == EquityPoint(7, dollars(10), dollars(10))
    assert point.equity_micros == dollars(20)
    assert value(7, held, {"TSLA": 1}) is None
    assert value(7, NOTHING, {}) == EquityPoint(7, dollars(1_000), 0)


def test_what_sales_earned() -> None:
    """Worked by hand: 3 * $60 - $1 - 3 * $50 is $29; 1 * $40 - $1 - $50 is -$11."""
    assert list(realised(NOTHING, {}, [BOUGHT, SOLD, REST])) == [dollars(29), dollars(-11)]


def test_what_was_held_before_counts_at_the_price_of_then() -> None:
    """Worked by hand: four worth $55 each, two bought at $58 more: $56 on average; three sold at $60 less $1."""
    start = Holdings(0, {"AAPL": 4})
    fills = [fill(1, Action.BUY, 2, "58"), SOLD]
    assert list(realised(start, {"AAPL": dollars(55)}, fills)) == [dollars(11)]


def test_the_notional_of_one_side() -> None:
    """Without fees."""
    assert notional_of([BOUGHT, SOLD, REST], Action.BUY) == dollars(200)
    assert notional_of([BOUGHT, SOLD, REST], Action.SELL) == dollars(220)


def test_the_fill_of_a_trade() -> None:
    """One that was not filled has none."""
    trade, held = placed(a_book(), buy(), a_ticket()).trade, held_purchase().trade
    assert trade is not None
    assert held is not None
    assert execution_of(9, trade) == Execution(9, NOW_US, "AAPL", Action.BUY, 10, AAPL_MICROS, dollars("1.5025"))
    with pytest.raises(ValueError, match="was not filled"):
        execution_of(9, held)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Action), st.sampled_from(["AAPL", "TSLA"]), st.integers(1, 50), st.integers(1, 10**9)
        ),
        max_size=30,
    )
)
def test_backwards_is_forwards(orders: list[tuple[Action, str, int, int]]) -> None:
    """At each moment what the ledger had then is what undoing the fills since then gives; sales earn what it says."""
    portfolio = a_portfolio()
    states, fills, profits = [portfolio], list[Execution](), list[int]()
    for action, symbol, quantity, price in orders:
        post = ledger.post_buy if action is Action.BUY else ledger.post_sell
        fee = (fee_micros if action is Action.BUY else selling_fee_micros)(price * quantity)
        try:
            after = post(portfolio, symbol, quantity, price * quantity, fee)
        except (InsufficientFunds, InsufficientShares):
            continue
        if action is Action.SELL:
            profits.append(after.realised_gross_micros - portfolio.realised_gross_micros - fee)
        portfolio = after
        states.append(portfolio)
        fills.append(Execution(len(fills) + 1, len(fills) + 1, symbol, action, quantity, price, fee))

    def held(state: ledger.Portfolio) -> Holdings:
        return Holdings(state.cash_micros, {name: position.quantity for name, position in state.positions.items()})

    found = held_at(list(range(len(states))), held(portfolio), fills[::-1])
    assert found == {moment: held(state) for moment, state in enumerate(states)}
    assert list(realised(held(states[0]), {}, fills)) == profits
