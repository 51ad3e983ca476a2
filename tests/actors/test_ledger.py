"""Postings keep the identities of the ledger, and what they refuse changes nothing."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import InsufficientFunds, InsufficientShares, LedgerIdentityError
from actors.ledger import (
    NO_POSITION,
    Portfolio,
    Position,
    check,
    open_portfolio,
    post_buy,
    post_sell,
    release_cash,
    release_shares,
    require_cash,
    require_shares,
    reserve_cash,
    reserve_shares,
)
from actors.money import dollars
from tests.actors.builders import AAPL_MICROS, PRICES, a_portfolio

BUDGET_MICROS = dollars(100_000)
FEE_MICROS = dollars(1)


def _holding(quantity: int, cost_micros: int) -> Portfolio:
    """Return a portfolio that has bought shares of AAPL for a cost."""
    return post_buy(a_portfolio(), "AAPL", quantity, cost_micros, FEE_MICROS)


def test_a_new_portfolio_is_its_budget_in_cash() -> None:
    """Nothing is held, reserved or paid yet."""
    portfolio = open_portfolio("agt_1", BUDGET_MICROS)

    assert portfolio == Portfolio("agt_1", BUDGET_MICROS, cash_micros=BUDGET_MICROS)
    assert portfolio.free_micros == BUDGET_MICROS
    assert portfolio.equity_micros({}) == BUDGET_MICROS
    assert portfolio.position("AAPL") is NO_POSITION


def test_a_purchase_moves_cash_into_the_cost_of_a_position() -> None:
    """The notional becomes cost, the fee does not."""
    portfolio = check(_holding(10, 10 * AAPL_MICROS))

    assert portfolio.cash_micros == BUDGET_MICROS - 10 * AAPL_MICROS - FEE_MICROS
    assert portfolio.positions == {"AAPL": Position(10, 10 * AAPL_MICROS)}
    assert portfolio.fees_micros == FEE_MICROS
    assert portfolio.cost_basis_micros == 10 * AAPL_MICROS
    assert portfolio.market_value_micros(PRICES) == 10 * AAPL_MICROS
    assert portfolio.equity_micros(PRICES) == BUDGET_MICROS - FEE_MICROS


def test_a_second_purchase_adds_to_the_position() -> None:
    """Quantity and cost add up, and shares that are reserved stay so."""
    portfolio = reserve_shares(_holding(10, dollars(1_000)), "AAPL", 4)

    bought = check(post_buy(portfolio, "AAPL", 5, dollars(600), FEE_MICROS))

    assert bought.position("AAPL") == Position(15, dollars(1_600), reserved_quantity=4)


def test_a_sale_realises_what_it_brings_above_average_cost() -> None:
    """Half the shares take half the cost; the fee is kept apart from the gross result."""
    portfolio = check(post_sell(_holding(10, dollars(1_000)), "AAPL", 5, dollars(700), FEE_MICROS))

    assert portfolio.position("AAPL") == Position(5, dollars(500))
    assert portfolio.realised_gross_micros == dollars(200)
    assert portfolio.fees_micros == 2 * FEE_MICROS
    assert portfolio.cash_micros == BUDGET_MICROS - dollars(1_000) + dollars(700) - 2 * FEE_MICROS


def test_selling_everything_leaves_no_position() -> None:
    """Nothing is kept of a position that is closed, not even an empty entry."""
    portfolio = check(post_sell(_holding(3, 100), "AAPL", 3, 90, FEE_MICROS))

    assert portfolio.positions == {}
    assert portfolio.realised_gross_micros == -10


@given(st.data(), st.integers(1, 10_000), st.integers(0, dollars(90_000)))
def test_a_sale_removes_its_share_of_the_cost_rounded_half_to_even(
    data: st.DataObject, held: int, cost_micros: int
) -> None:
    """Selling `c` of `q` removes `round(cost * c / q)`, all of it when `c = q`, and never more than there is."""
    sold = data.draw(st.integers(1, held))

    portfolio = check(post_sell(_holding(held, cost_micros), "AAPL", sold, 0, 0))

    removed = round(Fraction(cost_micros * sold, held))
    assert portfolio.realised_gross_micros == -removed
    assert portfolio.cost_basis_micros == cost_micros - removed
    assert portfolio.position("AAPL").quantity == held - sold


@given(st.data(), st.integers(1, 1_000), st.integers(0, dollars(90_000)))
def test_selling_in_parts_removes_exactly_the_whole_cost(data: st.DataObject, held: int, cost_micros: int) -> None:
    """However a position is sold off, rounding neither leaves cost behind nor takes too much."""
    portfolio = _holding(held, cost_micros)
    while (left := portfolio.position("AAPL").quantity) > 0:
        part = data.draw(st.integers(max(1, left // 4), left))
        portfolio = check(post_sell(portfolio, "AAPL", part, 0, 0))

    assert portfolio.positions == {}
    assert portfolio.realised_gross_micros == -cost_micros


def test_reserved_cash_is_not_free_and_comes_back() -> None:
    """A reservation leaves cash and equity as they are."""
    portfolio = a_portfolio()

    reserved = check(reserve_cash(portfolio, dollars(60_000)))

    assert reserved.free_micros == dollars(40_000)
    assert reserved.cash_micros == BUDGET_MICROS
    assert release_cash(reserved, dollars(60_000)) == portfolio


def test_reserved_shares_are_not_free_and_come_back() -> None:
    """A reservation leaves quantity and cost as they are."""
    portfolio = _holding(10, dollars(1_000))

    reserved = check(reserve_shares(portfolio, "AAPL", 7))

    assert reserved.position("AAPL").free_quantity == 3
    assert reserved.position("AAPL").quantity == 10
    assert release_shares(reserved, "AAPL", 7) == portfolio


@pytest.mark.parametrize(
    "spend",
    [
        reserve_cash,
        lambda portfolio, amount: post_buy(portfolio, "AAPL", 1, amount - FEE_MICROS, FEE_MICROS),
        require_cash,
    ],
)
def test_only_free_cash_is_spent(spend: Callable[[Portfolio, int], object]) -> None:
    """All of the free cash may be spent, and not a micro-dollar more."""
    portfolio = reserve_cash(a_portfolio(), dollars(60_000))

    spend(portfolio, dollars(40_000))
    with pytest.raises(InsufficientFunds, match=r"needs \$40,000.00 of free cash and there is \$40,000.00"):
        spend(portfolio, dollars(40_000) + 1)


@pytest.mark.parametrize(
    "give",
    [
        lambda portfolio, quantity: reserve_shares(portfolio, "AAPL", quantity),
        lambda portfolio, quantity: post_sell(portfolio, "AAPL", quantity, dollars(100), FEE_MICROS),
        lambda portfolio, quantity: require_shares(portfolio, "AAPL", quantity),
    ],
)
def test_only_free_shares_are_sold(give: Callable[[Portfolio, int], object]) -> None:
    """All of the free shares may go, and not one more: there is no shorting."""
    portfolio = reserve_shares(_holding(10, dollars(1_000)), "AAPL", 6)

    give(portfolio, 4)
    with pytest.raises(InsufficientShares, match="sells 5 AAPL and 4 are free"):
        give(portfolio, 5)


def test_nothing_is_sold_that_was_never_bought() -> None:
    """A symbol without a position has no free shares."""
    with pytest.raises(InsufficientShares):
        post_sell(a_portfolio(), "TSLA", 1, dollars(150), FEE_MICROS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cash_micros": BUDGET_MICROS + 1}, "off by 1 micros"),
        ({"fees_micros": 1}, "off by 1 micros"),
        ({"realised_gross_micros": 1}, "off by -1 micros"),
        ({"reserved_micros": -1}, "reserved -1 of cash"),
        ({"reserved_micros": BUDGET_MICROS + 1}, "reserved 100000000001 of cash"),
        ({"positions": {"AAPL": Position(1, 0, 2)}}, "AAPL has 2 of 1 reserved"),
        ({"positions": {"AAPL": Position(1, 0, -1)}}, "AAPL has -1 of 1 reserved"),
        ({"positions": {"AAPL": Position(-1, 0, 0)}}, "AAPL has 0 of -1 reserved"),
        ({"positions": {"AAPL": Position(0, 5)}, "cash_micros": BUDGET_MICROS - 5}, "5 micros of cost for 0 shares"),
        ({"positions": {"AAPL": Position(3, -5)}, "cash_micros": BUDGET_MICROS + 5}, "-5 micros of cost for 3 shares"),
    ],
)
def test_a_broken_identity_is_named(changes: dict[str, Any], message: str) -> None:
    """The check says which identity does not hold, and whose."""
    with pytest.raises(LedgerIdentityError, match=f"agt_1: .*{message}"):
        check(evolve(a_portfolio(), **changes))
