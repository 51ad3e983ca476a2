"""How the moves of symbols hang together."""

import numpy as np
import pytest

from actors.prices import tick_years
from actors.prices.base import InvalidModelError, log_dollars
from actors.prices.correlation import by_sector, from_matrix, independent
from actors.prices.gbm import GeometricBrownianMotion
from actors.symbols import BY_SYMBOL, LISTINGS

MATRIX = ((1.0, 0.8, -0.3), (0.8, 1.0, 0.0), (-0.3, 0.0, 1.0))


def test_loadings_give_back_the_matrix() -> None:
    """The Cholesky factor times its transpose."""
    loadings = from_matrix(("A", "B", "C"), MATRIX).loadings
    assert loadings @ loadings.T == pytest.approx(np.array(MATRIX))


def test_moves_have_the_correlation_that_was_asked_for() -> None:
    """Over four thousand steps, within four standard errors."""
    listings = [BY_SYMBOL[symbol] for symbol in ("MSFT", "META", "NFLX")]
    market = GeometricBrownianMotion(listings, 11, from_matrix(("MSFT", "META", "NFLX"), MATRIX))
    logs = log_dollars(np.array([market.step(tick_years(3_600_000_000)) for _ in range(4000)]))
    found = np.corrcoef(np.diff(logs, axis=0).T)
    assert np.abs(found - np.array(MATRIX)).max() < 4 / np.sqrt(4000)


def test_sectors_hang_together_more_closely() -> None:
    """Unit variance, one correlation over sectors and a higher one within."""
    loadings = by_sector(LISTINGS, market=0.3, sector=0.2).loadings
    found = loadings @ loadings.T
    same = np.array([[a.sector == b.sector for b in LISTINGS] for a in LISTINGS])
    expected = np.where(np.eye(len(LISTINGS), dtype=bool), 1.0, np.where(same, 0.5, 0.3))
    assert found == pytest.approx(expected)
    assert ((loadings != 0).sum(axis=1) == 3).all()


def test_independent_symbols_share_no_stream() -> None:
    """Each loads on itself."""
    assert independent(("A", "B")).loadings.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (((1.0, 0.5),), "2 x 2"),
        (((1.0, 0.5), (0.4, 1.0)), "symmetric"),
        (((1.0, 0.5), (0.5, 2.0)), "ones"),
        (((1.0, 1.5), (1.5, 1.0)), "positive definite"),
    ],
)
def test_an_impossible_matrix_is_refused(matrix: tuple[tuple[float, ...], ...], words: str) -> None:
    """The message says what a correlation matrix is."""
    with pytest.raises(InvalidModelError, match=words):
        from_matrix(("A", "B"), matrix)


@pytest.mark.parametrize(("market", "sector"), [(-0.1, 0.2), (0.1, -0.2), (0.8, 0.3)])
def test_impossible_factors_are_refused(market: float, sector: float) -> None:
    """A symbol keeps a move of its own."""
    with pytest.raises(InvalidModelError):
        by_sector(LISTINGS, market, sector)
