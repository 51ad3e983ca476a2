"""What a commit owes to those outside: usage for metering, requests and decisions for oversight, news for people."""

from collections.abc import Iterable, Iterator

from actors.book import EXECUTED, SUBMITTED
from actors.events import (
    ApprovalApproved,
    ApprovalEventRecord,
    ApprovalRejected,
    ApprovalRequested,
    BookEvent,
    Event,
    TradeCreated,
    TradeExecuted,
    UsageAlert,
)
from actors.model import Agent, Approval, Decision, Trade
from actors.ports.clock import Ids
from actors.ports.journal import (
    ApprovalDelivery,
    DecisionDelivery,
    Delivery,
    NotificationDelivery,
    QuotaDelivery,
    UsageDelivery,
)
from actors.ports.metering import QuotaLimits, UsageEvent
from actors.ports.notifications import Notification, NotifyTarget
from actors.ports.oversight import DecisionRecord, OversightRequestRecord

_Told = UsageAlert | ApprovalEventRecord
"""The events that people are told of."""

OUTSIDE_CHANNELS = frozenset({"oversight", "auto"})
"""Decisions that came from the oversight service itself; it need not be told of them."""


def deliveries_of(events: Iterable[BookEvent], ids: Ids) -> tuple[Delivery, ...]:
    """Return what leaves through the outbox with these events; the usage of one commit travels together."""
    usage: list[UsageEvent] = []
    oversight: list[Delivery] = []
    for event in events:
        if isinstance(event, TradeCreated):
            trade = event.trade
            usage.append(_usage_event(ids, trade, SUBMITTED, 1, trade.submission_cost_micros, trade.submitted_at_us))
        elif isinstance(event, TradeExecuted):
            trade = event.trade
            executed_at_us = trade.executed_at_us or trade.submitted_at_us
            usage.append(_usage_event(ids, trade, EXECUTED, 0, trade.execution_cost_micros, executed_at_us))
        else:
            oversight += _oversight(event)
    return (*((UsageDelivery(tuple(usage)),) if usage else ()), *oversight)


def news_of(agent: Agent, events: Iterable[Event], at_us: int, ids: Ids) -> tuple[NotificationDelivery, ...]:
    """Return what Slack and the agent's webhook are told of these events, as the agent's alerts say."""
    told = [event for event in events if isinstance(event, _Told)]
    if not told:
        return ()  # As of nearly every trade.
    channels = agent.alerts.channels
    targets = [
        target
        for target, wanted in ((NotifyTarget.SLACK, channels.slack), (NotifyTarget.WEBHOOK, channels.webhook_url))
        if wanted
    ]
    if not targets:
        return ()
    news = tuple(_news(agent, told, at_us, ids))
    return tuple(NotificationDelivery(target, news) for target in targets)


def quota_delivery(agent: Agent) -> QuotaDelivery:
    """Return an agent's quota for the metering service."""
    return QuotaDelivery(agent.agent_id, quota_limits(agent))


def quota_limits(agent: Agent) -> QuotaLimits:
    """Return an agent's quota as the metering service takes it."""
    return QuotaLimits(agent.quota.api_calls, agent.quota.budget_per_month_micros)


def request_record(approval: Approval, trade: Trade) -> OversightRequestRecord:
    """Return an approval as the oversight service takes it: the same record, whenever it is made."""
    return OversightRequestRecord(
        request_id=approval.request_id,
        agent_id=approval.agent_id,
        trade_id=trade.trade_id,
        symbol=trade.symbol,
        action=trade.action.value,
        quantity=trade.quantity,
        price_micros=trade.reference_price_micros,
        estimated_value_micros=approval.estimated_value_micros,
        reason=approval.reason,
        risk_level=approval.risk.level.value,
        created_at_us=approval.created_at_us,
        expires_at_us=approval.expires_at_us,
    )


def _news(agent: Agent, told: Iterable[_Told], at_us: int, ids: Ids) -> Iterator[Notification]:
    for event in told:
        if isinstance(event, UsageAlert):
            yield Notification(ids.new("ntf"), event.type, agent.agent_id, agent.name, at_us, alert=event)
        else:
            approval, trade = event.approval, event.trade
            yield Notification(ids.new("ntf"), event.type, agent.agent_id, agent.name, at_us, approval, trade)


def _usage_event(ids: Ids, trade: Trade, kind: str, calls: int, cost_micros: int, at_us: int) -> UsageEvent:
    return UsageEvent(ids.new("evt"), trade.agent_id, kind, calls, cost_micros, at_us, {"tradeId": trade.trade_id})


def _oversight(event: BookEvent) -> Iterator[Delivery]:
    if isinstance(event, ApprovalRequested):
        yield ApprovalDelivery(request_record(event.approval, event.trade))
    elif isinstance(event, ApprovalApproved | ApprovalRejected):
        decision = event.approval.decision
        if decision is not None and decision.channel not in OUTSIDE_CHANNELS:
            yield DecisionDelivery(event.approval.request_id, _decision_record(decision))


def _decision_record(decision: Decision) -> DecisionRecord:
    return DecisionRecord(
        result="approved" if decision.approved else "rejected",
        approver_id=decision.approver_id,
        approver_name=decision.approver_name,
        channel=decision.channel,
        reason=decision.reason or "",
        at_us=decision.at_us,
    )
