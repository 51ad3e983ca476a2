"""The port to those who are told of what happens: Slack, and other people's tools behind a webhook.

A delivery may come more than once; a receiver that minds knows it again by `notification_id`.
"""

from enum import StrEnum
from typing import Protocol

import trio
from attrs import frozen

from actors.events import UsageAlert
from actors.model import Approval, Trade


class NotifyTarget(StrEnum):
    """Where a notification goes."""

    SLACK = "slack"
    WEBHOOK = "webhook"


@frozen
class Notification:
    """Something that happened to an agent: the `type` of the event, and what it carries."""

    notification_id: str
    type: str
    agent_id: str
    agent_name: str
    at_us: int
    approval: Approval | None = None
    trade: Trade | None = None
    alert: UsageAlert | None = None


class NotificationError(Exception):
    """The base: a notification was not taken."""


class NotificationUnavailable(NotificationError):
    """The receiver cannot be reached, is in trouble, or asks to wait: try again, not before `retry_after_s`."""

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NotificationRefused(NotificationError):
    """The receiver will not have this notification, and says so."""


class Notifications(Protocol):
    """Telling people and their tools. Both raise NotificationUnavailable and NotificationRefused."""

    @property
    def has_slack(self) -> bool:
        """Whether the floor has a Slack channel."""
        ...

    async def to_slack(self, notification: Notification) -> None:
        """Post to the floor's Slack channel; without effect where there is none."""
        ...

    async def to_webhook(self, url: str, notification: Notification) -> None:
        """Send to somebody's own tool."""
        ...


class TellNobody:
    """A floor that has nobody to tell."""

    has_slack = False

    async def to_slack(self, notification: Notification) -> None:  # noqa: ARG002 - the port asks for it
        """Let it go."""
        await trio.lowlevel.checkpoint()

    async def to_webhook(self, url: str, notification: Notification) -> None:  # noqa: ARG002 - the port asks for it
        """Let it go."""
        await trio.lowlevel.checkpoint()
