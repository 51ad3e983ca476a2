"""An agent's alerts on the wire: what its owner asks for, and how that is shown."""

from typing import Annotated, Any, Final

from attrs import frozen

from actors.alerts import DRAWDOWN_PERCENT_DEFAULT, QUOTA_PERCENT_DEFAULT, AlertChannels, AlertConfig, AlertThresholds
from net.wire.converter import to_json
from net.wire.rules import Doc, Flag, Integer, Text

WEBHOOK_URL: Final = Text(
    min_length=10, max_length=2_048, pattern=r"^https?://[\x21-\x7e]+$", wanted="an http:// or https:// URL"
)


@frozen
class AlertThresholdsBody:
    """When an alert is due, in per cent. What is left out has its default; null turns an alert off."""

    api_calls: Annotated[int | None, Integer(1, 100), Doc("Of the month's API calls.", 80)] = QUOTA_PERCENT_DEFAULT
    budget: Annotated[int | None, Integer(1, 100), Doc("Of the month's metered cost.", 80)] = QUOTA_PERCENT_DEFAULT
    drawdown: Annotated[int | None, Integer(1, 99), Doc("Of the portfolio's highest value, lost since.", 10)] = (
        DRAWDOWN_PERCENT_DEFAULT
    )


@frozen
class AlertChannelsBody:
    """Where alerts go, and what oversight asks and decides. What is left out has its default."""

    websocket: Annotated[bool, Flag(), Doc("Alerts to the sockets.", example=True)] = True
    slack: Annotated[bool, Flag(), Doc("Alerts and approvals to the floor's Slack channel.", example=True)] = True
    webhook_url: Annotated[
        str | None,
        WEBHOOK_URL,
        Doc("Alerts and approvals to a tool of one's own, signed; null: none.", "https://example.com/hooks/tradefloor"),
    ] = None


@frozen
class AlertsBody:
    """What an agent's owner wants to be told of, and how."""

    thresholds: Annotated[AlertThresholdsBody | None, Doc("When an alert is due.")] = None
    channels: Annotated[AlertChannelsBody | None, Doc("Where it goes.")] = None

    def alerts(self) -> AlertConfig:
        """Return the alerts as trading knows them."""
        thresholds = self.thresholds or AlertThresholdsBody()
        channels = self.channels or AlertChannelsBody()
        return AlertConfig(
            AlertThresholds(thresholds.api_calls, thresholds.budget, thresholds.drawdown),
            AlertChannels(channels.websocket, channels.slack, channels.webhook_url),
        )


@frozen
class AlertThresholdsShape:
    """When an alert is due, in per cent; null: never."""

    api_calls: int | None
    budget: int | None
    drawdown: int | None


@frozen
class AlertChannelsShape:
    """Where alerts go."""

    websocket: bool
    slack: bool
    webhook_url: str | None


@frozen
class AlertsShape:
    """An agent's alerts. `webhook_secret` checks the signatures of its webhook; null without one, and for a key."""

    thresholds: AlertThresholdsShape
    channels: AlertChannelsShape
    webhook_secret: str | None


def alerts_json(alerts: AlertConfig, webhook_secret: str | None) -> dict[str, Any]:
    """Show an agent's alerts."""
    thresholds, channels = alerts.thresholds, alerts.channels
    return to_json(
        AlertsShape(
            AlertThresholdsShape(thresholds.api_calls_percent, thresholds.budget_percent, thresholds.drawdown_percent),
            AlertChannelsShape(channels.websocket, channels.slack, channels.webhook_url),
            webhook_secret,
        )
    )
