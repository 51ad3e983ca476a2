"""One heap for every deadline and timer, swept by one task."""

import heapq
import itertools
import math
from typing import Protocol

import trio

COMPACT_ABOVE = 1024  # Below this many entries, the dead among them are not worth a pass over the heap.


class Entry(Protocol):
    """What waits for its time. Closing it is how it is taken out: the heap drops it later."""

    open: bool

    def expire(self) -> None:
        """Do what is due."""


class Deadlines:
    """Entries by time, first come first served among equals. An ask costs one push; nothing is cancelled or removed."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Entry]] = []
        self._number = itertools.count()
        self._compact_at = COMPACT_ABOVE
        self._scope = trio.CancelScope()
        self._next_s = -math.inf  # When the sweeper wakes up by itself.

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, at_s: float, entry: Entry) -> None:
        """Call `entry.expire()` at the time, unless it is closed by then."""
        heap = self._heap
        heapq.heappush(heap, (at_s, next(self._number), entry))
        if at_s < self._next_s:
            self._next_s = self._scope.deadline = at_s
        if len(heap) > self._compact_at:
            self._compact()

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            self._sweep(trio.current_time())
            self._next_s = self._heap[0][0] if self._heap else math.inf
            with trio.CancelScope(deadline=self._next_s) as self._scope:
                await trio.sleep_forever()

    def _sweep(self, now_s: float) -> None:
        heap = self._heap
        while heap and (heap[0][0] <= now_s or not heap[0][2].open):
            entry = heapq.heappop(heap)[2]
            if entry.open:
                entry.expire()

    def _compact(self) -> None:
        """Drop the dead; at twice the number of the living the next pass is due, so that a push stays O(log n)."""
        self._heap[:] = [item for item in self._heap if item[2].open]
        heapq.heapify(self._heap)
        self._compact_at = max(COMPACT_ABOVE, 2 * len(self._heap))
