"""The notifier: takes news out of the outbox to Slack and to agents' webhooks, each at its receiver's own pace.

Every receiver has a lane: Slack one, each agent's webhook one. Within a lane news go in their order; no lane waits for
another, and nothing on the floor waits for any. What was taken leaves the outbox, so news may come twice after a crash
and are never lost while a receiver is down. What a receiver refuses again and again is given up with a line in the log,
and so is news for a webhook that could not be reached for a day. Webhooks take turns (`actors/turns.py`): those that
failed the last time go behind those that did not, however many they are.
"""

import logging
from collections import deque
from collections.abc import Mapping
from typing import Final

import trio
from attrs import define, field

from actors.errors import JournalUnavailable
from actors.messages import DrainOutbox
from actors.ports.journal import Channel, NotificationDelivery, OutboxEntry
from actors.ports.notifications import (
    Notification,
    NotificationUnavailable,
    NotifyTarget,
)
from actors.services import Services
from actors.turns import Turns
from supervisor import Actor, correlated, handles

PAGE_ENTRIES: Final = 200
LANE_ENTRIES_MAX: Final = 100
"""Entries of one lane in memory; the others wait in the outbox alone."""

BACKOFF_S: Final = 1.0
BACKOFF_S_MAX: Final = 300.0
REFUSALS_MAX: Final = 5
"""How often a receiver may refuse the same news before they are given up."""

WEBHOOK_PATIENCE_US: Final = 24 * 3600 * 1_000_000
"""How old news for a webhook that is down may become. Slack is the operators' own and is waited for without end."""

SENDING_MAX: Final = 20
FAILING_MAX: Final = 10
"""Webhooks spoken to at once, and of these such as failed the last time: each may take a whole timeout again."""

WEBHOOKS_OF_A_USER_MAX: Final = 4
FAILING_OF_A_USER_MAX: Final = 2
"""The same of one user: slow ones, however many, hold up nobody else's."""

_log = logging.getLogger(__name__)


@define
class Lane:
    """The news of one receiver, oldest first. `skipped_from` is the first entry that did not fit any more.

    `failures` is how many attempts in a row the receiver did not take; it waits the longer and behind others for it.
    """

    key: str
    failures: int = 0
    waiting: deque[OutboxEntry] = field(factory=deque)
    skipped_from: int | None = None

    def offer(self, entry: OutboxEntry) -> None:
        """Queue an entry, or note that it is to be read again."""
        if self.skipped_from is None and len(self.waiting) < LANE_ENTRIES_MAX:
            self.waiting.append(entry)
        elif self.skipped_from is None:
            self.skipped_from = entry.entry_id


class NotifierActor(Actor):
    """Drains the outbox's channel of news."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._work = trio.Event()
        self._lanes: dict[str, Lane] = {}
        self._turns = Turns(SENDING_MAX, FAILING_MAX)
        self._turns_of_users: dict[str, Turns] = {}
        self._seen = 0
        self._delivered = 0
        self._given_up = 0

    async def started(self) -> None:
        """Start reading the outbox."""
        self.ctx.start_task(self._read)

    def inspect(self) -> Mapping[str, object]:
        """Show who is being told, and what became of the news so far."""
        return {
            "failures": {lane.key: lane.failures for lane in self._lanes.values() if lane.failures},
            "waiting": {lane.key: len(lane.waiting) for lane in self._lanes.values()},
            "oldest_at_us": self._oldest_at_us(),
            "delivered": self._delivered,
            "given_up": self._given_up,
        }

    def _oldest_at_us(self) -> Mapping[str, int]:
        """Return when the oldest news were made, by the kind of receiver that waits for any."""
        oldest: dict[str, int] = {}
        for lane in self._lanes.values():
            if lane.waiting:
                assert isinstance(lane.waiting[0].delivery, NotificationDelivery)
                target = lane.waiting[0].delivery.target.value
                at_us = lane.waiting[0].delivery.notifications[0].at_us
                oldest[target] = min(at_us, oldest.get(target, at_us))
        return oldest

    @handles(DrainOutbox)
    def drain(self, _message: DrainOutbox) -> None:
        """Look at the outbox soon."""
        self._work.set()

    async def _read(self) -> None:
        while True:
            self._work = trio.Event()
            try:
                while entries := await self._page(self._seen):
                    for entry in entries:
                        self._sort(entry)
                        self._seen = entry.entry_id
            except JournalUnavailable as error:
                _log.warning("news stay in the outbox for now: %s", error)
                await trio.sleep(error.retry_after_s)
                continue
            with trio.move_on_after(self._services.pace.outbox_look_s):
                await self._work.wait()

    async def _page(self, after_entry_id: int) -> list[OutboxEntry]:
        return list(await self._services.store.outbox(Channel.NOTIFY, after_entry_id, PAGE_ENTRIES))

    def _sort(self, entry: OutboxEntry) -> None:
        key = _lane_of(entry)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key)
            self.ctx.start_task(self._run, lane)
        lane.offer(entry)

    async def _run(self, lane: Lane) -> None:
        """Deliver a lane's news until there are none left."""
        while True:
            if not lane.waiting and lane.skipped_from is not None:
                await self._refill(lane, lane.skipped_from)
            if not lane.waiting:
                del self._lanes[lane.key]
                return
            entry = lane.waiting[0]
            assert isinstance(entry.delivery, NotificationDelivery)
            with correlated(entry.correlation_id):
                for notification in entry.delivery.notifications:
                    await self._deliver(lane, entry.delivery.target, notification)
            await self._forget(entry)
            lane.waiting.popleft()

    async def _refill(self, lane: Lane, first: int) -> None:
        """Read on where the lane did not take any more, up to where the reader of the outbox is."""
        after = first - 1
        while len(lane.waiting) < LANE_ENTRIES_MAX and after < self._seen:
            seen = self._seen
            try:
                entries = await self._page(after)
            except JournalUnavailable as error:
                await trio.sleep(error.retry_after_s)
                continue
            mine = [entry for entry in entries if entry.entry_id <= seen and _lane_of(entry) == lane.key]
            taken = mine[: LANE_ENTRIES_MAX - len(lane.waiting)]
            lane.waiting.extend(taken)
            if len(taken) < len(mine):
                after = taken[-1].entry_id
            else:
                after = min(seen, entries[-1].entry_id) if entries else seen
        lane.skipped_from = after + 1 if after < self._seen else None

    async def _deliver(self, lane: Lane, target: NotifyTarget, notification: Notification) -> None:
        """Deliver one piece of news, as often as it takes, or give it up."""
        refusals = 0
        while True:
            try:
                was_there = await self._send(target, notification, lane.failures)
            except NotificationUnavailable as error:
                lane.failures += 1
                age_us = self._services.clock.now_us() - notification.at_us
                if target is NotifyTarget.WEBHOOK and age_us > WEBHOOK_PATIENCE_US:
                    self._give_up(target, notification, f"it could not be reached for a day: {error}")
                    return
                wait_s = max(backoff_s(lane.failures), error.retry_after_s)
                _log.warning("%s is told later, in %.0f s: %s", target, wait_s, error)
            except Exception as error:  # noqa: BLE001 - one bad piece of news must not end those that follow
                lane.failures += 1
                refusals += 1
                if refusals >= REFUSALS_MAX:
                    self._give_up(target, notification, f"it was refused {refusals} times: {error!r}")
                    return
                wait_s = backoff_s(refusals)
            else:
                lane.failures = 0
                self._delivered += was_there
                told = f"{target} was told" if was_there else f"there is no {target} to be told"
                _log.debug("%s of %s (%s)", told, notification.type, notification.notification_id)
                return
            await trio.sleep(wait_s)

    async def _send(self, target: NotifyTarget, notification: Notification, failures: int) -> bool:
        """Tell a receiver, and say whether there is one at all."""
        if target is NotifyTarget.SLACK:
            await self._services.notifications.to_slack(notification)
            return self._services.notifications.has_slack
        agent = self._services.views.agents.get(notification.agent_id)
        if agent is None or agent.alerts.channels.webhook_url is None:
            return False
        async with (
            self._turns_of(agent.user_id).turn(failures, notification.at_us),
            self._turns.turn(failures, notification.at_us),
        ):
            # The address of now: whoever corrects a wrong one means what waits, too.
            agent = self._services.views.agents.get(notification.agent_id)
            url = None if agent is None else agent.alerts.channels.webhook_url
            if url is not None:
                await self._services.notifications.to_webhook(url, notification)
        return url is not None

    def _turns_of(self, user_id: str) -> Turns:
        turns = self._turns_of_users.get(user_id)
        if turns is None:
            turns = self._turns_of_users[user_id] = Turns(WEBHOOKS_OF_A_USER_MAX, FAILING_OF_A_USER_MAX)
        return turns

    def _give_up(self, target: NotifyTarget, notification: Notification, reason: str) -> None:
        self._given_up += 1
        news = f"{notification.type} of {notification.agent_id} ({notification.notification_id})"
        _log.error("%s is not told of %s: %s", target, news, reason)

    async def _forget(self, entry: OutboxEntry) -> None:
        while True:
            try:
                await self._services.store.delivered([entry.entry_id])
            except JournalUnavailable as error:
                await trio.sleep(error.retry_after_s)
            else:
                return


def backoff_s(failures: int) -> float:
    """Return how long to wait after so many failures: doubling from a second up to five minutes."""
    return min(BACKOFF_S_MAX, BACKOFF_S * 2.0 ** min(failures - 1, 16))


def _lane_of(entry: OutboxEntry) -> str:
    assert isinstance(entry.delivery, NotificationDelivery)
    target = entry.delivery.target
    return target.value if target is NotifyTarget.SLACK else f"{target.value}:{entry.stream}"
