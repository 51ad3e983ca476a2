"""The lives of trades, agents and approvals, each as one table: state x event -> state and effect.

A trade is `pending` when it is accepted. A market order is filled at once; a limit or stop order rests, its cash or
shares reserved, until the tick that crosses it or, good for a day, until the day ends. A stop-limit order is triggered
by its stop and rests on until its limit. Above the agent's threshold a trade waits as `pending_approval`, with
its reservation, until it is approved (and then fills or fails), rejected, expired or cancelled. The other states are
final.

An agent is `paused` at first. `active`, it also trades by itself. `failed`, its strategy was quarantined, and its owner
may resume it. `stopped`, its positions are sold and nothing trades again. `deleted` is final.

An illegal transition raises IllegalTransition and changes nothing.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum

from actors.errors import IllegalTransition
from actors.model import AgentStatus, ApprovalStatus, TradeStatus


class TradeEvent(StrEnum):
    """What can happen to a trade."""

    TRIGGER = "trigger"
    FILL = "fill"
    FAIL = "fail"
    HOLD = "hold for approval"
    REJECT = "reject"
    EXPIRE = "expire"
    CANCEL = "cancel"


class Effect(Enum):
    """What a transition does to the ledger, besides changing the status."""

    POST = "release the reservation, then post the fill"
    RESERVE = "reserve cash or shares"
    RELEASE = "release the reservation"
    KEEP = "leave the reservation as it is"


class AgentEvent(StrEnum):
    """What can happen to an agent."""

    RESUME = "resume"
    PAUSE = "pause"
    FAIL = "fail"
    STOP = "stop"
    DELETE = "delete"


class ApprovalEvent(StrEnum):
    """What can happen to an approval."""

    APPROVE = "approve"
    REJECT = "reject"
    EXPIRE = "expire"
    CANCEL = "cancel"


TRADE_TRANSITIONS: Mapping[tuple[TradeStatus, TradeEvent], tuple[TradeStatus, Effect]] = {
    (TradeStatus.PENDING, TradeEvent.TRIGGER): (TradeStatus.PENDING, Effect.KEEP),
    (TradeStatus.PENDING, TradeEvent.FILL): (TradeStatus.COMPLETED, Effect.POST),
    (TradeStatus.PENDING, TradeEvent.FAIL): (TradeStatus.FAILED, Effect.RELEASE),
    (TradeStatus.PENDING, TradeEvent.HOLD): (TradeStatus.PENDING_APPROVAL, Effect.RESERVE),
    (TradeStatus.PENDING, TradeEvent.EXPIRE): (TradeStatus.EXPIRED, Effect.RELEASE),
    (TradeStatus.PENDING, TradeEvent.CANCEL): (TradeStatus.CANCELLED, Effect.RELEASE),
    (TradeStatus.PENDING_APPROVAL, TradeEvent.FILL): (TradeStatus.COMPLETED, Effect.POST),
    (TradeStatus.PENDING_APPROVAL, TradeEvent.FAIL): (TradeStatus.FAILED, Effect.RELEASE),
    (TradeStatus.PENDING_APPROVAL, TradeEvent.REJECT): (TradeStatus.REJECTED, Effect.RELEASE),
    (TradeStatus.PENDING_APPROVAL, TradeEvent.EXPIRE): (TradeStatus.EXPIRED, Effect.RELEASE),
    (TradeStatus.PENDING_APPROVAL, TradeEvent.CANCEL): (TradeStatus.CANCELLED, Effect.RELEASE),
}

AGENT_TRANSITIONS: Mapping[tuple[AgentStatus, AgentEvent], AgentStatus] = {
    (AgentStatus.PAUSED, AgentEvent.RESUME): AgentStatus.ACTIVE,
    (AgentStatus.PAUSED, AgentEvent.PAUSE): AgentStatus.PAUSED,
    (AgentStatus.PAUSED, AgentEvent.FAIL): AgentStatus.FAILED,
    (AgentStatus.PAUSED, AgentEvent.STOP): AgentStatus.STOPPED,
    (AgentStatus.PAUSED, AgentEvent.DELETE): AgentStatus.DELETED,
    (AgentStatus.ACTIVE, AgentEvent.RESUME): AgentStatus.ACTIVE,
    (AgentStatus.ACTIVE, AgentEvent.PAUSE): AgentStatus.PAUSED,
    (AgentStatus.ACTIVE, AgentEvent.FAIL): AgentStatus.FAILED,
    (AgentStatus.ACTIVE, AgentEvent.STOP): AgentStatus.STOPPED,
    (AgentStatus.ACTIVE, AgentEvent.DELETE): AgentStatus.DELETED,
    (AgentStatus.FAILED, AgentEvent.RESUME): AgentStatus.ACTIVE,
    (AgentStatus.FAILED, AgentEvent.PAUSE): AgentStatus.PAUSED,
    (AgentStatus.FAILED, AgentEvent.FAIL): AgentStatus.FAILED,
    (AgentStatus.FAILED, AgentEvent.STOP): AgentStatus.STOPPED,
    (AgentStatus.FAILED, AgentEvent.DELETE): AgentStatus.DELETED,
    (AgentStatus.STOPPED, AgentEvent.STOP): AgentStatus.STOPPED,
    (AgentStatus.STOPPED, AgentEvent.DELETE): AgentStatus.DELETED,
}

APPROVAL_TRANSITIONS: Mapping[tuple[ApprovalStatus, ApprovalEvent], ApprovalStatus] = {
    (ApprovalStatus.PENDING, ApprovalEvent.APPROVE): ApprovalStatus.APPROVED,
    (ApprovalStatus.PENDING, ApprovalEvent.REJECT): ApprovalStatus.REJECTED,
    (ApprovalStatus.PENDING, ApprovalEvent.EXPIRE): ApprovalStatus.EXPIRED,
    (ApprovalStatus.PENDING, ApprovalEvent.CANCEL): ApprovalStatus.CANCELLED,
}

OPEN_TRADES = frozenset({TradeStatus.PENDING, TradeStatus.PENDING_APPROVAL})
TRADABLE_BY_HAND = frozenset({AgentStatus.PAUSED, AgentStatus.ACTIVE})
KEEPS_RESTING_ORDERS = frozenset({AgentStatus.PAUSED, AgentStatus.ACTIVE, AgentStatus.FAILED})
"""Somebody placed them, not the strategy; a stop cancels them."""


def next_trade_state(status: TradeStatus, event: TradeEvent) -> tuple[TradeStatus, Effect]:
    """Return where a trade goes and what that does to the ledger. Raises IllegalTransition."""
    try:
        return TRADE_TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(f"the trade is {status}: there is nothing to {event} any more") from None


def next_agent_status(status: AgentStatus, event: AgentEvent) -> AgentStatus:
    """Return where an agent goes. Raises IllegalTransition."""
    try:
        return AGENT_TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(f"a {status} agent cannot {event}") from None


def next_approval_status(status: ApprovalStatus, event: ApprovalEvent) -> ApprovalStatus:
    """Return where an approval goes. Raises IllegalTransition."""
    try:
        return APPROVAL_TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(f"an approval that is {status} cannot {event}") from None
