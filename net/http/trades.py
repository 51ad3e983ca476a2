"""Trades: submitted, listed, shown and cancelled. The way of a trade begins here."""

from typing import Annotated, Final

from attrs import frozen

from actors.errors import (
    AgentNotTrading,
    AssetNotPermitted,
    DuplicateClientOrderId,
    IllegalTransition,
    InsufficientFunds,
    InsufficientShares,
    MarketClosed,
    QuotaExceeded,
    TooManyOpenTrades,
    TradeNotFound,
    UnknownSymbol,
)
from actors.messages import CancelTrade, SubmitTrade
from actors.model import Role, Trade, TradeStatus
from actors.ports.history import BadCursor, TradeQuery
from net.http.call import Call
from net.http.listing import CURSOR, LIMIT, PAGE_DEFAULT, page_json
from net.http.routing import Reply, Routes
from net.wire.render import trade_json
from net.wire.requests import SYMBOL, TradeBody
from net.wire.rules import Choice, Doc, Moment
from net.wire.shapes import Listing, TradeShape

OF_AN_ORDER: Final = (
    UnknownSymbol,
    InsufficientFunds,
    InsufficientShares,
    AgentNotTrading,
    AssetNotPermitted,
    MarketClosed,
    DuplicateClientOrderId,
    TooManyOpenTrades,
    QuotaExceeded,
)

routes = Routes("Trades")


@frozen
class TradesQuery:
    """Which trades are listed."""

    status: Annotated[TradeStatus | None, Choice(TradeStatus), Doc("Only those of this status.", "completed")] = None
    symbol: Annotated[str | None, SYMBOL, Doc("Only those of this symbol.", "AAPL")] = None
    from_: Annotated[int | None, Moment(), Doc("Only those submitted at this moment or later.")] = None
    to: Annotated[int | None, Moment(), Doc("Only those submitted before this moment.")] = None
    limit: Annotated[int, LIMIT, Doc("How many at most.", 50)] = PAGE_DEFAULT
    cursor: Annotated[str | None, CURSOR, Doc("The nextCursor of the page before.")] = None


@routes.add(
    "POST",
    "/api/v1/agents/<agent_id>/trades",
    role=Role.TRADER,
    keys=True,
    answer=TradeShape,
    atomic=True,
    refuses=OF_AN_ORDER,
)
async def submit_trade(call: Call, agent_id: str, body: TradeBody) -> Reply:
    """Submit an order. The status says whether it is completed, rests (pending), or waits for approval."""
    call.agent(agent_id)
    call.edge.views.market.price(body.symbol)
    answer = await call.answered()
    trade: Trade | None = getattr(answer, "trade", None)
    if trade is None:
        trade = await call.ask_agent(agent_id, SubmitTrade(body.order(), call.principal, call.claim))
    return Reply(trade_json(trade))


@routes.add("GET", "/api/v1/agents/<agent_id>/trades", keys=True, answer=Listing[TradeShape], refuses=(BadCursor,))
async def list_trades(call: Call, agent_id: str, query: TradesQuery) -> Reply:
    """List an agent's trades, newest first."""
    call.agent(agent_id)
    page = await call.edge.history.trades(
        TradeQuery(agent_id, query.status, query.symbol, query.from_, query.to, query.limit, query.cursor)
    )
    return Reply(page_json(page, trade_json))


@routes.add("GET", "/api/v1/agents/<agent_id>/trades/<trade_id>", keys=True, answer=TradeShape)
async def get_trade(call: Call, agent_id: str, trade_id: str) -> Reply:
    """Show a trade."""
    return Reply(trade_json(await _trade(call, agent_id, trade_id)))


@routes.add(
    "DELETE",
    "/api/v1/agents/<agent_id>/trades/<trade_id>",
    role=Role.TRADER,
    keys=True,
    answer=TradeShape,
    refuses=(IllegalTransition,),
)
async def cancel_trade(call: Call, agent_id: str, trade_id: str) -> Reply:
    """Take back a trade that is still pending or waits for approval."""
    await _trade(call, agent_id, trade_id)
    return Reply(trade_json(await call.ask_agent(agent_id, CancelTrade(trade_id, call.principal))))


async def _trade(call: Call, agent_id: str, trade_id: str) -> Trade:
    call.agent(agent_id)
    trade = call.edge.views.book(agent_id).open_trades.get(trade_id)
    if trade is None:
        trade = await call.edge.history.trade(agent_id, trade_id)
    if trade is None:
        raise TradeNotFound(f"there is no trade {trade_id} of this agent")
    return trade
