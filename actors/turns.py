"""Whose turn it is to be sent to, where only so many can be at once and some of them may take long to fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count

import trio
from attrs import define, field


@define(order=True)
class _Waiter:
    """Who waits for a turn, in the order of turns."""

    failures: int
    before_us: int
    number: int
    granted: trio.Event = field(factory=trio.Event, order=False)
    is_gone: bool = field(default=False, order=False)


class Turns:
    """Gives turns to those who have failed least often in a row, among equals to the newest matter.

    Those who failed the last time hold at most `failing_max` of the `turns_max` turns together. The newest goes first
    so that after a start, when nobody is known to fail, a day's matters for receivers that are down do not stand before
    those of now. Each receiver waits for one turn at a time, so that no more wait here than there are receivers.
    """

    def __init__(self, turns_max: int, failing_max: int) -> None:
        self._free = turns_max
        self._free_for_failing = failing_max
        self._numbers = count()
        self._waiting: list[_Waiter] = []

    @asynccontextmanager
    async def turn(self, failures: int, at_us: int) -> AsyncIterator[None]:
        """Wait for a turn, and hold it inside.

        `failures` is how often the receiver has failed in a row, `at_us` when the matter came up.
        """
        waiter = _Waiter(failures, -at_us, next(self._numbers))
        heappush(self._waiting, waiter)
        self._grant()
        try:
            await waiter.granted.wait()
            yield
        finally:
            waiter.is_gone = True
            if waiter.granted.is_set():
                self._free += 1
                self._free_for_failing += failures > 0
                self._grant()

    def _grant(self) -> None:
        """Give what turns are free. Where the first in line fails, so do all behind."""
        while self._waiting and self._free:
            first = self._waiting[0]
            if first.is_gone:
                heappop(self._waiting)
                continue
            if first.failures and not self._free_for_failing:
                return
            heappop(self._waiting)
            self._free -= 1
            self._free_for_failing -= first.failures > 0
            first.granted.set()
