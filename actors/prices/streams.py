"""Random numbers by name: each symbol draws from its own stream, so that adding one shifts no other."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.prices.correlation import Correlation

_BLOCK_STEPS: Final = 256
"""Steps drawn at once: one call of a generator costs as much for 256 numbers as for a few."""


class Purpose(IntEnum):
    """What a stream's numbers are used for. The numbers of these are part of every path: never change one."""

    DIFFUSION = 0
    JUMPS = 1
    VARIANCE_NORMAL = 2
    VARIANCE_UNIFORM = 3
    REGIME = 4


def stream(seed: int, purpose: Purpose, name: str) -> np.random.Generator:
    """Return the generator that belongs to a seed, a purpose and a name, and to nothing else.

    The name is part of the spawn key of the seed sequence, which makes streams independent of each other (numpy
    reference, "Parallel random number generation").
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, *name.encode())))


class CorrelatedNormals:
    """Rows of standard normal numbers, one for each symbol, correlated within the row."""

    def __init__(self, seed: int, correlation: Correlation) -> None:
        self._generators = [stream(seed, Purpose.DIFFUSION, name) for name in correlation.streams]
        self._columns = np.ascontiguousarray(correlation.loadings.T)
        self._block = np.empty((0, correlation.loadings.shape[0]))
        self._used = 0

    def row(self) -> NDArray[np.float64]:
        """Return the next row."""
        if self._used == len(self._block):
            self._refill()
        row: NDArray[np.float64] = self._block[self._used]
        self._used += 1
        return row

    def _refill(self) -> None:
        # Streams are added one after the other, not by a matrix product: the order in which that sums depends on the
        # number of streams, and with it the last bit of a path.
        block = np.zeros((_BLOCK_STEPS, self._columns.shape[1]))
        for generator, loadings in zip(self._generators, self._columns, strict=True):
            block += np.multiply.outer(generator.standard_normal(_BLOCK_STEPS), loadings)
        self._block = block
        self._used = 0


class Draws:
    """Rows of independent numbers, one for each symbol: standard normal, or uniform in [0, 1)."""

    def __init__(self, seed: int, purpose: Purpose, symbols: Sequence[str]) -> None:
        self._generators = [stream(seed, purpose, symbol) for symbol in symbols]
        self._is_uniform = purpose is Purpose.VARIANCE_UNIFORM
        self._block = np.empty((0, len(symbols)))
        self._used = 0

    def row(self) -> NDArray[np.float64]:
        """Return the next row."""
        if self._used == len(self._block):
            self._block = np.column_stack([self._draw(generator) for generator in self._generators])
            self._used = 0
        row: NDArray[np.float64] = self._block[self._used]
        self._used += 1
        return row

    def _draw(self, generator: np.random.Generator) -> NDArray[np.float64]:
        return generator.random(_BLOCK_STEPS) if self._is_uniform else generator.standard_normal(_BLOCK_STEPS)
