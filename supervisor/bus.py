"""The event bus: synchronous publishing, bounded subscriptions, and an explicit `Lagged` for the slow."""

from collections import deque
from collections.abc import Callable
from typing import Any, Self

import trio
from attrs import frozen

from supervisor.envelope import WAKE

SUBSCRIPTION_CAPACITY = 1024


@frozen
class Lagged:
    """Tells a slow subscriber how many events it missed, in place of these."""

    missed: int


class Subscription:
    """The events of some topics, in order: an async iterator for one consumer, closed as a context manager.

    When more than `capacity` events wait, the oldest are dropped and one `Lagged` says how many.
    """

    def __init__(self, bus: "Bus", topics: tuple[str, ...], capacity: int) -> None:
        self.topics = topics
        self._bus = bus
        self._capacity = capacity
        self._events: deque[Any] = deque()
        self._missed = 0
        self._closed = False
        self._reader: trio.lowlevel.Task | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        """Wait for the next event; the iteration ends when the subscription is closed and emptied."""
        await trio.lowlevel.checkpoint()
        while True:
            if self._missed:
                missed, self._missed = self._missed, 0
                return Lagged(missed)
            if self._events:
                return self._events.popleft()
            if self._closed:
                raise StopAsyncIteration
            if self._reader is not None:
                raise trio.BusyResourceError("a subscription has one reader")
            self._reader = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._abort)

    def close(self) -> None:
        """Take no further events; those that wait can still be read."""
        self._closed = True
        self._bus.drop(self)
        self._wake()

    def offer(self, event: object) -> None:
        """Queue an event, at the cost of the oldest when there is no room."""
        if len(self._events) >= self._capacity:
            self._events.popleft()
            self._missed += 1
        self._events.append(event)
        self._wake()

    def _wake(self) -> None:
        if (reader := self._reader) is not None:
            self._reader = None
            trio.lowlevel.reschedule(reader, WAKE)

    def _abort(self, _raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        self._reader = None
        return trio.lowlevel.Abort.SUCCEEDED


class Bus:
    """Topics and who listens to them. A topic that ends in `*` subscribes to all that begin so."""

    def __init__(self) -> None:
        self._by_topic: dict[str, list[Subscription]] = {}
        self._by_prefix: dict[str, list[Subscription]] = {}

    def subscribe(self, *topics: str, capacity: int = SUBSCRIPTION_CAPACITY) -> Subscription:
        """Listen to topics from now on; an event that matches several of them comes once."""
        if not topics or capacity < 1:
            raise ValueError("a subscription needs a topic, and room for one event")
        subscription = Subscription(self, topics, capacity)
        for table, topic in self._places(subscription):
            table.setdefault(topic, []).append(subscription)
        return subscription

    @property
    def listened(self) -> bool:
        """Whether anybody listens to anything."""
        return bool(self._by_topic or self._by_prefix)

    def publish(self, topic: str, event: object) -> None:
        """Hand the event to all who listen to the topic, without waiting for anyone."""
        found = dict.fromkeys(self._by_topic.get(topic, ()))
        for prefix, subscriptions in self._by_prefix.items():
            if topic.startswith(prefix):
                found.update(dict.fromkeys(subscriptions))
        for subscription in found:
            subscription.offer(event)

    def drop(self, subscription: Subscription) -> None:
        """Forget a subscription; `Subscription.close` calls this."""
        for table, topic in self._places(subscription):
            if subscription in table.get(topic, ()):
                table[topic].remove(subscription)
                if not table[topic]:
                    del table[topic]

    def _places(self, subscription: Subscription) -> list[tuple[dict[str, list[Subscription]], str]]:
        unique = dict.fromkeys(subscription.topics)
        return [(self._by_prefix, t[:-1]) if t.endswith("*") else (self._by_topic, t) for t in unique]
