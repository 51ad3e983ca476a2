"""What every source of prices offers, and the grid on which prices are quoted."""

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from actors.money import CENT_MICROS, MICROS_PER_DOLLAR

PRICE_MICROS_MIN: Final = CENT_MICROS
PRICE_MICROS_MAX: Final = 10_000_000 * MICROS_PER_DOLLAR
"""Far above any share ever quoted, and far below where 64 bits or a float's exact integers end."""

_LOG_PRICE_MIN: Final = float(np.log(PRICE_MICROS_MIN / MICROS_PER_DOLLAR))
_LOG_PRICE_MAX: Final = float(np.log(PRICE_MICROS_MAX / MICROS_PER_DOLLAR))


class InvalidModelError(ValueError):
    """A price model's parameters or symbols make no sense."""


class PriceModel(Protocol):
    """A market of many symbols whose prices advance step by step.

    Same seed and same steps, same prices. Prices are in micro-dollars a share, on the grid of whole cents, never below
    one cent, in the order of ``symbols``. Arrays that are handed out are never written to again.
    """

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of all arrays of prices."""
        ...

    def open_micros(self) -> NDArray[np.int64]:
        """Return the opening prices."""
        ...

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        ...


def quote(log_prices: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the quoted prices of log prices in dollars: whole cents, from one cent to ten million dollars.

    Only the quote is rounded and bounded; a model keeps its state as it is.
    """
    dollars = np.exp(np.minimum(np.maximum(log_prices, _LOG_PRICE_MIN), _LOG_PRICE_MAX))
    cents: NDArray[np.int64] = np.rint(dollars * (MICROS_PER_DOLLAR // CENT_MICROS)).astype(np.int64)
    return cents * CENT_MICROS


def log_dollars(prices_micros: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the logarithm of prices in dollars."""
    logs: NDArray[np.float64] = np.log(prices_micros / MICROS_PER_DOLLAR)
    return logs
