"""The port of news as the edge implements it: Slack, and webhooks."""

from actors.ports.notifications import Notification
from net.slack.link import Slack
from net.slack.messages import message_of
from net.webhooks.sender import WebhookSender


class Messenger:
    """Satisfies `actors.ports.notifications.Notifications`."""

    def __init__(self, slack: Slack, webhooks: WebhookSender) -> None:
        self._slack = slack
        self._webhooks = webhooks

    @property
    def has_slack(self) -> bool:
        """Whether the floor has a Slack channel."""
        return self._slack.has_channel

    async def to_slack(self, notification: Notification) -> None:
        """Post to the floor's Slack channel."""
        await self._slack.post(message_of(notification))

    async def to_webhook(self, url: str, notification: Notification) -> None:
        """Send to somebody's own tool."""
        await self._webhooks.send(url, notification)
