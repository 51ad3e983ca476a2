"""The Ornstein-Uhlenbeck process on the log price: prices that are pulled back to where they opened."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.prices.base import InvalidModelError, quote
from actors.prices.correlation import Correlation
from actors.prices.gbm import ListedMarket
from actors.symbols import Listing


class OrnsteinUhlenbeck(ListedMarket):
    """A log price X that reverts to the log of the opening price at ``reversion`` a year, discretised exactly.

    X(t+dt) = m + (X(t) - m) exp(-k dt) + sigma sqrt((1 - exp(-2 k dt)) / (2 k)) Z. The listings' drift plays no part.
    Source: Glasserman, Monte Carlo Methods in Financial Engineering, 2003, section 3.3.1; Schwartz, The stochastic
    behavior of commodity prices, J. Finance 52, 1997, model 1.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        seed: int,
        correlation: Correlation | None = None,
        reversion: float = 20.0,
    ) -> None:
        if not reversion > 0:
            raise InvalidModelError(f"the speed of reversion is above zero, not {reversion}")
        super().__init__(listings, seed, correlation)
        self._reversion = reversion
        self._mean = self._log_price

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        kept = np.exp(-self._reversion * dt_years)
        deviation = self._volatility * np.sqrt(-np.expm1(-2 * self._reversion * dt_years) / (2 * self._reversion))
        self._log_price = self._mean + (self._log_price - self._mean) * kept + deviation * self._normals.row()
        return quote(self._log_price)
