"""Time and identity of a headless floor: trio's own time after a start, and ids in the order they are asked for."""

from typing import Final

import trio

SECOND_US: Final = 1_000_000


class VirtualClock:
    """The wall clock of a headless floor: trio's own time after a start, and steps that somebody makes."""

    def __init__(self, start_us: int) -> None:
        self._start_us = start_us

    def now_us(self) -> int:
        """Return what time it is."""
        return self._start_us + round(trio.current_time() * SECOND_US)

    def step(self, seconds: float) -> None:
        """Set the clock forward or, with a negative number, back."""
        self._start_us += round(seconds * SECOND_US)


class CountingIds:
    """Ids in the order in which they are asked for: the same run gives the same ids.

    Several that begin with different numbers, and step over so many, never give the same.
    """

    def __init__(self, first: int = 1, step: int = 1) -> None:
        self._before = first - step
        self._step = step
        self._counts: dict[str, int] = {}

    def new(self, prefix: str) -> str:
        """Return the next id of a prefix."""
        number = self._counts[prefix] = self._counts.get(prefix, self._before) + self._step
        return f"{prefix}_{number}"
