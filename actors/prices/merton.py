"""Merton's jump diffusion: geometric Brownian motion with sudden jumps."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.prices.base import quote
from actors.prices.correlation import Correlation
from actors.prices.gbm import ListedMarket
from actors.prices.jumps import JumpProcess, Jumps
from actors.symbols import Listing

DEFAULT_JUMPS: Final = Jumps()


class MertonJumpDiffusion(ListedMarket):
    """Geometric Brownian motion plus a compound Poisson process of normal jumps in the log price, discretised exactly.

    log S gains (mu - rate k - sigma^2/2) dt + sigma sqrt(dt) Z + the jumps that arrive in dt, where
    k = exp(mean + deviation^2/2) - 1 keeps the mean of S(t) at S(0) exp(mu t).
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
        self._log_drift = self._drift - jumps.drift - self._variance / 2
        self._jumps = JumpProcess(jumps, seed, self._symbols)

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        diffusion = self._volatility * np.sqrt(dt_years) * self._normals.row()
        self._log_price = self._log_price + self._log_drift * dt_years + diffusion
        self._jumps.add_to(self._log_price, dt_years)
        return quote(self._log_price)
