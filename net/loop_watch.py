"""The watch as an actor: the loop's lag, what holds the loop up, and messages that stay in hand."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from supervisor import Actor, LoopWatch, SlowMessage, Stall, correlated

SLOW_AFTER_S: Final = 2.5
"""Half of what an ask waits at most: whoever asked is about to give up."""

LOOK_EVERY_S: Final = 2.5
"""To look at 100,000 actors takes some 20 ms, in slices; so that is under one hundredth of the loop.

It is no more than SLOW_AFTER_S, so that no slow message begins after one look and ends before the next.
"""

SLOW_SAID_MAX: Final = 10
"""Of one look. When much is slow at once it has one cause, and the slowest ones name it."""

_log = logging.getLogger(__name__)


class LoopWatchActor(Actor):
    """Watches as long as it lives."""

    def __init__(self, observe: Callable[[float], None]) -> None:
        """Tell `observe` of every beat's lag, in seconds."""
        self._watch = LoopWatch(warn, observe)
        self._said: frozenset[tuple[str, int]] = frozenset()

    async def started(self) -> None:
        """Watch."""
        self.ctx.start_task(self._watch.run)
        self.ctx.start_task(self._look)

    async def _look(self) -> None:
        while True:
            seen: set[tuple[str, int]] = set()
            async for slow in self.ctx.system.control.slow_messages(SLOW_AFTER_S, LOOK_EVERY_S):
                warn_slow([message for message in slow if (message.actor, message.key) not in self._said])
                seen.update((message.actor, message.key) for message in slow)
            self._said = frozenset(seen)


def warn(stall: Stall) -> None:
    """Log what holds the loop up."""
    _log.warning(
        "the event loop has been blocked for %.0f ms by %s at %s",
        stall.for_s * 1_000,
        "no actor" if stall.actor is None else f"{stall.actor} with {stall.message or 'no message'} in hand",
        stall.line,
    )


def warn_slow(slow: Sequence[SlowMessage]) -> None:
    """Log the slowest messages, each under its own correlation id, and how many others there are."""
    for message in slow[:SLOW_SAID_MAX]:
        waits = f", waits for {', '.join(message.waits_for)}" if message.waits_for else ""
        with correlated(message.correlation_id):
            _log.warning(
                "%s has had %s in hand for %.1f s%s, at %s",
                message.actor,
                message.message,
                message.for_s,
                waits,
                message.line,
            )
    if len(slow) > SLOW_SAID_MAX:
        _log.warning("%d more messages have been in hand for over %.1f s", len(slow) - SLOW_SAID_MAX, SLOW_AFTER_S)
