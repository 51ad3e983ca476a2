"""How the moves of symbols hang together: loadings of symbols on independent streams, found by Cholesky."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from actors.prices.base import InvalidModelError
from actors.symbols import Listing

MARKET_CORRELATION: Final = 0.30
"""Correlation of two shares of different sectors: about the long-run average within the S&P 500."""

SECTOR_CORRELATION: Final = 0.25
"""What two shares of one sector have in common beyond that."""

_MARKET_STREAM: Final = "factor market"
_SYMMETRY_TOLERANCE: Final = 1e-12


@frozen(eq=False)
class Correlation:
    """Correlated normals as sums of independent ones: row i of ``loadings`` makes symbol i out of the named streams."""

    streams: tuple[str, ...]
    loadings: NDArray[np.float64]


def independent(symbols: Sequence[str]) -> Correlation:
    """Return no correlation at all: each symbol is its own stream."""
    return Correlation(tuple(symbols), np.eye(len(symbols)))


def from_matrix(symbols: Sequence[str], matrix: Sequence[Sequence[float]] | NDArray[np.float64]) -> Correlation:
    """Return the correlation given by a matrix, in the order of the symbols.

    Symbol i is made of the streams of the symbols up to i (the Cholesky factor is lower triangular): appending a
    symbol moves no other's path, inserting one moves those after it. Where that matters use ``by_sector``.

    Raises ``InvalidModelError`` when this is not a positive definite correlation matrix of the symbols.
    """
    wanted = np.asarray(matrix, dtype=np.float64)
    count = len(symbols)
    if wanted.shape != (count, count):
        raise InvalidModelError(f"a correlation matrix of {count} symbols is {count} x {count}, not {wanted.shape}")
    if not np.allclose(wanted, wanted.T, rtol=0, atol=_SYMMETRY_TOLERANCE):
        raise InvalidModelError("a correlation matrix is symmetric")
    if not np.allclose(np.diag(wanted), 1, rtol=0, atol=_SYMMETRY_TOLERANCE):
        raise InvalidModelError("a correlation matrix has ones on its diagonal")
    return Correlation(tuple(symbols), _cholesky(wanted))


def by_sector(
    listings: Sequence[Listing], market: float = MARKET_CORRELATION, sector: float = SECTOR_CORRELATION
) -> Correlation:
    """Return a correlation of ``market`` between any two symbols, and of ``market + sector`` within a sector.

    The market and the sectors are streams of their own. The joint correlation matrix of factors and symbols, factors
    first, has a Cholesky factor in which a symbol loads on its factors and on itself alone; so adding a symbol, at
    whatever place, moves no other's path.

    Raises ``InvalidModelError`` when the two are negative or leave a symbol no move of its own.
    """
    if market < 0 or sector < 0:
        raise InvalidModelError("the correlations of market and sector are not negative")
    sectors = sorted({listing.sector for listing in listings})
    factors = [_MARKET_STREAM, *(f"factor {name}" for name in sectors)]
    first = len(factors)
    joint = np.eye(first + len(listings))
    for row, listing in enumerate(listings, start=first):
        joint[row, 0] = joint[0, row] = np.sqrt(market)
        of_sector = 1 + sectors.index(listing.sector)
        joint[row, of_sector] = joint[of_sector, row] = np.sqrt(sector)
        for column, other in enumerate(listings, start=first):
            if row != column:
                joint[row, column] = market + (sector if listing.sector == other.sector else 0.0)
    # What is zero but for rounding would tie a symbol's last bit to the symbols before it.
    loadings = _cholesky(joint)[first:]
    loadings[np.abs(loadings) < _SYMMETRY_TOLERANCE] = 0
    return Correlation((*factors, *(listing.symbol for listing in listings)), loadings)


def _cholesky(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        return np.linalg.cholesky(matrix).astype(np.float64, copy=False)
    except np.linalg.LinAlgError as error:
        problem = (
            "a correlation matrix is positive definite: these moves contradict each other, make them less correlated"
        )
        raise InvalidModelError(problem) from error
