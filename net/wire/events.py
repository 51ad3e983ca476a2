"""Events of the log as JSON, each with what it is about as it stood afterwards."""

from collections.abc import Mapping
from typing import Any

from attrs import asdict

from actors.events import (
    AgentCreated,
    AgentStatusChanged,
    AgentUpdated,
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    Event,
    Recorded,
    UsageAlert,
)
from actors.model import Agent
from actors.money import to_json_number
from net.wire.converter import camel, to_json
from net.wire.render import approval_json, trade_json
from net.wire.scalars import Dollars, Timestamp, format_timestamp
from net.wire.shapes import ActorShape, AgentRecordShape, EventShape, QuotaLimitsShape, UsageAlertShape

AGENT_EVENTS = AgentCreated | AgentUpdated | AgentStatusChanged
APPROVAL_EVENTS = ApprovalRequested | ApprovalApproved | ApprovalRejected | ApprovalExpired | ApprovalCancelled

CALLS = "apiCalls"
"""The kind of alert that counts calls; the others count micro-dollars."""


def event_json(recorded: Recorded) -> dict[str, Any]:
    """Show an event in its place."""
    who = recorded.principal
    data = event_data(recorded.event)
    return to_json(
        EventShape(
            type=recorded.event.type,
            agent_id=_agent_id(recorded.event),
            seq=recorded.seq,
            timestamp=Timestamp(recorded.at_us),
            correlation_id=recorded.correlation_id,
            actor=ActorShape(who.user_id, who.name, who.role, who.agent_id),
            data=data,
        )
    )


def event_data(event: Event) -> dict[str, Any]:
    """Show what an event is about."""
    if isinstance(event, AGENT_EVENTS):
        return _agent(event.agent)
    if isinstance(event, APPROVAL_EVENTS):
        return approval_json(event.approval, event.trade)
    if isinstance(event, UsageAlert):
        return _alert(event)
    trade = getattr(event, "trade", None)
    return _plain(asdict(event)) if trade is None else trade_json(trade)


def _agent_id(event: Event) -> str | None:
    subject = getattr(event, "agent", None) or getattr(event, "trade", None) or event
    agent_id: str | None = getattr(subject, "agent_id", None)
    return agent_id


def _agent(agent: Agent) -> dict[str, Any]:
    threshold = agent.oversight_threshold_micros
    return to_json(
        AgentRecordShape(
            agent_id=agent.agent_id,
            name=agent.name,
            strategy=agent.strategy,
            status=agent.status,
            risk_tolerance=agent.risk_tolerance,
            created_at=Timestamp(agent.created_at_us),
            updated_at=Timestamp(agent.updated_at_us),
            quota_config=QuotaLimitsShape(agent.quota.api_calls, Dollars(agent.quota.budget_per_month_micros)),
            asset_preferences=agent.preferences,
            trading_hours=agent.hours,
            oversight_threshold=None if threshold is None else Dollars(threshold),
            failure_reason=agent.failure_reason,
        )
    )


def _alert(alert: UsageAlert) -> dict[str, Any]:
    used, limit = alert.used, alert.limit
    counted = alert.kind == CALLS
    return to_json(
        UsageAlertShape(
            kind=alert.kind,
            percent=alert.percent,
            used=used if counted else to_json_number(used),
            limit=limit if counted else to_json_number(limit),
            period=alert.period,
        )
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Show the fields of an event about people: texts and flags, and times by their names."""
    return {
        camel(name.removesuffix("_us")): format_timestamp(value) if name.endswith("_at_us") else value
        for name, value in values.items()
    }
