"""Time and identity of a headless floor: a loop that never waits, its wall clock, and ids in the order asked for."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

import trio

SECOND_US: Final = 1_000_000


class VirtualTime(trio.abc.Clock):
    """The time of a loop that never waits: once no task can run, it is the moment of what is due next.

    Time starts at 0.0 seconds. It runs ahead of whatever happens outside the loop, so use it with neither threads nor
    sockets. It is `trio.testing.MockClock(autojump_threshold=0)` by public means: that module loads the tools of tests,
    and its clock is slow to say what time it is, which a floor asks all the time.
    """

    def __init__(self) -> None:
        self._now_s = 0.0
        self._at_rest: list[trio.lowlevel.Task] = []

    def start_clock(self) -> None:
        """Be the clock of a run; time goes on from where it was."""

    def current_time(self) -> float:
        """Return the seconds since the start of the run."""
        return self._now_s

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Jump to a deadline, or wake who waits for the others, and say how long to wait: not at all.

        Trio asks for it once no task can run, and then alone. Where nothing is due, ever, it waits for ever.
        """
        if deadline > self._now_s:
            if self._at_rest:
                for task in self._at_rest:
                    trio.lowlevel.reschedule(task)
                self._at_rest.clear()
            elif deadline == math.inf:
                return math.inf
            else:
                self._now_s = deadline
        return 0.0

    async def wait_all_at_rest(self) -> None:
        """Wait until no other task can run before time goes on."""
        task = trio.lowlevel.current_task()

        def give_up(_raise_cancel: object) -> trio.lowlevel.Abort:
            self._at_rest.remove(task)
            return trio.lowlevel.Abort.SUCCEEDED

        self._at_rest.append(task)
        await trio.lowlevel.wait_task_rescheduled(give_up)


class VirtualClock:
    """The wall clock of a headless floor: the loop's own time after a start, and steps that somebody makes."""

    def __init__(self, start_us: int, time_s: Callable[[], float] = trio.current_time) -> None:
        self._start_us = start_us
        self._time_s = time_s

    def now_us(self) -> int:
        """Return what time it is."""
        return self._start_us + round(self._time_s() * SECOND_US)

    def step(self, seconds: float) -> None:
        """Set the clock forward or, with a negative number, back."""
        self._start_us += round(seconds * SECOND_US)


class CountingIds:
    """Ids in the order in which they are asked for: the same run gives the same ids.

    Several that begin with different numbers, and step over so many, never give the same.
    """

    def __init__(self, first: int = 1, step: int = 1) -> None:
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(first, step))

    def new(self, prefix: str) -> str:
        """Return the next id of a prefix."""
        return f"{prefix}_{next(self._numbers[prefix])}"
