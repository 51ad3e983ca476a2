"""Sudden jumps of log prices, which models add to their diffusion."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from attrs.validators import and_, ge, le
from numpy.typing import NDArray

from actors.prices.streams import Purpose, stream

RATE_MAX: Final = 1_000_000
"""Each jump is drawn by itself; this many are some ten in a minute of trading."""


@frozen
class Jumps:
    """Jumps of the log price: ``rate`` of them a year on average, normal with this mean and standard deviation."""

    rate: float = field(default=8.0, validator=and_(ge(0), le(RATE_MAX)))
    mean: float = -0.01
    deviation: float = field(default=0.03, validator=ge(0))

    @property
    def drift(self) -> float:
        """What they add a year to the drift of the price; a model takes it off, so that the mean stays where it was."""
        return float(self.rate * np.expm1(self.mean + self.deviation**2 / 2))


class JumpProcess:
    """A compound Poisson process of normal jumps for each symbol, independent of all else.

    Jumps arrive at exponential distances in time, drawn one by one, so that they do not depend on the length of a tick.
    """

    def __init__(self, jumps: Jumps, seed: int, symbols: Sequence[str]) -> None:
        self._jumps = jumps
        self._generators = [stream(seed, Purpose.JUMPS, symbol) for symbol in symbols]
        self._now_years = 0.0
        self._next_years = np.array([self._wait(index) for index in range(len(symbols))])

    def add_to(self, log_prices: NDArray[np.float64], dt_years: float) -> None:
        """Add the jumps of a step to log prices, in place."""
        self._now_years += dt_years
        due = self._next_years <= self._now_years
        if due.any():
            for index in np.flatnonzero(due).tolist():
                while self._next_years[index] <= self._now_years:
                    log_prices[index] += self._generators[index].normal(self._jumps.mean, self._jumps.deviation)
                    self._next_years[index] += self._wait(index)

    def _wait(self, index: int) -> float:
        if self._jumps.rate == 0:
            return np.inf
        return self._generators[index].exponential(1 / self._jumps.rate)
