"""Tables in arrays, any number of rows for each of very many owners, known by small integers, their slots.

What is put in between two looks is written at the next look, all of it at once: a few long writes instead of a few for
each owner.
"""

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_START = 64

Column = NDArray[np.int64]


def widened(column: Column, length: int, filler: int) -> Column:
    """Return a column with at least so many places, those beyond its end filled, often enough twice as many."""
    if length <= len(column):
        return column
    more = max(length - len(column), len(column), _ROWS_AT_START)
    return np.concatenate([column, np.full(more, filler, dtype=np.int64)])


class Rows:
    """A table of 64-bit integers. The first column is the slot of each row, `fillers` are the others of unused rows.

    The rows of a slot stand together, and are used again by one that needs as many.
    """

    def __init__(self, *fillers: int) -> None:
        self._fillers = (0, *fillers)
        self._columns = [np.full(_ROWS_AT_START, filler, dtype=np.int64) for filler in self._fillers]
        self._used = 0
        self._start = array("q")
        self._count = array("q")
        self._free: dict[int, list[int]] = {}
        """Where rows that were given back stand, by how many stand together."""
        self._due_places: list[int] = []
        self._due_cells: list[int] = []

    @property
    def used(self) -> int:
        """Number of rows that a look goes through, the unused ones between them included."""
        return self._used

    def put(self, slot: int, rows: Sequence[Sequence[int]]) -> None:
        """Give a slot these rows, the values of each beside the slot, in place of those it had."""
        places = self._places(slot, len(rows))
        self._due_places += places
        for row in rows:
            self._due_cells.append(slot)
            self._due_cells += row

    def places(self, slot: int) -> range:
        """Return where the rows of a slot stand."""
        if slot >= len(self._count):
            return range(0)
        return range(self._start[slot], self._start[slot] + self._count[slot])

    def columns(self) -> list[Column]:
        """Return the columns as far as they are used, to look at and to write to; good until the next `put`."""
        if self._due_places:
            self._write()
        return [column[: self._used] for column in self._columns]

    def _write(self) -> None:
        self._columns = [
            widened(column, self._used, filler) for column, filler in zip(self._columns, self._fillers, strict=True)
        ]
        cells = np.array(self._due_cells, dtype=np.int64).reshape(-1, len(self._columns))
        for column, values in zip(self._columns, cells.T, strict=True):
            column[self._due_places] = values  # Of a place that stands there twice the last value counts.
        self._due_places, self._due_cells = [], []

    def _places(self, slot: int, count: int) -> range:
        """Return exactly so many places for the slot, having given back those that it had, if they are not as many."""
        missing = slot + 1 - len(self._count)
        if missing > 0:
            self._start.extend([0] * missing)
            self._count.extend([0] * missing)
        before = self.places(slot)
        if len(before) == count:
            return before
        if before:
            self._free.setdefault(len(before), []).append(before.start)
            self._due_places += before
            self._due_cells += self._fillers * len(before)
        if count:
            self._start[slot] = self._take(count)
        self._count[slot] = count
        return self.places(slot)

    def _take(self, count: int) -> int:
        free = self._free.get(count)
        if free:
            return free.pop()
        start = self._used
        self._used += count
        return start
