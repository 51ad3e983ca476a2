"""The measures of performance against empyrical, whose formulas many people have checked."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.performance import RETURNS_MIN, measure

with warnings.catch_warnings():
    # Its optional sources of market data are not installed, and it says so.
    warnings.simplefilter("ignore")
    import empyrical

DAYS = 252


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(RETURNS_MIN + 2, 600),
    drift=st.floats(-0.002, 0.002),
    scale=st.floats(0.001, 0.05),
    riskless=st.sampled_from([0.0, 0.03]),
)
def test_ratios_are_those_of_empyrical(seed: int, count: int, drift: float, scale: float, riskless: float) -> None:
    """Volatility, Sharpe, Sortino, Calmar, drawdown and gain of daily curves, with and without a riskless rate."""
    noise = np.random.default_rng(seed).standard_t(4, count)
    wanted = np.maximum(drift + scale * noise, -0.5)
    curve = np.rint(1e12 * np.cumprod(np.concatenate([[1.0], 1 + wanted]))).astype(np.int64)
    # Whole micro-dollars are what both are given.
    returns = curve[1:] / curve[:-1] - 1
    found = measure(curve.tolist(), 1 / DAYS, riskless_rate=riskless)
    a_day = riskless / DAYS
    assert found.roi == pytest.approx(empyrical.cum_returns_final(returns), rel=1e-9, abs=1e-9)
    assert found.volatility == pytest.approx(empyrical.annual_volatility(returns, annualization=DAYS), rel=1e-9)
    assert found.sharpe == pytest.approx(empyrical.sharpe_ratio(returns, a_day, annualization=DAYS), rel=1e-9, abs=1e-9)
    assert found.sortino == pytest.approx(
        empyrical.sortino_ratio(returns, a_day, annualization=DAYS), rel=1e-9, abs=1e-9
    )
    assert found.max_drawdown == pytest.approx(-empyrical.max_drawdown(returns), rel=1e-9, abs=1e-12)
    if found.calmar is not None:
        assert found.calmar == pytest.approx(
            empyrical.calmar_ratio(returns, annualization=DAYS), rel=1e-9, abs=1e-9, nan_ok=True
        )
