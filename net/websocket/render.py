"""Event frames: `{type, agentId, seq, timestamp, data}`, encoded once for all who receive them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

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
from net.websocket.messages import EventMessage, MarketShape
from net.websocket.outbox import Frame
from net.wire.converter import to_json
from net.wire.events import event_data
from net.wire.render import agent_json, approval_json, portfolio_json, price_shape, trade_json
from net.wire.scalars import Timestamp
from net.wire.shapes import AgentShape, ApprovalShape, PortfolioShape, TradeShape, UsageAlertShape

PORTFOLIO_UPDATE: Final = "portfolio.update"
MARKET_UPDATE: Final = "market.update"


@frozen
class _Kind:
    """What is in the frames of a kind of event, and how it is shown."""

    shape: type[Any]
    show: Callable[[Any, Recorded, FloorViews], dict[str, Any]]


def event_frame(recorded: Recorded, views: FloorViews) -> Frame:
    """Return the frame of an event that goes out (see `channels.TOPICS`)."""
    event = recorded.event
    data = _KINDS[type(event)].show(event, recorded, views)
    message = EventMessage(event.type, agent_id_of(event), recorded.seq, Timestamp(recorded.at_us), data)
    return Frame(message.encoded(), recorded.seq, type=event.type)


def portfolio_frame(book: Book, seq: int, at_us: int, views: FloorViews) -> Frame:
    """Return the frame that shows a portfolio as the event `seq` left it; a newer one supersedes it."""
    agent_id = book.portfolio.agent_id
    data = portfolio_json(book, views.market.prices)
    message = EventMessage(PORTFOLIO_UPDATE, agent_id, seq, Timestamp(at_us), data)
    return Frame(message.encoded(), seq, f"portfolio/{agent_id}", type=PORTFOLIO_UPDATE)


def market_frame(market: MarketSnapshot) -> Frame:
    """Return the frame that shows all prices of a tick; a newer one supersedes it. Prices have no sequence."""
    data = to_json(MarketShape(tuple(price_shape(symbol, market) for symbol in market.prices)))
    message = EventMessage(MARKET_UPDATE, None, None, Timestamp(market.at_us), data)
    return Frame(message.encoded(), key="market", type=MARKET_UPDATE)


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


_TRADE: Final = _Kind(TradeShape, _trade)
_APPROVAL: Final = _Kind(ApprovalShape, _approval)

_KINDS: Final[Mapping[type[Event], _Kind]] = {
    AgentStatusChanged: _Kind(AgentShape, _status),
    UsageAlert: _Kind(UsageAlertShape, _alert),
    TradeCreated: _TRADE,
    TradeExecuted: _TRADE,
    TradeFailed: _TRADE,
    TradeCancelled: _TRADE,
    ApprovalRequested: _APPROVAL,
    ApprovalApproved: _APPROVAL,
    ApprovalRejected: _APPROVAL,
    ApprovalExpired: _APPROVAL,
}

EVENT_SHAPES: Final[Mapping[str, type[Any]]] = {
    **{event.type: kind.shape for event, kind in _KINDS.items()},
    PORTFOLIO_UPDATE: PortfolioShape,
    MARKET_UPDATE: MarketShape,
}
"""What is in each frame that nobody asked for by itself, by its type."""
