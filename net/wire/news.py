"""News as JSON: the messages that webhooks carry."""

from typing import Any

from actors.ports.notifications import Notification
from net.wire.events import event_data
from net.wire.render import approval_json
from net.wire.scalars import format_timestamp


def news_json(notification: Notification) -> dict[str, Any]:
    """Show what a webhook is told: as the sockets' frames, with an id to know a repeated message by."""
    return {
        "id": notification.notification_id,
        "type": notification.type,
        "agentId": notification.agent_id,
        "agentName": notification.agent_name,
        "timestamp": format_timestamp(notification.at_us),
        "data": _data(notification),
    }


def _data(notification: Notification) -> dict[str, Any]:
    if notification.alert is not None:
        return event_data(notification.alert)
    assert notification.approval is not None
    assert notification.trade is not None
    return approval_json(notification.approval, notification.trade)
