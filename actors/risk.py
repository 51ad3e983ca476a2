"""What an approver should know of an order: what it does to the portfolio, and how risky that is.

Everything here is computed from plain values at the order's reference price.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, Literal

import numpy as np
from attrs import field, frozen
from attrs.validators import ge, gt

from actors.money import format_dollars

EWMA_DECAY: Final = 0.94
"""RiskMetrics' decay factor (J.P. Morgan/Reuters, RiskMetrics Technical Document, 4th ed., 1996, section 5.3.2)."""

RETURNS_MIN: Final = 10
"""Returns below which a volatility says more about chance than about the symbol."""

TRADING_DAYS_PER_YEAR: Final = 252

NORMAL_QUANTILE_95: Final = 1.6448536269514722
"""The 95 % quantile of the standard normal distribution."""


class RiskLevel(StrEnum):
    """How risky an order is, in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


_LEVELS: Final = tuple(RiskLevel)

# For each factor the values above which it is medium, high and critical.
_CONCENTRATION_STEPS: Final = (0.25, 0.50, 0.75)
_BUDGET_STEPS: Final = (0.25, 0.50, 0.75)
_VOLATILITY_STEPS: Final = (0.30, 0.50, 0.80)
_DAY_LOSS_STEPS: Final = (0.015, 0.03, 0.05)


@frozen
class ProposedTrade:
    """An order at its reference price: quantity in shares, price and fee in micro-dollars."""

    symbol: str
    action: Literal["buy", "sell"]
    quantity: int = field(validator=gt(0))
    price_micros: int = field(validator=gt(0))
    fee_micros: int = field(default=0, validator=ge(0))

    @property
    def notional_micros(self) -> int:
        """Quantity times price."""
        return self.quantity * self.price_micros


@frozen
class HeldValues:
    """A portfolio before an order: cash (reservations included), budget, and shares and market value by symbol."""

    cash_micros: int
    initial_budget_micros: int = field(validator=gt(0))
    quantities: Mapping[str, int] = field(factory=dict)
    market_values_micros: Mapping[str, int] = field(factory=dict)


@frozen
class PortfolioImpact:
    """A portfolio before and after an order, valued at the order's reference price.

    Concentrations are the position's share of equity; the exposure is the market value of all positions; the index is
    the Herfindahl-Hirschman index of the positions and cash after the order: the sum of squared shares of equity, from
    1/n for n equal parts to 1 for a single one.
    """

    cash_before_micros: int
    cash_after_micros: int
    position_before: int
    position_after: int
    concentration_before: float
    concentration_after: float
    exposure_before_micros: int
    exposure_after_micros: int
    herfindahl_index_after: float


@frozen
class RiskAssessment:
    """How risky an order is, and why.

    ``budget_share`` is the order's notional as a share of the initial budget, ``volatility`` the symbol's per year and
    ``worst_day_loss_micros`` what the position after the order loses at most on 95 days of 100; both are None where
    too few prices are known. ``factors`` are sentences for the approver, the gravest first.
    """

    level: RiskLevel
    concentration: float
    herfindahl_index: float
    budget_share: float
    volatility: float | None
    worst_day_loss_micros: int | None
    factors: tuple[str, ...]


def ewma_volatility(closes_micros: Sequence[int], periods_per_year: float, decay: float = EWMA_DECAY) -> float | None:
    """Return a symbol's volatility per year from recent prices, oldest first; None below ``RETURNS_MIN`` returns.

    The variance is the exponentially weighted mean of squared log returns, with the mean return taken as zero and the
    weights scaled to sum to one (RiskMetrics Technical Document, 1996, table 5.1). ``periods_per_year`` is the number
    of prices in a year of trading.
    """
    prices = np.asarray(closes_micros, dtype=np.float64)
    if len(prices) <= RETURNS_MIN:
        return None
    returns = np.diff(np.log(prices))
    weights = decay ** np.arange(len(returns) - 1, -1, -1)
    variance = float(weights @ returns**2 / weights.sum())
    return math.sqrt(variance * periods_per_year)


def worst_day_loss(market_value_micros: int, volatility: float) -> int:
    """Return the loss of a position, in micro-dollars, that 95 % of all days stay below.

    Parametric (delta-normal) value at risk over one day with a mean of zero: value x 1.645 x volatility of a day
    (RiskMetrics Technical Document, 1996, section 1.2); never more than the position, as nothing here is short.
    """
    share = NORMAL_QUANTILE_95 * volatility / math.sqrt(TRADING_DAYS_PER_YEAR)
    return min(market_value_micros, round(market_value_micros * share))


def portfolio_impact(trade: ProposedTrade, held: HeldValues) -> PortfolioImpact:
    """Return what an order does to a portfolio if it fills at its reference price."""
    sign = 1 if trade.action == "buy" else -1
    position_before = held.quantities.get(trade.symbol, 0)
    position_after = position_before + sign * trade.quantity
    cash_after_micros = held.cash_micros - sign * trade.notional_micros - trade.fee_micros
    before = {**held.market_values_micros, trade.symbol: position_before * trade.price_micros}
    after = {**before, trade.symbol: position_after * trade.price_micros}
    return PortfolioImpact(
        cash_before_micros=held.cash_micros,
        cash_after_micros=cash_after_micros,
        position_before=position_before,
        position_after=position_after,
        concentration_before=_share(before[trade.symbol], held.cash_micros + sum(before.values())),
        concentration_after=_share(after[trade.symbol], cash_after_micros + sum(after.values())),
        exposure_before_micros=sum(before.values()),
        exposure_after_micros=sum(after.values()),
        herfindahl_index_after=_herfindahl_index([cash_after_micros, *after.values()]),
    )


def assess(trade: ProposedTrade, held: HeldValues, volatility: float | None) -> RiskAssessment:
    """Judge an order by concentration, share of the budget, volatility of its symbol and worst loss in a day.

    ``volatility`` is the symbol's per year, as ``ewma_volatility`` gives it. The level is that of the gravest factor.
    """
    impact = portfolio_impact(trade, held)
    position_micros = impact.position_after * trade.price_micros
    equity_micros = impact.cash_after_micros + impact.exposure_after_micros
    budget_share = trade.notional_micros / held.initial_budget_micros
    loss_micros = None if volatility is None else worst_day_loss(position_micros, volatility)
    factors = [
        _concentration_factor(trade.symbol, impact.concentration_after),
        (
            _rank(budget_share, _BUDGET_STEPS),
            f"The order is {_percent(budget_share)} of the initial budget ({format_dollars(trade.notional_micros)}).",
        ),
        _volatility_factor(trade.symbol, volatility),
    ]
    if loss_micros is not None:
        loss_share = _share(loss_micros, equity_micros)
        sentence = (
            f"On 95 days of 100 the {trade.symbol} position loses no more than {format_dollars(loss_micros)}, "
            f"{_percent(loss_share)} of equity."
        )
        factors.append((_rank(loss_share, _DAY_LOSS_STEPS), sentence))
    factors.sort(key=lambda factor: -factor[0])
    return RiskAssessment(
        level=_LEVELS[factors[0][0]],
        concentration=impact.concentration_after,
        herfindahl_index=impact.herfindahl_index_after,
        budget_share=budget_share,
        volatility=volatility,
        worst_day_loss_micros=loss_micros,
        factors=tuple(sentence for _rank_of, sentence in factors),
    )


def _concentration_factor(symbol: str, concentration: float) -> tuple[int, str]:
    return (
        _rank(concentration, _CONCENTRATION_STEPS),
        f"{symbol} would be {_percent(concentration)} of equity after the trade.",
    )


def _volatility_factor(symbol: str, volatility: float | None) -> tuple[int, str]:
    if volatility is None:
        return 1, f"The volatility of {symbol} is not known yet: too few prices."
    return _rank(volatility, _VOLATILITY_STEPS), f"{symbol} has a volatility of {_percent(volatility)} a year."


def _rank(value: float, steps: Sequence[float]) -> int:
    return sum(value > step for step in steps)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _share(part_micros: int, equity_micros: int) -> float:
    """Return a part of equity as a fraction from 0 to 1; of an equity of nothing, any part is all of it."""
    if part_micros <= 0:
        return 0.0
    if equity_micros <= part_micros:
        return 1.0
    return part_micros / equity_micros


def _herfindahl_index(parts_micros: Sequence[int]) -> float:
    positive = [part for part in parts_micros if part > 0]
    total = sum(positive)
    # The exact sum: Python adds floats otherwise since 3.12, and the last bit is in every log.
    return math.fsum((part / total) ** 2 for part in positive) if total else 0.0
