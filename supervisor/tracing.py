"""Tracing: a bounded look at the messages that some actors take in hand."""

from collections import deque
from collections.abc import Callable
from typing import Any

import trio
from attrs import frozen

from supervisor.envelope import WAKE


@frozen
class Traced:
    """An actor takes a message in hand; `at_s` is trio's time."""

    at_s: float
    path: str
    message: object


class Trace:
    """What is traced, as an async iterator for one reader: at most so many messages, and so many each second.

    A busy actor pays for a message beyond the rate with a comparison. `seen` counts all of them, `skipped` those that
    came too fast.
    """

    def __init__(self, now: Callable[[], float], count_max: int, per_second_max: int) -> None:
        if count_max < 1 or per_second_max < 1:
            raise ValueError("a trace takes at least one message, and one each second")
        self.seen = 0
        self.skipped = 0
        self._now = now
        self._left = count_max
        self._per_second_max = per_second_max
        self._second = -1
        self._in_second = 0
        self._waiting: deque[Traced] = deque()
        self._reader: trio.lowlevel.Task | None = None

    def __call__(self, path: str, message: object) -> None:
        """Take note of a message, unless there were enough."""
        self.seen += 1
        if not self._left:
            return
        at_s = self._now()
        if int(at_s) != self._second:
            self._second, self._in_second = int(at_s), 0
        if self._in_second >= self._per_second_max:
            self.skipped += 1
            return
        self._in_second += 1
        self._left -= 1
        self._waiting.append(Traced(at_s, path, message))
        self._wake()

    def __aiter__(self) -> "Trace":
        return self

    async def __anext__(self) -> Traced:
        """Wait for the next message; the iteration ends after the last one that is taken."""
        await trio.lowlevel.checkpoint()
        while not self._waiting:
            if not self._left:
                raise StopAsyncIteration
            if self._reader is not None:
                raise trio.BusyResourceError("a trace has one reader")
            self._reader = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._abort)
        return self._waiting.popleft()

    def _wake(self) -> None:
        if (reader := self._reader) is not None:
            self._reader = None
            trio.lowlevel.reschedule(reader, WAKE)

    def _abort(self, _raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        self._reader = None
        return trio.lowlevel.Abort.SUCCEEDED
