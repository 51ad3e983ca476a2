"""The moments of each price model, against theory, over a thousand independent symbols with fixed seeds.

A sample's mean lies within four standard errors of the true one; as seeds are fixed, none of these can turn flaky.
"""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from actors.money import MICROS_PER_DOLLAR, dollars
from actors.prices.base import InvalidModelError, PriceModel
from actors.prices.bates import RARE_JUMPS, SHARES, Bates
from actors.prices.correlation import Correlation, independent
from actors.prices.gbm import GeometricBrownianMotion
from actors.prices.heston import Heston, StochasticVariance
from actors.prices.jumps import Jumps
from actors.prices.merton import MertonJumpDiffusion
from actors.prices.ornstein_uhlenbeck import OrnsteinUhlenbeck
from actors.prices.regimes import Regime, RegimeSwitching
from actors.symbols import Listing

COUNT = 1000
DRIFT, VOLATILITY = 0.10, 0.30
OPEN_DOLLARS = 1000
LISTED = tuple(
    Listing(f"S{number}", "Sample", "energy", dollars(OPEN_DOLLARS), DRIFT, VOLATILITY) for number in range(COUNT)
)
ALONE: Correlation = independent(tuple(listing.symbol for listing in LISTED))


def growth(market: PriceModel, steps: int, dt_years: float) -> NDArray[np.float64]:
    """Return the prices after so many steps, as multiples of the opening."""
    for _ in range(steps - 1):
        market.step(dt_years)
    return market.step(dt_years) / (OPEN_DOLLARS * MICROS_PER_DOLLAR)


def assert_mean(sample: NDArray[np.float64], expected: float) -> None:
    """Check that a sample's mean is within four standard errors."""
    assert abs(sample.mean() - expected) < 4 * sample.std() / math.sqrt(len(sample))


def assert_variance(sample: NDArray[np.float64], expected: float) -> None:
    """Check that a sample's variance is within four standard errors."""
    assert_mean((sample - sample.mean()) ** 2, expected)


@pytest.mark.parametrize("steps", [1, 8])
def test_geometric_brownian_motion(steps: int) -> None:
    """Log prices are normal, however many steps lead there; prices grow by the drift."""
    multiple = growth(GeometricBrownianMotion(LISTED, 1, ALONE), steps, 0.5 / steps)
    assert_mean(multiple, math.exp(DRIFT * 0.5))
    assert_mean(np.log(multiple), (DRIFT - VOLATILITY**2 / 2) * 0.5)
    assert_variance(np.log(multiple), VOLATILITY**2 * 0.5)


@pytest.mark.parametrize("steps", [1, 8])
def test_merton_jump_diffusion(steps: int) -> None:
    """Jumps add rate x (mean^2 + deviation^2) to the variance, and nothing to the mean of the price."""
    jumps = Jumps(rate=5, mean=-0.1, deviation=0.1)
    multiple = growth(MertonJumpDiffusion(LISTED, 2, ALONE, jumps), steps, 0.5 / steps)
    assert_mean(multiple, math.exp(DRIFT * 0.5))
    assert_variance(np.log(multiple), (VOLATILITY**2 + 5 * (0.1**2 + 0.1**2)) * 0.5)
    assert np.log(multiple).min() < -1.0


def test_merton_without_jumps_is_geometric_brownian_motion() -> None:
    """The same streams, the same path."""
    still = MertonJumpDiffusion(LISTED, 3, ALONE, Jumps(rate=0))
    plain = GeometricBrownianMotion(LISTED, 3, ALONE)
    assert (still.step(0.1) == plain.step(0.1)).all()


@pytest.mark.parametrize("steps", [1, 8])
def test_bates(steps: int) -> None:
    """A listing's volatility is that of the diffusion and the jumps together, and jumps leave the mean as it is."""
    steady = StochasticVariance(reversion=2, volatility=0.1, leverage=0.0)
    multiple = growth(Bates(LISTED, 9, ALONE, steady, RARE_JUMPS), steps, 0.5 / steps)
    assert_mean(multiple, math.exp(DRIFT * 0.5))
    assert_variance(np.log(multiple), VOLATILITY**2 * 0.5)


def test_bates_without_jumps_is_heston() -> None:
    """The same streams, the same path."""
    assert (
        Bates(LISTED, 3, ALONE, SHARES, Jumps(rate=0)).step(0.1) == Heston(LISTED, 3, ALONE, SHARES).step(0.1)
    ).all()


def test_jumps_leave_room_for_the_diffusion() -> None:
    """A symbol that is calmer than its jumps is named."""
    with pytest.raises(InvalidModelError, match="the jumps alone move S0 more than its volatility"):
        Bates(LISTED, 3, ALONE, jumps=Jumps(rate=10, deviation=0.1))


@pytest.mark.parametrize("steps", [1, 8])
def test_ornstein_uhlenbeck(steps: int) -> None:
    """The log price stays around its opening, with the variance of the process at that time."""
    multiple = growth(OrnsteinUhlenbeck(LISTED, 4, ALONE, reversion=6), steps, 0.5 / steps)
    assert_mean(np.log(multiple), 0.0)
    assert_variance(np.log(multiple), VOLATILITY**2 * (1 - math.exp(-6)) / 12)


def test_ornstein_uhlenbeck_reverts() -> None:
    """A speed of nothing or less is none."""
    with pytest.raises(InvalidModelError, match="above zero"):
        OrnsteinUhlenbeck(LISTED, 4, ALONE, reversion=0)


@pytest.mark.parametrize(("volatility", "steps"), [(0.3, 16), (0.3, 1), (1.5, 16)])
def test_heston(volatility: float, steps: int) -> None:
    """Variance keeps its mean and variance, prices grow by the drift; in calm and in wild (Feller's) conditions."""
    variance = StochasticVariance(reversion=2, volatility=volatility, leverage=-0.7)
    market = Heston(LISTED, 5, ALONE, variance)
    multiple = growth(market, steps, 0.5 / steps)
    assert_mean(multiple, math.exp(DRIFT * 0.5))
    assert (market.variances >= 0).all()
    assert_mean(market.variances, VOLATILITY**2)
    gone = 1 - math.exp(-2 * 0.5)
    spread = volatility**2 * VOLATILITY**2 * (math.exp(-1) * gone / 2 + gone**2 / 4)
    assert_variance(market.variances, spread)
    assert np.corrcoef(np.log(multiple), market.variances)[0, 1] < -0.3


def test_heston_ties_price_and_variance_one_way() -> None:
    """The scheme's correction is defined for shares, whose leverage is not positive."""
    with pytest.raises(ValueError, match="leverage"):
        StochasticVariance(leverage=0.1)


def test_regimes_mix_drifts_and_volatilities() -> None:
    """Given the chain's path, the log price is normal with the sums over the stays."""
    regimes = (Regime("up", 0.2, 0.5, 0.05), Regime("down", -0.4, 2.0, 0.05))
    market = RegimeSwitching(LISTED, 6, ALONE, regimes, ((0, 1), (1, 0)))
    shift = variance = 0.0
    twin = RegimeSwitching(LISTED[:1], 6, independent(("S0",)), regimes, ((0, 1), (1, 0)))
    names = set()
    for _ in range(2000):
        twin.step(0.5 / 2000)
        names.add(twin.regime.name)
        shift += twin.regime.drift_shift * 0.5 / 2000
        variance += twin.regime.volatility_factor**2 * VOLATILITY**2 * 0.5 / 2000
    multiple = growth(market, 1, 0.5)
    assert names == {"up", "down"}
    assert market.regime == twin.regime
    # The twin attributes a whole small step to the regime at its end, which is what the slack is for.
    assert np.log(multiple).mean() == pytest.approx(DRIFT * 0.5 + shift - variance / 2, abs=4 * 0.32 / math.sqrt(COUNT))
    assert np.log(multiple).var() == pytest.approx(variance, rel=0.15)


@pytest.mark.parametrize(
    ("transitions", "words"),
    [
        (((1.0,),), "at least two"),
        (((0.5, 0.5), (1.0, 0.0)), "leave it"),
        (((0.0, 0.9), (1.0, 0.0)), "sum to one"),
        (((0.0, 1.0), (2.0, -1.0)), "not negative"),
    ],
)
def test_impossible_transitions_are_refused(transitions: tuple[tuple[float, ...], ...], words: str) -> None:
    """A chain leaves each regime for another one, for certain."""
    regimes = tuple(Regime(f"r{number}", 0, 1, 1) for number in range(len(transitions)))
    with pytest.raises(InvalidModelError, match=words):
        RegimeSwitching(LISTED, 6, ALONE, regimes, transitions)
