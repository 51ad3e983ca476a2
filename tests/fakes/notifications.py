"""Slack and webhooks in memory: passes the contract tests of the real thing, and makes trouble on request."""

import math
from collections import defaultdict, deque

import trio

from actors.ports.notifications import Notification

SLACK = "slack"


class FakeNotifications:
    """Satisfies `actors.ports.notifications.Notifications` inside the loop."""

    def __init__(self) -> None:
        self.has_slack = True
        self.told: list[tuple[str, Notification]] = []
        """What was taken, by whom: `slack`, or the webhook's URL."""
        self.tries: list[tuple[str, float]] = []
        """Every attempt, also those that failed: at whom, and when (trio's time)."""
        self.troubles: defaultdict[str, deque[Exception]] = defaultdict(deque)
        """What the next attempts at a receiver raise."""
        self.down: dict[str, Exception] = {}
        """Receivers that raise this until they are up again."""
        self.speaking_to = 0
        """How many are being told just now."""
        self.slow: dict[str, trio.Event] = {}
        """Receivers that take nothing before this is set."""
        self.patience_s = math.inf
        """How long those are waited for."""

    async def to_slack(self, notification: Notification) -> None:
        """Take news for Slack."""
        await self._take(SLACK, notification)

    async def to_webhook(self, url: str, notification: Notification) -> None:
        """Take news for a webhook."""
        await self._take(url, notification)

    def types(self, receiver: str = SLACK) -> list[str]:
        """Return the types of what a receiver took."""
        return [notification.type for who, notification in self.told if who == receiver]

    async def _take(self, receiver: str, notification: Notification) -> None:
        await trio.lowlevel.checkpoint()
        self.tries.append((receiver, trio.current_time()))
        self.speaking_to += 1
        try:
            if receiver in self.slow:
                with trio.move_on_after(self.patience_s):
                    await self.slow[receiver].wait()
        finally:
            self.speaking_to -= 1
        if receiver in self.down:
            raise self.down[receiver]
        if self.troubles[receiver]:
            raise self.troubles[receiver].popleft()
        self.told.append((receiver, notification))
