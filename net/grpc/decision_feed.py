"""Wakes those who watch decisions when there may be new ones, or when they shall leave."""

from collections.abc import Callable
from threading import Condition


class DecisionFeed:
    """A counter that threads wait on. It carries no decisions: whoever wakes up reads the store."""

    def __init__(self) -> None:
        """Start with nothing announced."""
        self._changed = Condition()
        self._version = 0
        self._closed = False

    @property
    def version(self) -> int:
        """How often `announce` was called; read it before the store."""
        with self._changed:
            return self._version

    @property
    def closed(self) -> bool:
        """Whether everybody shall leave."""
        with self._changed:
            return self._closed

    def announce(self) -> None:
        """Say that there may be new decisions."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def wake(self) -> None:
        """Let all who wait look again whether they are still wanted."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Send everybody away, now and in future."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_beyond(self, version: int, wanted: Callable[[], bool]) -> None:
        """Block until something was announced after ``version``, the feed is closed, or ``wanted()`` is false.

        Whoever makes ``wanted()`` false calls `wake`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._version != version or self._closed or not wanted())
