"""Regime switching: geometric Brownian motion whose drift and volatility change with the mood of the whole market."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from attrs.validators import gt
from numpy.typing import NDArray

from actors.prices.base import InvalidModelError, quote
from actors.prices.correlation import Correlation
from actors.prices.gbm import ListedMarket
from actors.prices.streams import Purpose, stream
from actors.symbols import Listing


@frozen
class Regime:
    """A mood of the market: what it adds to every drift, multiplies every volatility with, and how long it lasts.

    ``drift_shift`` is per year, ``mean_stay_years`` the mean of the exponential time that the market stays in it.
    """

    name: str
    drift_shift: float
    volatility_factor: float = field(validator=gt(0))
    mean_stay_years: float = field(validator=gt(0))


DEFAULT_REGIMES: Final = (
    Regime("calm", drift_shift=0.04, volatility_factor=0.8, mean_stay_years=0.50),
    Regime("nervous", drift_shift=-0.05, volatility_factor=1.4, mean_stay_years=0.15),
    Regime("crash", drift_shift=-0.90, volatility_factor=2.5, mean_stay_years=0.03),
)
DEFAULT_TRANSITIONS: Final = ((0.0, 0.9, 0.1), (0.8, 0.0, 0.2), (0.3, 0.7, 0.0))


class RegimeSwitching(ListedMarket):
    """Geometric Brownian motion under a continuous-time Markov chain of regimes, discretised exactly.

    The market starts in the first regime; row i of ``transitions`` holds the chances of the regimes that follow
    regime i. Times of stay are exponential; given the stays, the increment of the log price is normal with the drifts
    and variances of the stays added up, so that a regime can begin and end within a step.
    Source: Hamilton, A new approach to the economic analysis of nonstationary time series, Econometrica 57, 1989;
    in continuous time Guo, Information and option pricings, Quantitative Finance 1, 2001.

    Raises ``InvalidModelError`` for transitions that do not fit the regimes.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        seed: int,
        correlation: Correlation | None = None,
        regimes: Sequence[Regime] = DEFAULT_REGIMES,
        transitions: Sequence[Sequence[float]] = DEFAULT_TRANSITIONS,
    ) -> None:
        super().__init__(listings, seed, correlation)
        self._regimes = tuple(regimes)
        self._cumulative = np.cumsum(_checked(transitions, len(self._regimes)), axis=1)
        self._generator = stream(seed, Purpose.REGIME, "market")
        self._current = 0
        self._left_years = self._stay()

    @property
    def regime(self) -> Regime:
        """The regime that the market is in."""
        return self._regimes[self._current]

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        shift, variance_years = 0.0, 0.0
        ahead = dt_years
        while ahead > 0:
            stay = min(ahead, self._left_years)
            shift += self.regime.drift_shift * stay
            variance_years += self.regime.volatility_factor**2 * stay
            ahead -= stay
            self._left_years -= stay
            if self._left_years <= 0:
                self._switch()
        drift = self._drift * dt_years + shift - self._variance * (variance_years / 2)
        self._log_price = self._log_price + drift + self._volatility * np.sqrt(variance_years) * self._normals.row()
        return quote(self._log_price)

    def _switch(self) -> None:
        chances = self._cumulative[self._current]
        following = int(np.searchsorted(chances, self._generator.random() * chances[-1], side="right"))
        self._current = following
        self._left_years = self._stay()

    def _stay(self) -> float:
        return self._generator.exponential(self.regime.mean_stay_years)


def _checked(transitions: Sequence[Sequence[float]], count: int) -> NDArray[np.float64]:
    matrix = np.asarray(transitions, dtype=np.float64)
    if count < 2 or matrix.shape != (count, count):
        raise InvalidModelError(f"{count} regimes need at least two and a matrix of {count} x {count} chances")
    if (matrix < 0).any() or np.diag(matrix).any() or not np.allclose(matrix.sum(axis=1), 1):
        raise InvalidModelError("the chances of the regimes that follow one are not negative, sum to one, and leave it")
    return matrix
