"""What Slack is told, as Block Kit messages: pure functions from news to JSON.

Source: https://api.slack.com/reference/block-kit
"""

from typing import Any, Final

from actors.events import ApprovalRequested, UsageAlert
from actors.model import Approval, ApprovalStatus, Decision, Trade, TradeStatus
from actors.money import format_dollars
from actors.ports.notifications import Notification
from net.wire.scalars import format_timestamp

APPROVE: Final = "tradefloor_approve"
REJECT: Final = "tradefloor_reject"
HEADER_CHARACTERS_MAX: Final = 150
FIELD_CHARACTERS_MAX: Final = 2_000

Message = dict[str, Any]
Block = dict[str, Any]

_OUTCOMES: Final = {
    ApprovalStatus.PENDING: "waits for a decision",
    ApprovalStatus.APPROVED: "was approved",
    ApprovalStatus.REJECTED: "was rejected",
    ApprovalStatus.EXPIRED: "expired: nobody decided in time",
    ApprovalStatus.CANCELLED: "was cancelled before anybody decided",
}
_ALERTS: Final = {"apiCalls": "API calls", "budget": "metered cost", "drawdown": "drawdown"}
_CHANNELS: Final = {"http": "the API", "slack": "Slack", "oversight": "the oversight service", "auto": "its own rule"}


def message_of(notification: Notification) -> Message:
    """Return what Slack is told of a piece of news."""
    name = notification.agent_name
    if notification.alert is not None:
        return alert_message(notification.alert, name)
    assert notification.approval is not None
    assert notification.trade is not None
    if notification.type == ApprovalRequested.type:
        return request_message(notification.approval, notification.trade, name)
    return resolution_message(notification.approval, notification.trade, name)


def request_message(approval: Approval, trade: Trade, agent_name: str) -> Message:
    """Return a request for approval, with its buttons."""
    title = f"Approval wanted: {_order(trade)}"
    return {
        "text": f"{title}, {format_dollars(approval.estimated_value_micros)}, by {escape(agent_name)}",
        "blocks": [_header(title), *_facts(approval, trade, agent_name), _buttons(approval.request_id)],
    }


def resolution_message(approval: Approval, trade: Trade, agent_name: str) -> Message:
    """Return what became of a request, without buttons."""
    outcome = f"{_order(trade)} {_OUTCOMES[approval.status]}"
    said = [f"*{outcome}*", *_decision(approval.decision), *_fate(trade)]
    return {
        "text": f"{outcome} ({escape(agent_name)})",
        "blocks": [
            _section("\n".join(said)),
            _context(f"{escape(agent_name)} · {approval.request_id} · {trade.trade_id}"),
        ],
    }


def decided_message(approval: Approval, trade: Trade, agent_name: str) -> Message:
    """Return what takes the place of a request once it is decided: the same facts, and the outcome for the buttons."""
    outcome = resolution_message(approval, trade, agent_name)
    return {
        "replace_original": True,
        "text": outcome["text"],
        "blocks": [_header(_order(trade)), *_facts(approval, trade, agent_name), *outcome["blocks"]],
    }


def alert_message(alert: UsageAlert, agent_name: str) -> Message:
    """Return a usage alert."""
    if alert.kind == "drawdown":
        said = (
            f"has lost {alert.percent} % or more of its highest value: "
            f"{format_dollars(alert.used)} after {format_dollars(alert.limit)}"
        )
    elif alert.kind == "budget":
        said = (
            f"has used {alert.percent} % or more of its metered cost for {alert.period}: "
            f"{format_dollars(alert.used)} of {format_dollars(alert.limit)}"
        )
    else:
        said = (
            f"has used {alert.percent} % or more of its API calls for {alert.period}: {alert.used:,} of {alert.limit:,}"
        )
    return {
        "text": f"{escape(agent_name)} {said}",
        "blocks": [
            _section(f":warning: *{escape(agent_name)}* {said}"),
            _context(f"{_ALERTS.get(alert.kind, alert.kind)} · {alert.agent_id}"),
        ],
    }


def refusal_message(reason: str) -> Message:
    """Return what only the person who pressed a button sees: why nothing was done, and what to do."""
    return {"response_type": "ephemeral", "replace_original": False, "text": escape(reason)}


def escape(text: str) -> str:
    """Return text that Slack shows as it is: no mention, link or entity comes of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _facts(approval: Approval, trade: Trade, agent_name: str) -> list[Block]:
    risk, impact = approval.risk, approval.impact
    fields = [
        ("Agent", escape(agent_name)),
        ("Order", f"{_order(trade)} ({trade.order_type.value})"),
        ("Estimated value", format_dollars(approval.estimated_value_micros)),
        ("Price when asked", format_dollars(trade.reference_price_micros)),
        ("Risk", f"{risk.level.value}, {impact.concentration_after:.0%} of the portfolio in {trade.symbol}"),
        ("Cash", f"{format_dollars(impact.cash_before_micros)} → {format_dollars(impact.cash_after_micros)}"),
        ("Expires", _moment(approval.expires_at_us)),
        ("Why it waits", escape(approval.reason)),
    ]
    facts: list[Block] = [
        {"type": "section", "fields": [_mrkdwn(f"*{name}*\n{value}") for name, value in fields]},
    ]
    if trade.reason:
        facts.append(_section(f"*The agent's reason*\n{escape(trade.reason)}"))
    if risk.factors:
        facts.append(_context(escape(" · ".join(risk.factors))))
    return facts


def _buttons(request_id: str) -> Block:
    return {
        "type": "actions",
        "block_id": f"tradefloor_{request_id}",
        "elements": [
            _button("Approve", APPROVE, "primary", request_id),
            _button("Reject", REJECT, "danger", request_id),
        ],
    }


def _button(text: str, action_id: str, style: str, value: str) -> Block:
    label = {"type": "plain_text", "text": text}
    return {"type": "button", "text": label, "style": style, "action_id": action_id, "value": value}


def _decision(decision: Decision | None) -> list[str]:
    if decision is None:
        return []
    channel = _CHANNELS.get(decision.channel, decision.channel)
    reason = f": {escape(decision.reason)}" if decision.reason else ""
    return [f"By {escape(decision.approver_name)} over {channel}, {_moment(decision.at_us)}{reason}"]


def _fate(trade: Trade) -> list[str]:
    if trade.status is TradeStatus.COMPLETED and trade.executed_price_micros is not None:
        return [f"Executed at {format_dollars(trade.executed_price_micros)}"]
    if trade.status is TradeStatus.FAILED and trade.failure_reason:
        return [f"The trade failed: {escape(trade.failure_reason)}"]
    return []


def _order(trade: Trade) -> str:
    return f"{trade.action.value} {trade.quantity:,} {escape(trade.symbol)}"


def _moment(at_us: int) -> str:
    """Return a moment that Slack shows in the reader's own time zone."""
    return f"<!date^{at_us // 1_000_000}^{{date_short_pretty}} {{time_secs}}|{format_timestamp(at_us)}>"


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:HEADER_CHARACTERS_MAX]}}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> Block:
    # Verbatim: Slack would make links of addresses and names of channels that stand in an agent's words.
    return {"type": "mrkdwn", "text": text[:FIELD_CHARACTERS_MAX], "verbatim": True}
