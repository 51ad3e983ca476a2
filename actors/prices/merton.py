"""Merton's jump diffusion: geometric Brownian motion with sudden jumps."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from attrs.validators import ge
from numpy.typing import NDArray

from actors.prices.base import quote
from actors.prices.correlation import Correlation
from actors.prices.gbm import ListedMarket
from actors.prices.streams import Purpose, stream
from actors.symbols import Listing


@frozen
class Jumps:
    """Jumps of the log price: ``rate`` of them a year on average, normal with this mean and standard deviation."""

    rate: float = field(default=8.0, validator=ge(0))
    mean: float = -0.01
    deviation: float = field(default=0.03, validator=ge(0))


DEFAULT_JUMPS: Final = Jumps()


class MertonJumpDiffusion(ListedMarket):
    """Geometric Brownian motion plus a compound Poisson process of normal jumps in the log price, discretised exactly.

    log S gains (mu - rate k - sigma^2/2) dt + sigma sqrt(dt) Z + the jumps that arrive in dt, where
    k = exp(mean + deviation^2/2) - 1 keeps the mean of S(t) at S(0) exp(mu t). Jumps arrive at exponential distances
    in time, drawn one by one, so that they do not depend on the length of a tick.
    Source: Merton, Option pricing when underlying stock returns are discontinuous, J. Financial Economics 3, 1976.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        seed: int,
        correlation: Correlation | None = None,
        jumps: Jumps = DEFAULT_JUMPS,
    ) -> None:
        super().__init__(listings, seed, correlation)
        self._jumps = jumps
        compensator = jumps.rate * np.expm1(jumps.mean + jumps.deviation**2 / 2)
        self._log_drift = self._drift - compensator - self._variance / 2
        self._generators = [stream(seed, Purpose.JUMPS, symbol) for symbol in self._symbols]
        self._now_years = 0.0
        self._next_jump_years = np.array([self._wait(index) for index in range(len(self._symbols))])

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        diffusion = self._volatility * np.sqrt(dt_years) * self._normals.row()
        self._log_price = self._log_price + self._log_drift * dt_years + diffusion
        self._now_years += dt_years
        due = self._next_jump_years <= self._now_years
        if due.any():
            for index in np.flatnonzero(due).tolist():
                self._jump(index)
        return quote(self._log_price)

    def _jump(self, index: int) -> None:
        while self._next_jump_years[index] <= self._now_years:
            self._log_price[index] += self._generators[index].normal(self._jumps.mean, self._jumps.deviation)
            self._next_jump_years[index] += self._wait(index)

    def _wait(self, index: int) -> float:
        if self._jumps.rate == 0:
            return np.inf
        return self._generators[index].exponential(1 / self._jumps.rate)
