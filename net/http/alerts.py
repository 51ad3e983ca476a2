"""Alerts of agents: what their owners are told of, and over which channels."""

from typing import Any

from actors.errors import IllegalTransition
from actors.messages import ChangeAlerts
from actors.model import Agent, Role
from net.http.call import Call
from net.http.routing import Reply, Routes
from net.webhooks.addresses import AddressRefused, destination_of
from net.webhooks.signing import WebhookKeys
from net.wire.alerts import AlertsBody, AlertsShape, alerts_json
from net.wire.structure import FieldProblem, InvalidRequest

routes = Routes("Alerts")


@routes.add("GET", "/api/v1/agents/<agent_id>/alerts", keys=True, answer=AlertsShape)
async def get_alerts(call: Call, agent_id: str) -> Reply:
    """Show when an agent's owner is alerted, and how."""
    return Reply(_shown(call, call.agent(agent_id)))


@routes.add(
    "PUT", "/api/v1/agents/<agent_id>/alerts", role=Role.TRADER, answer=AlertsShape, refuses=(IllegalTransition,)
)
async def put_alerts(call: Call, agent_id: str, body: AlertsBody) -> Reply:
    """Choose when an agent's owner is alerted, and how. What is left out goes back to its default."""
    call.agent(agent_id)
    alerts = body.alerts()
    url = alerts.channels.webhook_url
    if url is not None:
        try:
            destination_of(url, public_only=call.edge.settings.public_webhooks_only)
        except AddressRefused as refusal:
            raise InvalidRequest([FieldProblem("channels.webhookUrl", str(refusal))]) from refusal
    changed = await call.ask_agent(agent_id, ChangeAlerts(alerts, call.principal))
    return Reply(_shown(call, changed))


def _shown(call: Call, agent: Agent) -> dict[str, Any]:
    url = agent.alerts.channels.webhook_url
    if url is None or not call.identity.is_person:
        return alerts_json(agent.alerts, None)
    return alerts_json(agent.alerts, WebhookKeys(call.edge.auth.jwt_secret).shown(agent.agent_id, url))
