"""Event frames: `{type, agentId, seq, timestamp, data}`, encoded once for all who receive them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from actors.book import Book, open_book
from actors.events import (
    AgentStatusChanged,
    ApprovalApproved,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    Event,
    Recorded,
    TradeCancelled,
    TradeCreated,
    TradeExecuted,
    TradeFailed,
    UsageAlert,
)
from actors.views import FloorViews, MarketSnapshot
from net.websocket.channels import agent_id_of
from net.websocket.outbox import Frame
from net.websocket.wire import encode_json
from net.wire.events import event_data
from net.wire.render import agent_json, approval_json, portfolio_json, price_json, trade_json
from net.wire.scalars import format_timestamp

PORTFOLIO_UPDATE: Final = "portfolio.update"
MARKET_UPDATE: Final = "market.update"


def event_frame(recorded: Recorded, views: FloorViews) -> Frame:
    """Return the frame of an event that goes out (see `channels.TOPICS`)."""
    event = recorded.event
    data = _DATA[type(event)](event, recorded, views)
    encoded = _encode(event.type, agent_id_of(event), recorded.seq, recorded.at_us, data)
    return Frame(encoded, recorded.seq, type=event.type)


def portfolio_frame(book: Book, seq: int, at_us: int, views: FloorViews) -> Frame:
    """Return the frame that shows a portfolio as the event `seq` left it; a newer one supersedes it."""
    agent_id = book.portfolio.agent_id
    data = portfolio_json(book, views.market.prices)
    encoded = _encode(PORTFOLIO_UPDATE, agent_id, seq, at_us, data)
    return Frame(encoded, seq, f"portfolio/{agent_id}", type=PORTFOLIO_UPDATE)


def market_frame(market: MarketSnapshot) -> Frame:
    """Return the frame that shows all prices of a tick; a newer one supersedes it. Prices have no sequence."""
    data = {"prices": [price_json(symbol, market) for symbol in market.prices]}
    return Frame(_encode(MARKET_UPDATE, None, None, market.at_us, data), key="market", type=MARKET_UPDATE)


def _encode(kind: str, agent_id: str | None, seq: int | None, at_us: int, data: Mapping[str, Any]) -> bytes:
    return encode_json(
        {"type": kind, "agentId": agent_id, "seq": seq, "timestamp": format_timestamp(at_us), "data": data}
    )


def _trade(
    event: TradeCreated | TradeExecuted | TradeFailed | TradeCancelled, _recorded: Recorded, _views: FloorViews
) -> dict[str, Any]:
    return trade_json(event.trade)


def _approval(
    event: ApprovalRequested | ApprovalApproved | ApprovalRejected | ApprovalExpired,
    _recorded: Recorded,
    _views: FloorViews,
) -> dict[str, Any]:
    return approval_json(event.approval, event.trade)


def _status(event: AgentStatusChanged, recorded: Recorded, views: FloorViews) -> dict[str, Any]:
    """Show the agent as the event left it, with the portfolio as it is now: the event does not carry one."""
    book = views.books.get(event.agent.agent_id) or open_book(event.agent)
    return agent_json(event.agent, book, views.market.prices, recorded.at_us)


def _alert(event: UsageAlert, _recorded: Recorded, _views: FloorViews) -> dict[str, Any]:
    return event_data(event)


_DATA: Final[Mapping[type[Event], Callable[[Any, Recorded, FloorViews], dict[str, Any]]]] = {
    AgentStatusChanged: _status,
    UsageAlert: _alert,
    TradeCreated: _trade,
    TradeExecuted: _trade,
    TradeFailed: _trade,
    TradeCancelled: _trade,
    ApprovalRequested: _approval,
    ApprovalApproved: _approval,
    ApprovalRejected: _approval,
    ApprovalExpired: _approval,
}
