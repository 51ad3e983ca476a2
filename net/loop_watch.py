"""The watch over the event loop as an actor: it measures the lag, and logs what holds the loop up."""

import logging
from collections.abc import Callable

from supervisor import Actor, LoopWatch, Stall

_log = logging.getLogger(__name__)


class LoopWatchActor(Actor):
    """Watches as long as it lives."""

    def __init__(self, observe: Callable[[float], None]) -> None:
        """Tell `observe` of every beat's lag, in seconds."""
        self._watch = LoopWatch(warn, observe)

    async def started(self) -> None:
        """Watch."""
        self.ctx.start_task(self._watch.run)


def warn(stall: Stall) -> None:
    """Log what holds the loop up."""
    _log.warning(
        "the event loop has been blocked for %.0f ms by %s at %s",
        stall.for_s * 1_000,
        "no actor" if stall.actor is None else f"{stall.actor} with {stall.message or 'no message'} in hand",
        stall.line,
    )
