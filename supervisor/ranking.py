"""The first of very many actors by what they are sorted by, met slice by slice: most of them cost a comparison."""

import heapq
from collections.abc import Callable, Iterable
from enum import StrEnum
from operator import attrgetter
from typing import Generic, TypeVar

from supervisor import inspection
from supervisor.cell import Cell

ItemT = TypeVar("ItemT")


class Sort(StrEnum):
    """By what a listing of actors is sorted, the largest first."""

    MAILBOX = "mailbox"
    AGE = "age"
    MSGS = "msgs"
    TIME = "time"
    RESTARTS = "restarts"


class Ranking(Generic[ItemT]):
    """Keeps the `limit` largest items by a key, the largest first; of equal ones those that came first."""

    def __init__(self, limit: int, key: Callable[[ItemT], float]) -> None:
        self.best: list[ItemT] = []
        self._limit = limit
        self._key = key

    def add(self, items: Iterable[ItemT]) -> None:
        """Take more items."""
        key = self._key
        if len(self.best) >= self._limit:
            floor = key(self.best[-1])
            items = [item for item in items if key(item) > floor]
            if not items:
                return
        self.best = heapq.nlargest(self._limit, [*self.best, *items], key=key)


def key_of(sort: Sort, now_s: float) -> Callable[[Cell], float]:
    """Return what actors are sorted by."""
    match sort:
        case Sort.MAILBOX:
            return _queued
        case Sort.AGE:
            return lambda cell: inspection.oldest_age_s(cell, now_s) if cell.mailbox is not None else 0.0
        case Sort.MSGS:
            return attrgetter("handled")
        case Sort.TIME:
            return attrgetter("busy_s")
        case Sort.RESTARTS:
            return attrgetter("restarts")


def _queued(cell: Cell) -> int:
    return 0 if cell.mailbox is None else len(cell.mailbox)
