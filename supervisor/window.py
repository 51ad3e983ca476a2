"""What actors did between two looks: messages a second and their share of the loop, ranked over all of them.

Whoever watches keeps what the counters were at the last look, so that an actor that became busy only now is first at
once, however little it did before. The actors pay nothing for it.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import trio
from attrs import frozen

from supervisor import inspection
from supervisor.cell import Cell
from supervisor.inspection import ActorRow
from supervisor.ranking import Ranking, Sort, key_of
from supervisor.runtime import Runtime
from supervisor.selection import cells, tops


class WindowSort(StrEnum):
    """By what actors are ranked, the largest first: the first two by the window, the others by how they are now."""

    RATE = "rate"
    BUSY = "busy"
    MAILBOX = "mailbox"
    AGE = "age"
    RESTARTS = "restarts"


NOW: Final[Mapping[WindowSort, Sort]] = {
    WindowSort.MAILBOX: Sort.MAILBOX,
    WindowSort.AGE: Sort.AGE,
    WindowSort.RESTARTS: Sort.RESTARTS,
}


Counters = tuple[int, float]
"""Messages handled, and seconds busy."""

NOTHING: Final[Counters] = (0, 0.0)


@frozen
class WindowRow:
    """An actor, the messages a second that it handled in the window, and the share of it that it was busy.

    Busy is with a message in hand, what its handler waited for included, and counts when that is done.
    """

    row: ActorRow
    rate: float
    busy_share: float


@frozen
class WindowListing:
    """The first actors of a ranking, how many there are in all, and how long the window was."""

    rows: tuple[WindowRow, ...]
    actors: int
    seconds: float


class Window:
    """Looks at the actors that a path or pattern names, again and again."""

    def __init__(self, runtime: Runtime, target: str) -> None:
        self._runtime = runtime
        self._target = target
        self._looked_at_s = runtime.now()
        self._known: dict[Cell, Counters] = {}

    async def look(self, sort: WindowSort, limit: int) -> WindowListing:
        """Rank the actors by what they did since the last look; the first one tells what they ever did.

        Raises `NoSuchActor`.
        """
        nodes = await tops(self._runtime, self._target)
        now_s = self._runtime.now()
        seconds, self._looked_at_s = now_s - self._looked_at_s, now_s
        done: dict[Cell, Counters] = {}
        by_window = sort not in NOW
        ranking = Ranking(limit, _by(sort, done) if by_window else key_of(NOW[sort], now_s))
        idle: list[Cell] = []
        actors = 0
        for batch in cells(self._runtime, nodes):
            actors += len(batch)
            changed = self._changed(batch, done)
            ranking.add(changed if by_window else batch)
            if by_window and len(idle) < limit:
                idle += [cell for cell in batch if cell not in done][: limit - len(idle)]
            await trio.lowlevel.checkpoint()
        self._forget_the_dead(actors)
        shown = [*ranking.best, *idle][:limit]
        return WindowListing(tuple(self._row(cell, done, seconds) for cell in shown), actors, seconds)

    def _changed(self, batch: list[Cell], done: dict[Cell, Counters]) -> list[Cell]:
        """Return those that were busy since the last look, having noted what they did."""
        known = self._known
        # A float that has not moved tells more cheaply than the sum of the counts that an actor did nothing.
        changed = [cell for cell in batch if cell.busy_s != known.get(cell, NOTHING)[1]]
        for cell in changed:
            handled, busy_s = known.get(cell, NOTHING)
            known[cell] = counters = (cell.handled, cell.busy_s)
            done[cell] = (counters[0] - handled, counters[1] - busy_s)
        return changed

    def _forget_the_dead(self, actors: int) -> None:
        """Keep nothing of actors that are gone, once they are a half of what is kept."""
        if len(self._known) > 2 * actors:
            nodes = self._runtime.nodes
            self._known = {cell: known for cell, known in self._known.items() if nodes.get(cell.path) is cell}

    def _row(self, cell: Cell, done: Mapping[Cell, Counters], seconds: float) -> WindowRow:
        handled, busy_s = done.get(cell, NOTHING)
        row = inspection.row(cell, self._looked_at_s)
        return WindowRow(row, handled / seconds, busy_s / seconds) if seconds > 0 else WindowRow(row, 0.0, 0.0)


def _by(sort: WindowSort, done: Mapping[Cell, Counters]) -> Callable[[Cell], float]:
    at = 0 if sort is WindowSort.RATE else 1
    return lambda cell: done[cell][at]
