"""Risk of an order, and what it does to the portfolio."""

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.money import dollars
from actors.risk import (
    RETURNS_MIN,
    HeldValues,
    ProposedTrade,
    RiskLevel,
    assess,
    ewma_volatility,
    portfolio_impact,
    worst_day_loss,
)


def held(cash: int, budget: int = 100_000, **positions: tuple[int, int]) -> HeldValues:
    """Return a portfolio from dollars, and from shares and price in dollars by symbol."""
    return HeldValues(
        cash_micros=dollars(cash),
        initial_budget_micros=dollars(budget),
        quantities={symbol: quantity for symbol, (quantity, _) in positions.items()},
        market_values_micros={symbol: dollars(quantity * price) for symbol, (quantity, price) in positions.items()},
    )


def trade(action: Literal["buy", "sell"], quantity: int, price: int, fee: int = 0) -> ProposedTrade:
    """Return an order for TSLA."""
    return ProposedTrade("TSLA", action, quantity, dollars(price), dollars(fee))


def test_the_impact_of_a_purchase() -> None:
    """Cash, position, concentration and exposure before and after."""
    impact = portfolio_impact(trade("buy", 500, 150, fee=75), held(90_000, AAPL=(100, 100)))
    assert impact.cash_before_micros == dollars(90_000)
    assert impact.cash_after_micros == dollars(14_925)
    assert (impact.position_before, impact.position_after) == (0, 500)
    assert impact.concentration_before == 0
    assert impact.concentration_after == pytest.approx(75_000 / 99_925)
    assert impact.exposure_before_micros == dollars(10_000)
    assert impact.exposure_after_micros == dollars(85_000)
    assert impact.herfindahl_index_after == pytest.approx((75_000**2 + 10_000**2 + 14_925**2) / 99_925**2)


def test_the_impact_of_a_sale_of_everything() -> None:
    """A sold position leaves cash alone, which is one part and so an index of one."""
    impact = portfolio_impact(trade("sell", 10, 150, fee=1), held(0, TSLA=(10, 150)))
    assert impact.cash_after_micros == dollars(1_499)
    assert (impact.position_before, impact.position_after) == (10, 0)
    assert (impact.concentration_before, impact.concentration_after) == (1, 0)
    assert impact.herfindahl_index_after == 1


def test_a_portfolio_that_the_fee_eats_up_has_no_parts() -> None:
    """Nothing is divided by zero."""
    assert portfolio_impact(trade("sell", 1, 1, fee=1), held(0, TSLA=(1, 1))).herfindahl_index_after == 0


def test_a_large_volatile_purchase_is_critical() -> None:
    """The gravest factor decides and comes first; each is a sentence with its figure."""
    assessment = assess(trade("buy", 500, 150, fee=75), held(100_000), volatility=0.55)
    assert assessment.level is RiskLevel.CRITICAL
    assert assessment.budget_share == 0.75
    assert assessment.concentration == pytest.approx(75_000 / 99_925)
    assert assessment.worst_day_loss_micros == worst_day_loss(dollars(75_000), 0.55)
    assert assessment.factors[0] == "TSLA would be 75.1 % of equity after the trade."
    assert "The order is 75.0 % of the initial budget ($75,000.00)." in assessment.factors
    assert "TSLA has a volatility of 55.0 % a year." in assessment.factors
    assert any("loses no more than $4,27" in factor for factor in assessment.factors)


def test_a_small_calm_purchase_is_low() -> None:
    """A share of the portfolio that nobody need worry about."""
    assert assess(trade("buy", 10, 150, fee=2), held(100_000), volatility=0.2).level is RiskLevel.LOW


def test_an_unknown_volatility_is_said_and_not_taken_for_low() -> None:
    """With too few prices there is no worst loss, and the level is medium at least."""
    assessment = assess(trade("buy", 1, 150), held(100_000), volatility=None)
    assert assessment.level is RiskLevel.MEDIUM
    assert assessment.volatility is None
    assert assessment.worst_day_loss_micros is None
    assert assessment.factors[0] == "The volatility of TSLA is not known yet: too few prices."


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(("buy", "sell")),
    st.integers(1, 1000),
    st.integers(1, 1000),
    st.integers(0, 100_000),
    st.integers(0, 1000),
    st.one_of(st.none(), st.floats(0, 5)),
)
def test_the_figures_stay_within_their_bounds(
    action: Literal["buy", "sell"], quantity: int, price: int, cash: int, shares: int, volatility: float | None
) -> None:
    """Shares and index are fractions, and no loss exceeds the position."""
    assessment = assess(trade(action, quantity, price, fee=1), held(cash, TSLA=(shares, price)), volatility)
    assert 0 <= assessment.concentration <= 1
    assert 0 <= assessment.herfindahl_index <= 1 + 1e-12
    assert len(assessment.factors) == (3 if volatility is None else 4)
    if assessment.worst_day_loss_micros is not None:
        after = shares + quantity if action == "buy" else shares - quantity
        assert assessment.worst_day_loss_micros <= max(after * dollars(price), 0)


def test_volatility_of_equal_moves_is_their_size_per_year() -> None:
    """Moves of one per cent up and down, 252 to a year, are a volatility of 15.9 %."""
    closes = np.rint(1e8 * np.exp(0.01 * (np.arange(100) % 2))).astype(int).tolist()
    assert ewma_volatility(closes, 252) == pytest.approx(0.01 * math.sqrt(252), rel=1e-6)


def test_volatility_forgets() -> None:
    """Recent moves count for more than old ones of the same size."""
    calm, wild = [100_000_000] * 40, [100_000_000, 110_000_000] * 20
    late, early = ewma_volatility(calm + wild, 252), ewma_volatility(wild + calm, 252)
    assert late is not None
    assert early is not None
    assert late > 2 * early


def test_volatility_of_too_few_prices_is_unknown() -> None:
    """One more price than returns are needed."""
    assert ewma_volatility([1_000_000] * RETURNS_MIN, 252) is None
    assert ewma_volatility([1_000_000] * (RETURNS_MIN + 1), 252) == 0


def test_the_worst_loss_in_a_day() -> None:
    """1.645 standard deviations of a day; never more than the position."""
    assert worst_day_loss(dollars(100_000), math.sqrt(252) * 0.01) == 1_644_853_627
    assert worst_day_loss(dollars(100), 100.0) == dollars(100)
