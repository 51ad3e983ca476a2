"""What is known of the returns of real shares, and which of our markets shows it.

The facts and their names are those of Cont, Empirical properties of asset returns: stylized facts and statistical
issues, Quantitative Finance 1, 2001. Each is a statistic of twenty years of daily log returns of twenty symbols, of
which the median is compared with a threshold. Seeds are fixed, so that no test can turn flaky; thresholds stand apart
from what plain chance gives: a sample autocorrelation of 5,040 independent returns has a standard error of 0.014.
"""

import csv
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from actors.prices import synthetic_market
from actors.prices.synthetic import REALISTIC_MODEL

DAYS = 5_040
DAY_YEARS = 1 / 252
MONTH_DAYS = 20
SEEDS = (1, 2)

Returns = NDArray[np.float64]
"""A row a day, a column a symbol."""

AUTOCORRELATION_MAX = 0.05
EXCESS_KURTOSIS_MIN = 2.0
THINNING_MIN = 0.5
"""By how much of itself the excess kurtosis falls from days to months."""
CLUSTERING_MIN = 0.05
LEVERAGE_MAX = -0.02


@cache
def daily_returns(model: str, seed: int) -> Returns:
    """Return the log returns of a synthetic market."""
    market = synthetic_market(seed, model)
    prices = np.array([market.open_micros(), *(market.step(DAY_YEARS) for _ in range(DAYS))], dtype=np.float64)
    moves: Returns = np.diff(np.log(prices), axis=0)
    return moves


def goog_returns() -> Returns:
    """Return the daily log returns of GOOG from 2004 to 2013, a column of 2,147 rows."""
    # The package is found, not imported: that alone would take longer than all the tests here.
    spec = find_spec("backtesting")
    assert spec is not None
    assert spec.origin is not None
    with (Path(spec.origin).parent / "test" / "GOOG.csv").open(encoding="utf-8") as file:
        closes = [float(row["Close"]) for row in csv.DictReader(file)]
    moves: Returns = np.diff(np.log(closes))[:, None]
    return moves


def autocorrelation(values: Returns, lag: int) -> float:
    """Return the median over symbols of the autocorrelation at a lag."""
    centred = values - values.mean(axis=0)
    return float(np.median((centred[lag:] * centred[:-lag]).mean(axis=0) / centred.var(axis=0)))


def excess_kurtosis(values: Returns) -> float:
    """Return the median excess kurtosis, which is nothing for a normal distribution."""
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    return float(np.median((standard**4).mean(axis=0) - 3))


def of_months(values: Returns) -> Returns:
    """Return the returns of months."""
    whole = len(values) // MONTH_DAYS * MONTH_DAYS
    summed: Returns = values[:whole].reshape(-1, MONTH_DAYS, values.shape[1]).sum(axis=1)
    return summed


def clustering(values: Returns) -> float:
    """Return the least autocorrelation of absolute returns a day, a week and a month later."""
    return min(autocorrelation(np.abs(values), lag) for lag in (1, 5, MONTH_DAYS))


def leverage(values: Returns) -> float:
    """Return the mean correlation of a return with the squared returns of the five days after it."""
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    squares = standard**2
    squares = (squares - squares.mean(axis=0)) / squares.std(axis=0)
    return float(np.mean([np.median((standard[:-lag] * squares[lag:]).mean(axis=0)) for lag in range(1, 6)]))


def tails_are_fat_and_thin_with_aggregation(values: Returns) -> bool:
    """Tell whether extreme days are far more common than a normal distribution has them, and months much less so."""
    daily, monthly = excess_kurtosis(values), excess_kurtosis(of_months(values))
    return daily > EXCESS_KURTOSIS_MIN and monthly < daily * (1 - THINNING_MIN)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("model", [REALISTIC_MODEL, "heston", "regimes", "merton", "gbm"])
def test_returns_have_no_linear_autocorrelation(model: str, seed: int) -> None:
    """Yesterday's return says nothing about today's, in none of the markets that do not revert."""
    values = daily_returns(model, seed)
    assert max(abs(autocorrelation(values, lag)) for lag in range(1, 21)) < AUTOCORRELATION_MAX


@pytest.mark.parametrize("seed", SEEDS)
def test_the_realistic_market_has_fat_tails_that_thin_with_aggregation(seed: int) -> None:
    """Jumps make a day's tails, and a month of days hides them."""
    assert tails_are_fat_and_thin_with_aggregation(daily_returns(REALISTIC_MODEL, seed))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("model", [REALISTIC_MODEL, "heston", "regimes"])
def test_volatility_clusters(model: str, seed: int) -> None:
    """After a wild day come wild days, still a month later."""
    assert clustering(daily_returns(model, seed)) > CLUSTERING_MIN


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("model", [REALISTIC_MODEL, "heston"])
def test_losses_are_followed_by_volatility(model: str, seed: int) -> None:
    """The leverage effect: a fall makes the days after it wilder than a rise does."""
    assert leverage(daily_returns(model, seed)) < LEVERAGE_MAX


@pytest.mark.parametrize("seed", SEEDS)
def test_geometric_brownian_motion_is_not_realistic(seed: int) -> None:
    """The control: its tails are normal, no volatility clusters, no leverage; so the tests above can fail."""
    values = daily_returns("gbm", seed)
    assert not tails_are_fat_and_thin_with_aggregation(values)
    assert abs(excess_kurtosis(values)) < 0.3
    assert abs(clustering(values)) < 0.02
    assert abs(leverage(values)) < 0.01


@pytest.mark.parametrize("seed", SEEDS)
def test_jumps_alone_do_not_cluster(seed: int) -> None:
    """Why Merton's market, for all its tails, is not the realistic one."""
    values = daily_returns("merton", seed)
    assert excess_kurtosis(values) > 0.3
    assert abs(clustering(values)) < 0.02


def test_a_real_share_shows_all_facts() -> None:
    """The statistics and thresholds find in GOOG what the literature finds in shares."""
    values = goog_returns()
    assert max(abs(autocorrelation(values, lag)) for lag in range(1, 6)) < AUTOCORRELATION_MAX
    assert tails_are_fat_and_thin_with_aggregation(values)
    assert clustering(values) > CLUSTERING_MIN
    assert leverage(values) < LEVERAGE_MAX
