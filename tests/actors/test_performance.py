"""Measures of performance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.performance import RETURNS_MIN, Performance, measure, sharpe_ratio, sortino_ratio

DAY_YEARS = 1 / 252


def curve(returns: list[float]) -> list[int]:
    """Return the equity that starts at a million dollars and has these returns."""
    return [round(1e12 * value) for value in np.cumprod([1.0, *(1 + r for r in returns)])]


def test_nothing_is_known_of_nothing() -> None:
    """An empty curve has no measures at all."""
    assert measure([], DAY_YEARS) == Performance(None, None, None, None, None, None, None, None)


def test_a_single_value_has_no_return() -> None:
    """One value of equity is enough for a turnover only."""
    assert measure([1_000], DAY_YEARS, bought_micros=500, sold_micros=200) == Performance(
        None, None, None, None, None, None, None, 0.2
    )


def test_a_short_curve_has_a_gain_and_a_drawdown_only() -> None:
    """Too few returns for a standard deviation."""
    performance = measure([100, 120, 90, 110], DAY_YEARS)
    assert performance.roi == pytest.approx(0.1)
    assert performance.max_drawdown == 0.25
    assert performance.volatility is performance.sharpe is performance.sortino is performance.calmar is None


def test_a_month_has_every_measure() -> None:
    """Each by its formula, worked out by hand."""
    returns = [0.02, -0.01] * 20
    performance = measure(curve(returns), DAY_YEARS, [5, -3, 0, 8], bought_micros=10**12, sold_micros=3 * 10**12)
    deviation = float(np.std(returns, ddof=1))
    growth = math.prod(1 + r for r in returns)
    assert performance.roi == pytest.approx(growth - 1)
    assert performance.volatility == pytest.approx(deviation * math.sqrt(252))
    assert performance.sharpe == pytest.approx(0.005 / deviation * math.sqrt(252))
    assert performance.sortino == pytest.approx(0.005 / math.sqrt(0.01**2 / 2) * math.sqrt(252))
    assert performance.max_drawdown == pytest.approx(0.01)
    assert performance.calmar == pytest.approx((growth ** (252 / 40) - 1) / 0.01)
    assert performance.win_rate == 0.5
    assert performance.turnover == pytest.approx(1e12 / np.mean(curve(returns)))


def test_a_riskless_rate_lowers_the_ratios() -> None:
    """A return that only just pays the riskless rate earns a ratio of zero."""
    returns = [0.02, -0.01] * 20
    sharpe = measure(curve(returns), DAY_YEARS, riskless_rate=0.005 * 252).sharpe
    assert sharpe == pytest.approx(0, abs=1e-6)


def test_equity_that_stands_still_has_no_ratios() -> None:
    """Cash alone has neither volatility nor losses to divide by."""
    performance = measure([10**9] * 60, DAY_YEARS)
    assert (performance.roi, performance.volatility, performance.max_drawdown) == (0, 0, 0)
    assert performance.sharpe is performance.sortino is performance.calmar is None


def test_ruin_has_no_returns() -> None:
    """Equity of zero or less ends returns and growth, not the drawdown."""
    performance = measure([100] * 30 + [0], DAY_YEARS)
    assert (performance.roi, performance.max_drawdown) == (-1, 1)
    assert performance.volatility is performance.calmar is None
    nothing = measure([0] * 30, DAY_YEARS)
    assert nothing.roi is nothing.max_drawdown is nothing.turnover is None


def test_ratios_need_returns() -> None:
    """Fewer than the least number of returns give none."""
    few = np.full(RETURNS_MIN - 1, -0.01)
    assert sharpe_ratio(few, DAY_YEARS) is None
    assert sortino_ratio(few, DAY_YEARS) is None


def test_a_period_has_a_length() -> None:
    """A period of nothing is a mistake."""
    with pytest.raises(ValueError, match="above zero"):
        measure([1, 2], 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10**12), max_size=60), st.lists(st.integers(-5, 5), max_size=5))
def test_fractions_stay_within_their_bounds(equity: list[int], realised: list[int]) -> None:
    """Drawdown and win rate are between nothing and all, volatility is not negative."""
    performance = measure(equity, DAY_YEARS, realised)
    assert performance.max_drawdown is None or 0 <= performance.max_drawdown < 1
    assert performance.win_rate is None or 0 <= performance.win_rate <= 1
    assert performance.volatility is None or performance.volatility >= 0
