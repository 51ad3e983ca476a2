"""Charts as JSON: bars of prices, the equity curve of a portfolio, and its performance."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from actors.bars import Bar, Interval
from actors.charts import Report
from actors.equity import EquityPoint
from net.wire.converter import to_json
from net.wire.scalars import Dollars, Timestamp


@frozen
class BarShape:
    """The prices of an interval from `timestamp` on. `volume` is the number of shares that the agents traded."""

    timestamp: Timestamp
    open: Dollars
    high: Dollars
    low: Dollars
    close: Dollars
    volume: int


@frozen
class PriceHistoryShape:
    """Bars of a symbol, the oldest first. An interval without a price has no bar; the last may be under way."""

    symbol: str
    interval: Interval
    items: tuple[BarShape, ...]


@frozen
class EquityPointShape:
    """What a portfolio was worth at a moment: `value` is `cash`, reserved or not, and `market_value` of its shares."""

    timestamp: Timestamp
    value: Dollars
    cash: Dollars
    market_value: Dollars


@frozen
class EquityCurveShape:
    """A portfolio's equity at the ends of intervals, the oldest first; its beginning and now are points, too."""

    agent_id: str
    interval: Interval
    items: tuple[EquityPointShape, ...]


@frozen
class PerformanceShape:
    """How well an agent did from `from` to `to`; a measure is null where too little is known.

    Fractions: 0.1 is 10 %. `roi` is the gain on the first equity, `max_drawdown` the deepest fall from a peak,
    `win_rate` the part of `sales` that brought in more than the fee and what their shares had cost on average,
    `turnover` the lesser of purchases and sales over the mean equity. `volatility`, `sharpe`, `sortino` and `calmar`
    are per year of trading, from the returns of so many `periods`, each an `interval` by the clock and `period_years`
    of trading.
    """

    agent_id: str
    from_: Timestamp
    to: Timestamp
    interval: Interval
    periods: int
    period_years: float
    sales: int
    roi: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float | None
    calmar: float | None
    win_rate: float | None
    turnover: float | None


def bars_json(symbol: str, interval: Interval, bars: Sequence[Bar]) -> dict[str, Any]:
    """Show bars of a symbol."""
    return to_json(PriceHistoryShape(symbol, interval, tuple(_bar(bar) for bar in bars)))


def equity_json(agent_id: str, interval: Interval, curve: Sequence[EquityPoint]) -> dict[str, Any]:
    """Show the equity curve of an agent's portfolio."""
    return to_json(EquityCurveShape(agent_id, interval, tuple(_point(point) for point in curve)))


def performance_json(agent_id: str, report: Report) -> dict[str, Any]:
    """Show how well an agent did."""
    measures = report.measures
    return to_json(
        PerformanceShape(
            agent_id=agent_id,
            from_=Timestamp(report.from_us),
            to=Timestamp(report.to_us),
            interval=report.interval,
            periods=report.periods,
            period_years=report.period_years,
            sales=report.sales,
            roi=measures.roi,
            volatility=measures.volatility,
            sharpe=measures.sharpe,
            sortino=measures.sortino,
            max_drawdown=measures.max_drawdown,
            calmar=measures.calmar,
            win_rate=measures.win_rate,
            turnover=measures.turnover,
        )
    )


def _bar(bar: Bar) -> BarShape:
    return BarShape(
        timestamp=Timestamp(bar.start_us),
        open=Dollars(bar.open_micros),
        high=Dollars(bar.high_micros),
        low=Dollars(bar.low_micros),
        close=Dollars(bar.close_micros),
        volume=bar.volume,
    )


def _point(point: EquityPoint) -> EquityPointShape:
    return EquityPointShape(
        timestamp=Timestamp(point.at_us),
        value=Dollars(point.equity_micros),
        cash=Dollars(point.cash_micros),
        market_value=Dollars(point.market_value_micros),
    )
