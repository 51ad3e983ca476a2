"""Bates's model: Heston's variance and Merton's jumps together, the most lifelike market there is here."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from actors.prices.base import InvalidModelError, quote
from actors.prices.correlation import Correlation
from actors.prices.heston import Heston, StochasticVariance
from actors.prices.jumps import JumpProcess, Jumps
from actors.symbols import Listing

SHARES: Final = StochasticVariance(reversion=4.0, volatility=0.6, leverage=-0.8)
"""Chosen so that clustering and leverage of daily returns are about those of GOOG from 2004 to 2013."""

RARE_JUMPS: Final = Jumps(rate=4.0, mean=-0.01, deviation=0.05)
"""Earnings four times a year and a surprise: a few days of the year make the tails, and a month hides them."""


class Bates(Heston):
    """Heston's stochastic volatility plus a compound Poisson process of normal jumps in the log price.

    The jumps' own drift is taken off, so that the mean of S(t) stays at S(0) exp(mu t); a listing's volatility is that
    of the diffusion and the jumps together in the long run. Source: Bates, Jumps and stochastic volatility: exchange
    rate processes implicit in Deutsche Mark options, Review of Financial Studies 9, 1996.

    Raises ``InvalidModelError`` when the jumps alone move a symbol more than its volatility.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        seed: int,
        correlation: Correlation | None = None,
        variance: StochasticVariance = SHARES,
        jumps: Jumps = RARE_JUMPS,
    ) -> None:
        super().__init__([_without(listing, jumps) for listing in listings], seed, correlation, variance)
        self._jumps = JumpProcess(jumps, seed, self._symbols)

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        super().step(dt_years)
        self._jumps.add_to(self._log_price, dt_years)
        return quote(self._log_price)


def _without(listing: Listing, jumps: Jumps) -> Listing:
    """Return a listing of the diffusion alone."""
    variance = listing.volatility**2 - jumps.rate * (jumps.mean**2 + jumps.deviation**2)
    if not variance > 0:
        raise InvalidModelError(f"the jumps alone move {listing.symbol} more than its volatility; make them smaller")
    return evolve(listing, drift=listing.drift - jumps.drift, volatility=float(np.sqrt(variance)))
