"""Fills, and what each sale realised."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.ledger import open_portfolio, post_buy, post_sell
from actors.model import TradeStatus
from simulations.reports.fills import fills_of, per_bucket
from simulations.result import TRADE_STATUSES
from tests.simulations.reports.made import DOLLAR, START_US, ints, result, trades

order = st.tuples(st.integers(0, 1), st.booleans(), st.integers(1, 90), st.integers(1, 500))


@given(st.lists(order, min_size=1, max_size=40))
def test_what_is_realised_is_what_the_ledger_says(orders: list[tuple[int, bool, int, int]]) -> None:
    """Purchases and sales of two symbols in any order: to the micro-dollar the ledger's own sums."""
    portfolio = open_portfolio("agt_1", 10**15)
    rows, realised = [], [0]
    for symbol, buys, quantity, cents in orders:
        name, price = ("AAPL", "TSLA")[symbol], cents * 10_000
        held = portfolio.position(name).quantity
        if buys:
            portfolio = post_buy(portfolio, name, quantity, quantity * price, 0)
        elif held:
            quantity = min(quantity, held)  # noqa: PLW2901 - no shorting
            portfolio = post_sell(portfolio, name, quantity, quantity * price, 0)
        else:
            continue
        rows.append((symbol, int(buys), quantity, price))
        realised.append(portfolio.realised_gross_micros)
    names = ("symbol", "buys", "quantity", "price_micros")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    made = result(trades=trades(agent=[1] * len(rows), **columns))
    found = fills_of(made).realised_micros.tolist()
    assert found == [after - before for before, after in pairwise(realised)]


def test_only_filled_trades_are_fills() -> None:
    """What failed or expired moved nothing; the rest is found again by agent."""
    made = result(
        trades=trades(
            agent=[2, 0, 0, 1],
            buys=[1, 1, 0, 1],
            quantity=[1, 4, 2, 9],
            status=[0, 0, 0, TRADE_STATUSES.index(TradeStatus.EXPIRED)],
            price_micros=[100 * DOLLAR, 100 * DOLLAR, 110 * DOLLAR, 0],
        )
    )
    fills = fills_of(made)
    assert fills.notional_micros.tolist() == [100 * DOLLAR, 400 * DOLLAR, 220 * DOLLAR]
    first, second, third = fills.by_agent(3)
    assert (first.realised_micros, first.bought_micros, first.sold_micros) == (
        [20 * DOLLAR],
        400 * DOLLAR,
        220 * DOLLAR,
    )
    assert (second.realised_micros, second.bought_micros) == ([], 0)
    assert third.bought_micros == 100 * DOLLAR
    assert fills.of(made.group == 1).agent.tolist() == [2]


def test_values_are_summed_by_span() -> None:
    """What lies outside of all spans is left out."""
    at = START_US + ints([0, 5, 10, 25])
    sums = per_bucket(at, {"all": ints([1, 2, 4, 8])}, START_US + ints([0, 10, 20]))
    assert np.array_equal(sums["all"], [3, 4])
