"""Watching the event loop: how late it runs, and what holds it up.

A task beats; a thread looks on. When a beat is late the thread reads what the loop's thread executes: the actor whose
handler is on the stack, and the line. The actors pay nothing for that.
"""

import sys
import threading
from collections.abc import Callable
from time import perf_counter
from types import FrameType

import trio
from attrs import frozen

from supervisor import loop

BEAT_S = 0.05
STALLED_AFTER_S = 0.25


@frozen
class Stall:
    """The loop has not come round for `for_s` seconds: because of this actor (None: none) with this message, there."""

    for_s: float
    actor: str | None
    message: str | None
    line: str


class LoopWatch:
    """Measures the loop's lag, and reports a stall once, from a thread of its own, while it lasts."""

    def __init__(
        self,
        report: Callable[[Stall], None],
        observe: Callable[[float], None],
        *,
        beat_s: float = BEAT_S,
        stalled_after_s: float = STALLED_AFTER_S,
    ) -> None:
        """Report stalls to `report`, and every beat's lag, in seconds, to `observe`."""
        self._report = report
        self._observe = observe
        self._beat_s = beat_s
        self._stalled_after_s = stalled_after_s
        self._beat_at_s = 0.0
        self._loop_thread = 0

    async def run(self) -> None:
        """Watch until cancelled."""
        self._loop_thread = threading.get_ident()
        self._beat_at_s = perf_counter()
        ended = threading.Event()
        thread = threading.Thread(target=self._look_on, args=(ended,), name="loop watch", daemon=True)
        thread.start()
        try:
            while True:
                await trio.sleep(self._beat_s)
                now_s = perf_counter()
                self._observe(max(0.0, now_s - self._beat_at_s - self._beat_s))
                self._beat_at_s = now_s
        finally:
            ended.set()
            thread.join()

    def _look_on(self, ended: threading.Event) -> None:
        reported_s = 0.0
        while not ended.wait(self._stalled_after_s / 4):
            beat_at_s = self._beat_at_s
            for_s = perf_counter() - beat_at_s - self._beat_s
            if for_s > self._stalled_after_s and beat_at_s != reported_s:
                reported_s = beat_at_s
                frames = sys._current_frames()  # noqa: SLF001 - documented, and the only way to see another thread's stack
                frame = frames.get(self._loop_thread)
                if frame is not None:
                    self._report(stall_of(frame, for_s))


def stall_of(frame: FrameType, for_s: float) -> Stall:
    """Say what a stack of the loop's thread executes."""
    line = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}"
    at: FrameType | None = frame
    while at is not None:
        if at.f_code is loop.serve.__code__:
            cell = at.f_locals["cell"]
            message = None if cell.in_hand is None else type(cell.in_hand.message).__name__
            return Stall(for_s, cell.path, message, line)
        at = at.f_back
    return Stall(for_s, None, None, line)
