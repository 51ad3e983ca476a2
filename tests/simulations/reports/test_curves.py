"""Equity by group, and the measures of it."""

import numpy as np
import pytest

from actors.performance import measure
from simulations.reports.curves import agent_performances, curves, performances, period_years, returns
from simulations.reports.fills import fills_of
from tests.simulations.reports.made import DOLLAR, hours, ints, result, trades


def test_a_group_is_a_band_and_a_whole() -> None:
    """Quantiles are over its agents' parts of their own budgets; together it is one portfolio."""
    first, second = curves(result())
    assert (first.name, first.agents, second.agents) == ("first", 2, 1)
    assert first.bands[2].tolist() == pytest.approx([0.82, 0.9, 1.0, 1.1, 1.18])
    assert first.together.tolist() == pytest.approx([1.0, 1.025, 0.9, 0.975, 1.075])
    assert first.drawdown.tolist() == pytest.approx([0, 0, 0.9 / 1.025 - 1, 0.975 / 1.025 - 1, 0])
    assert second.together.tolist() == pytest.approx([1.0, 1.0, 1.0, 1.1, 1.05])
    assert returns(result()).tolist() == pytest.approx([0, 0.1, 0.05])


def test_an_hour_is_a_trading_day_where_the_scenario_says_so() -> None:
    """Twenty-four trading days a day of the clock make the hour between samples one."""
    assert period_years(result()) == pytest.approx(1 / 252)
    assert period_years(result(sampled_at_us=ints(hours(0)), equity_micros=ints([[1, 1, 1]]))) is None


def test_measures_are_those_of_the_whole_group() -> None:
    """By the one implementation there is, of the group's equity, its sales and its notionals."""
    made = result(trades=trades(agent=[0, 0, 2], buys=[1, 0, 1], price_micros=[100 * DOLLAR, 90 * DOLLAR, 50 * DOLLAR]))
    found = performances(made, fills_of(made))
    together = (made.equity_micros[:, :2].sum(axis=1)).tolist()
    assert found["first"] == measure(together, 1 / 252, [-10 * DOLLAR], 100 * DOLLAR, 90 * DOLLAR)
    assert found["first"].win_rate == 0
    assert list(found) == ["", "first", "second & last"]
    by_agent = agent_performances(made, fills_of(made))
    assert by_agent[0] == measure(made.equity_micros[:, 0].tolist(), 1 / 252, [-10 * DOLLAR], 100 * DOLLAR, 90 * DOLLAR)
    assert by_agent[1].win_rate is None


def test_a_last_moment_counts_for_the_gain_and_not_as_a_period() -> None:
    """A run that was ended between two samples has a last one at another distance."""
    samples = 40
    at = [*range(samples), samples - 0.5]
    equity = np.cumprod(np.where(np.arange(samples + 1) % 2 == 0, 1.01, 0.995))
    equity[-1] = 0.5
    curve = np.rint(equity * 1e9).astype(np.int64)
    made = result(sampled_at_us=ints(hours(*at)), equity_micros=np.repeat(curve[:, None], 3, axis=1))
    found = performances(made, fills_of(made))[""]
    periodic = measure((curve[:-1] * 3).tolist(), 1 / 252)
    assert found.roi == pytest.approx(curve[-1] / curve[0] - 1)
    assert found.max_drawdown == pytest.approx(1 - curve[-1] / curve.max())
    assert (found.volatility, found.sharpe) == (periodic.volatility, periodic.sharpe)
