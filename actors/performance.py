"""How well a portfolio has done, from its equity at the ends of equal periods.

Returns are simple returns of a period. Whatever cannot be told from so few periods is None, never a guess.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

RETURNS_MIN: Final = 20
"""Returns from which a standard deviation is worth a name."""

GROWTH_YEARS_MIN: Final = 1 / 12
"""A month: growth of a shorter time, put as growth of a year, says more about the arithmetic than the portfolio."""


@frozen
class Performance:
    """Measures of a portfolio, as fractions (0.1 is 10 %); None where too little is known.

    ``roi`` is the gain on the first equity; ``volatility``, ``sharpe``, ``sortino`` and ``calmar`` are per year of
    trading; ``max_drawdown`` is the deepest fall from a peak, not negative; ``win_rate`` the part of the closed trades
    that made money; ``turnover`` the lesser of purchases and sales over the mean equity.
    """

    roi: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float | None
    calmar: float | None
    win_rate: float | None
    turnover: float | None


def measure(
    equity_micros: Sequence[int],
    period_years: float,
    realised_micros: Sequence[int] = (),
    bought_micros: int = 0,
    sold_micros: int = 0,
    riskless_rate: float = 0.0,
) -> Performance:
    """Return the measures of an equity curve whose values lie ``period_years`` of trading apart, the oldest first.

    ``realised_micros`` holds the profit or loss of each sale, ``bought_micros`` and ``sold_micros`` the notional of all
    purchases and sales in the time of the curve, ``riskless_rate`` the return a year that costs no risk.

    Raises ``ValueError`` for a period that is not above zero.
    """
    if not period_years > 0:
        raise ValueError(f"the length of a period is above zero, not {period_years}")
    curve = np.asarray(equity_micros, dtype=np.float64)
    returns = period_returns(curve)
    excess = returns - riskless_rate * period_years
    drawdown = max_drawdown(curve)
    return Performance(
        roi=float(curve[-1] / curve[0] - 1) if len(curve) > 1 and curve[0] > 0 else None,
        volatility=_deviation(returns, period_years),
        sharpe=sharpe_ratio(excess, period_years),
        sortino=sortino_ratio(excess, period_years),
        max_drawdown=drawdown,
        calmar=calmar_ratio(curve, drawdown, period_years),
        win_rate=sum(1 for profit in realised_micros if profit > 0) / len(realised_micros) if realised_micros else None,
        turnover=min(bought_micros, sold_micros) / float(curve.mean()) if len(curve) and curve.mean() > 0 else None,
    )


def period_returns(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the simple return of each period; of a curve that touches zero there is none."""
    if len(curve) < 2 or not (curve > 0).all():
        return np.empty(0)
    returns: NDArray[np.float64] = curve[1:] / curve[:-1] - 1
    return returns


def sharpe_ratio(excess: NDArray[np.float64], period_years: float) -> float | None:
    """Return the mean excess return over its standard deviation, per year, or None without either.

    Source: Sharpe, The Sharpe ratio, J. Portfolio Management 21, 1994; put per year by the square root of the number
    of periods in it.
    """
    deviation = _deviation(excess, period_years)
    return float(excess.mean()) / period_years / deviation if deviation else None


def sortino_ratio(excess: NDArray[np.float64], period_years: float) -> float | None:
    """Return the mean excess return over its downside deviation, per year, or None without a loss to divide by.

    The downside deviation is the root of the mean over all periods of the squared shortfalls. Source: Sortino and
    Price, Performance measurement in a downside risk framework, J. Investing 3, 1994.
    """
    if len(excess) < RETURNS_MIN:
        return None
    downside = math.sqrt(float((np.minimum(excess, 0) ** 2).mean()) / period_years)
    return float(excess.mean()) / period_years / downside if downside else None


def max_drawdown(curve: NDArray[np.float64]) -> float | None:
    """Return the deepest fall from an earlier peak as a part of that peak, or None for fewer than two values.

    Source: Magdon-Ismail and Atiya, Maximum drawdown, Risk 17, 2004.
    """
    if len(curve) < 2 or curve[0] <= 0:
        return None
    peaks = np.maximum.accumulate(curve)
    return float((1 - curve / peaks).max())


def calmar_ratio(curve: NDArray[np.float64], drawdown: float | None, period_years: float) -> float | None:
    """Return the compound growth a year over the maximum drawdown, or None for less than a month or without a fall.

    Source: Young, Calmar ratio: a smoother tool, Futures 20, 1991.
    """
    years = (len(curve) - 1) * period_years
    if not drawdown or years < GROWTH_YEARS_MIN or curve[-1] <= 0:
        return None
    growth = math.expm1(math.log(curve[-1] / curve[0]) / years)
    return growth / drawdown


def _deviation(returns: NDArray[np.float64], period_years: float) -> float | None:
    """Return the sample standard deviation per year of returns that are taken to be independent."""
    if len(returns) < RETURNS_MIN:
        return None
    return float(returns.std(ddof=1)) / math.sqrt(period_years)
