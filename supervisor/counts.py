"""What actors of one class did, summed: also of those that are gone, or counters would fall."""

from collections import Counter
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from supervisor.cell import Cell


@define
class ClassCount:
    """The actors of one class: how many there are and what waits, and what was done since the start.

    `busy_s` is the time with a message in hand, in seconds; `handled` counts by type of message.
    """

    actors: int = 0
    passive: int = 0
    paused: int = 0
    failed: int = 0
    queued: int = 0
    oldest_age_s: float = 0.0
    busy_s: float = 0.0
    restarts: int = 0
    skipped: int = 0
    handled: Counter[str] = field(factory=Counter)

    def add_done(self, cell: "Cell") -> None:
        """Add what an actor did."""
        self.busy_s += cell.busy_s
        self.restarts += cell.restarts
        self.skipped += cell.skipped
        for kind, count in (cell.counts or {}).items():
            self.handled[kind.__name__] += count

    def copy_done(self) -> "ClassCount":
        """Return a count that starts from what was done, with nobody there."""
        return ClassCount(
            busy_s=self.busy_s, restarts=self.restarts, skipped=self.skipped, handled=Counter(self.handled)
        )
