"""Charts of the past: bars of prices, a portfolio's equity, and how well it did, out of storage and what is in memory.

The newest minutes are in memory already when they are not stored yet. Each function looks at the views once, before it
asks storage for anything, so what it puts together belongs together.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import dropwhile, takewhile
from typing import Final

import trio
from attrs import frozen

from actors.bars import MINUTE_US, Bar, Interval, RecentBars, aggregate
from actors.equity import EquityPoint, Execution, Holdings, Rewind, notional_of, realised, value
from actors.errors import FloorBusy, RangeTooLong
from actors.model import Action, Agent
from actors.performance import Performance, measure
from actors.ports.history import History
from actors.spans import Span
from actors.views import FloorViews

EXECUTIONS_PAGE: Final = 2_000
"""Fills that are read at once: few enough that the loop hardly notices."""

EXECUTIONS_MAX: Final = 200_000
"""Two months of the largest quota, so that 30 days of any agent are below it."""


@frozen
class Report:
    """How well an agent did between two moments: what so many periods, and so many sales, say.

    A period is an interval by the clock, and `period_years` years of trading.
    """

    from_us: int
    to_us: int
    interval: Interval
    period_years: float
    periods: int
    sales: int
    measures: Performance


async def price_bars(views: FloorViews, history: History, symbol: str, span: Span) -> list[Bar]:
    """Return the bars of a symbol that begin in a span, the oldest first; the last one may be under way."""
    recent = views.bars
    start_us, end_us = span.interval.ceil(span.from_us), span.interval.floor(span.to_us) + span.interval.length_us
    known_us = end_us if recent.start_us is None else min(end_us, recent.start_us)
    stored = await history.bars(symbol, start_us, known_us, span.interval) if start_us < known_us else ()
    newest = (bar for bar in recent.of(symbol) if start_us <= bar.start_us < end_us)
    return aggregate((*stored, *newest), span.interval)


async def equity_curve(views: FloorViews, history: History, agent: Agent, span: Span, now_us: int) -> list[EquityPoint]:
    """Return what an agent's portfolio was worth at the steps of a span, the oldest first.

    Its creation is a point of its own where it lies in the span, and so is now. A moment at which the price of
    something held is not known is left out. Raises RangeTooLong.
    """
    moments = {at_us for at_us in span.steps() if at_us >= agent.created_at_us}
    moments |= {at_us for at_us in (agent.created_at_us, now_us) if span.from_us <= at_us <= span.to_us}
    past = await _look_back(views, history, agent.agent_id, sorted(moments), now_us)
    return [point for point in past.points() if point is not None]


async def performance(views: FloorViews, history: History, agent: Agent, span: Span, now_us: int) -> Report:
    """Return how well an agent did in a span, from its equity at the ends of equal periods.

    The first period is the one that the span, or the agent's life, begins in; before its life an agent is worth its
    budget. Periods at whose beginning the price of something held is not known are left out. Raises RangeTooLong, and
    FloorBusy while there is no market.
    """
    market = views.market
    if not market.tick:
        raise FloorBusy("the market has not opened yet; ask again in a moment")
    period_years = span.interval.length_us / market.tick_us / market.ticks_per_year
    moments = range(span.interval.floor(span.from_us), span.to_us + 1, span.interval.length_us)
    past = await _look_back(views, history, agent.agent_id, moments, now_us)
    curve = _unbroken_end(past.points())
    if not curve:
        return Report(span.from_us, span.to_us, span.interval, period_years, 0, 0, measure((), period_years))
    begin_us, end_us = curve[0].at_us, curve[-1].at_us
    fills = past.fills(begin_us, end_us)
    profits: list[int] = []
    for profit in realised(past.holdings[begin_us], past.prices[begin_us], fills):
        profits.append(profit)
        if not len(profits) % EXECUTIONS_PAGE:
            await trio.lowlevel.checkpoint()
    measures = measure(
        [point.equity_micros for point in curve],
        period_years,
        profits,
        notional_of(fills, Action.BUY),
        notional_of(fills, Action.SELL),
    )
    return Report(begin_us, end_us, span.interval, period_years, len(curve) - 1, len(profits), measures)


def _unbroken_end(points: Sequence[EquityPoint | None]) -> list[EquityPoint]:
    """Return the last points, as far back as there are any without a gap."""
    curve: list[EquityPoint] = []
    for point in points:
        if point is None:
            curve = []
        else:
            curve.append(point)
    return curve


@frozen
class _Past:
    """What was held at some moments and at which prices, and the fills since the first of them, the newest first."""

    holdings: Mapping[int, Holdings]
    prices: Mapping[int, Mapping[str, int]]
    executions: Sequence[Execution]

    def points(self) -> list[EquityPoint | None]:
        """Return the equity at each moment, in their order."""
        return [value(at_us, self.holdings[at_us], prices) for at_us, prices in self.prices.items()]

    def fills(self, after_us: int, to_us: int) -> list[Execution]:
        """Return the fills after one moment and up to another, the oldest first."""
        until = dropwhile(lambda execution: execution.at_us > to_us, self.executions)
        return list(takewhile(lambda execution: execution.at_us > after_us, until))[::-1]


async def _look_back(views: FloorViews, history: History, agent_id: str, moments: Sequence[int], now_us: int) -> _Past:
    """Return what an agent held at these moments, the earliest first, and what it was worth."""
    book, before_seq, recent = views.book(agent_id).portfolio, views.last_seq + 1, views.bars
    current = views.market.prices
    if not moments:
        return _Past({}, {}, ())
    now = Holdings(book.cash_micros, {symbol: held.quantity for symbol, held in book.positions.items()})
    rewind, executions = Rewind(now, moments), list[Execution]()
    async for page in _pages(history, agent_id, before_seq, moments[0]):
        rewind.undo(page)
        executions += page
    holdings = rewind.holdings()
    symbols = sorted({symbol for held in holdings.values() for symbol in held.quantities})
    closes = await history.closes(symbols, moments) if symbols else {}
    prices = {
        at_us: current
        if at_us == now_us
        else _known(recent, at_us, {symbol: closes[symbol][place] for symbol in symbols})
        for place, at_us in enumerate(moments)
    }
    return _Past(holdings, prices, executions)


def _known(recent: RecentBars, at_us: int, stored: Mapping[str, int | None]) -> Mapping[str, int]:
    """Return the prices that were known at a moment: those in memory are newer than those in storage."""
    known = {symbol: close_micros for symbol, close_micros in stored.items() if close_micros is not None}
    if recent.start_us is None or at_us <= recent.start_us:
        return known
    for symbol in stored:
        for bar in recent.of(symbol):
            if bar.start_us + MINUTE_US <= at_us:
                known[symbol] = bar.close_micros
    return known


async def _pages(history: History, agent_id: str, before_seq: int, since_us: int) -> AsyncIterator[Sequence[Execution]]:
    """Yield an agent's fills before a place in the log, the newest first, back to a moment at least."""
    count = 0
    while True:
        page = await history.executions(agent_id, before_seq, EXECUTIONS_PAGE)
        yield page
        count += len(page)
        if len(page) < EXECUTIONS_PAGE or page[-1].at_us <= since_us:
            return
        if count > EXECUTIONS_MAX:
            raise RangeTooLong(
                f"the agent traded more than {EXECUTIONS_MAX:,} times since the range begins; let it begin later"
            )
        before_seq = page[-1].seq
