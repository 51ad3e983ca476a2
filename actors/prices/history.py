"""The recent prices of a market, as arrays that whoever holds them may keep."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray


class PriceHistory:
    """The last ``length`` prices of each symbol.

    What was handed out stays as it was: rows are only ever written where nobody has looked yet, and a full buffer is
    left to its readers for a new one.
    """

    def __init__(self, symbols: Sequence[str], length: int) -> None:
        if length < 1:
            raise ValueError(f"a history holds at least one price, not {length}")
        self._symbols = tuple(symbols)
        self._length = length
        self._rows = np.empty((2 * length, len(self._symbols)), dtype=np.int64)
        self._end = 0

    def push(self, prices_micros: NDArray[np.int64]) -> None:
        """Append the prices of one tick, in the order of the symbols."""
        if self._end == len(self._rows):
            kept = self._rows[len(self._rows) - self._length + 1 :]
            self._rows = np.empty_like(self._rows)
            self._rows[: len(kept)] = kept
            self._end = len(kept)
        self._rows[self._end] = prices_micros
        self._end += 1

    def closes(self) -> NDArray[np.int64]:
        """Return the prices, a row for each tick, oldest first; read-only."""
        window = self._rows[max(0, self._end - self._length) : self._end]
        window.flags.writeable = False
        return window

    def by_symbol(self) -> Mapping[str, NDArray[np.int64]]:
        """Return the prices of each symbol, oldest first; read-only."""
        columns = self.closes().T
        return MappingProxyType(dict(zip(self._symbols, columns, strict=True)))
