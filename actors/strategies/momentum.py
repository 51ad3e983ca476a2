"""How strongly prices trend."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

TREND_RETURNS_MIN: Final = 20
"""Returns below which a trend cannot be told from noise."""


def trend_scores(history: Mapping[str, NDArray[np.int64]]) -> Mapping[str, float]:
    """Return the trend of each symbol over its recent prices, in standard deviations of what chance would do.

    The return over the whole look-back divided by its volatility: log(last / first) / (s sqrt(n)), where s is the
    standard deviation of the n log returns. Source: time-series momentum scaled by volatility, Moskowitz, Ooi and
    Pedersen, Time series momentum, J. Financial Economics 104, 2012. Symbols with fewer than ``TREND_RETURNS_MIN``
    returns, or with prices that stand still, are left out.
    """
    scores: dict[str, float] = {}
    for symbol, closes in history.items():
        returns = np.diff(np.log(closes))
        if len(returns) < TREND_RETURNS_MIN:
            continue
        noise = float(returns.std()) * len(returns) ** 0.5
        if noise > 0:
            scores[symbol] = float(returns.sum()) / noise
    return scores
