"""Things that are due later: messages to oneself, restarts after a backoff, passivation."""

from collections.abc import Callable


class Timer:
    """A call that is due later; an entry of `Deadlines`."""

    __slots__ = ("_due", "open")

    def __init__(self, due: Callable[["Timer"], None]) -> None:
        self._due = due
        self.open = True

    def cancel(self) -> None:
        """Call it off; without effect once it was due."""
        self.open = False

    def expire(self) -> None:
        """Do what is due."""
        self.open = False
        self._due(self)
