"""Geometric Brownian motion."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from actors.prices.base import InvalidModelError, log_dollars, quote
from actors.prices.correlation import Correlation, by_sector
from actors.prices.streams import CorrelatedNormals
from actors.symbols import Listing


class ListedMarket:
    """What the models of a listed market share: symbols, opening prices, parameters in arrays, correlated normals.

    Raises ``InvalidModelError`` for listings that are empty, repeat a symbol or have impossible parameters, and for a
    correlation of another number of symbols.
    """

    def __init__(self, listings: Sequence[Listing], seed: int, correlation: Correlation | None = None) -> None:
        check_listings(listings)
        chosen = by_sector(listings) if correlation is None else correlation
        if len(chosen.loadings) != len(listings):
            raise InvalidModelError(f"a correlation of {len(chosen.loadings)} symbols for {len(listings)} listings")
        self._symbols = tuple(listing.symbol for listing in listings)
        self._open_micros = np.array([listing.open_micros for listing in listings], dtype=np.int64)
        self._log_price = log_dollars(self._open_micros)
        self._drift = np.array([listing.drift for listing in listings])
        self._volatility = np.array([listing.volatility for listing in listings])
        self._variance = self._volatility**2
        self._normals = CorrelatedNormals(seed, chosen)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of all arrays of prices."""
        return self._symbols

    def open_micros(self) -> NDArray[np.int64]:
        """Return the opening prices."""
        return self._open_micros.copy()


class GeometricBrownianMotion(ListedMarket):
    """Log prices with independent normal increments, discretised exactly.

    log S(t+dt) = log S(t) + (mu - sigma^2/2) dt + sigma sqrt(dt) Z, so that the mean of S(t) is S(0) exp(mu t).
    Source: Glasserman, Monte Carlo Methods in Financial Engineering, 2003, section 3.2.
    """

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        drift = (self._drift - self._variance / 2) * dt_years
        self._log_price = self._log_price + drift + self._volatility * np.sqrt(dt_years) * self._normals.row()
        return quote(self._log_price)


def check_listings(listings: Sequence[Listing]) -> None:
    """Raise ``InvalidModelError`` for listings that no model can start from."""
    if not listings:
        raise InvalidModelError("a market has at least one symbol")
    symbols = [listing.symbol for listing in listings]
    if len(set(symbols)) != len(symbols):
        raise InvalidModelError("a market lists each symbol once")
    for listing in listings:
        if listing.open_micros <= 0 or not listing.volatility > 0 or not np.isfinite(listing.drift):
            raise InvalidModelError(
                f"{listing.symbol} opens above zero with a volatility above zero and a finite drift, not {listing}"
            )
