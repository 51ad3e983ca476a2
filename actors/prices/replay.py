"""Replay of recorded prices."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Replay:
    """A market that repeats recorded prices: one row a step, however much time the step stands for.

    The first row is the opening. After the last row the prices stay as they are; ``remaining`` says how many rows are
    left.
    """

    def __init__(self, symbols: Sequence[str], times_us: Sequence[int], prices_micros: NDArray[np.int64]) -> None:
        self._symbols = tuple(symbols)
        self._times_us = tuple(times_us)
        self._prices = prices_micros.copy()
        self._prices.flags.writeable = False
        self._row = 0

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of all arrays of prices."""
        return self._symbols

    @property
    def remaining(self) -> int:
        """The number of steps that still bring new prices."""
        return len(self._prices) - 1 - self._row

    @property
    def recorded_at_us(self) -> int:
        """The time at which the current prices were recorded, in microseconds since the epoch."""
        return self._times_us[self._row]

    def open_micros(self) -> NDArray[np.int64]:
        """Return the opening prices."""
        row: NDArray[np.int64] = self._prices[0]
        return row

    def step(self, dt_years: float) -> NDArray[np.int64]:  # noqa: ARG002 - the recording has its own pace
        """Move to the next recorded prices and return them."""
        self._row = min(self._row + 1, len(self._prices) - 1)
        row: NDArray[np.int64] = self._prices[self._row]
        return row
