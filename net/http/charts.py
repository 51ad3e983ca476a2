"""Charts: bars of prices, the equity curve of a portfolio, and how well an agent did."""

from typing import Annotated, Final

from attrs import frozen

from actors import charts
from actors.bars import Interval
from actors.errors import RangeReversed, RangeTooLong, RangeTooOld
from actors.model import Agent
from actors.spans import Span, resolve
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.wire.charts import (
    EquityCurveShape,
    PerformanceShape,
    PriceHistoryShape,
    bars_json,
    equity_json,
    performance_json,
)
from net.wire.rules import Choice, Doc, Moment

OF_A_SPAN: Final = (RangeReversed, RangeTooLong, RangeTooOld)

routes = Routes("Charts")

BARS_DEFAULT: Final = 200
"""So many bars reaches back whoever does not say from when on."""

LIFE_DEFAULT_US: Final = 30 * Interval.DAY.length_us
"""So far reaches back whoever does not say from when on about an agent that is older."""


@frozen
class SpanQuery:
    """Which stretch of the past, and in what steps: at most 1,000 in one answer, and back 30 days below an hour."""

    from_: Annotated[
        int | None, Moment(), Doc("Nothing before this moment. Left out: 200 bars; of an agent its last 30 days.")
    ] = None
    to: Annotated[int | None, Moment(), Doc("Nothing after this moment. Left out: now.")] = None
    interval: Annotated[
        Interval | None, Choice(Interval), Doc("How long a step is. Left out: the shortest that fits.", "1h")
    ] = None


@routes.add("GET", "/api/v1/market/history/<symbol>", keys=True, answer=PriceHistoryShape, refuses=OF_A_SPAN)
async def get_price_history(call: Call, symbol: str, query: SpanQuery) -> Reply:
    """Show the prices of a symbol as bars (open, high, low, close, volume) that begin in a range of time."""
    views = call.edge.views
    views.market.price(symbol)
    default_us = BARS_DEFAULT * (query.interval or Interval.MINUTE).length_us
    span = resolve(query.from_, query.to, query.interval, call.edge.clock.now_us(), default_us)
    return Reply(bars_json(symbol, span.interval, await charts.price_bars(views, call.edge.history, symbol, span)))


@routes.add("GET", "/api/v1/agents/<agent_id>/portfolio/history", keys=True, answer=EquityCurveShape, refuses=OF_A_SPAN)
async def get_portfolio_history(call: Call, agent_id: str, query: SpanQuery) -> Reply:
    """Show what an agent's portfolio was worth over a range of time."""
    agent, now_us = call.agent(agent_id), call.edge.clock.now_us()
    span = _span(agent, query, now_us)
    curve = await charts.equity_curve(call.edge.views, call.edge.history, agent, span, now_us)
    return Reply(equity_json(agent_id, span.interval, curve))


@routes.add("GET", "/api/v1/agents/<agent_id>/performance", keys=True, answer=PerformanceShape, refuses=OF_A_SPAN)
async def get_performance(call: Call, agent_id: str, query: SpanQuery) -> Reply:
    """Show how well an agent did over a range of time: return, risk, and trades that paid."""
    agent, now_us = call.agent(agent_id), call.edge.clock.now_us()
    span = _span(agent, query, now_us)
    return Reply(
        performance_json(agent_id, await charts.performance(call.edge.views, call.edge.history, agent, span, now_us))
    )


def _span(agent: Agent, query: SpanQuery, now_us: int) -> Span:
    return resolve(query.from_, query.to, query.interval, now_us, LIFE_DEFAULT_US, agent.created_at_us)
