"""Drawdowns of very many agents, evaluated in arrays: equity against its peak.

An alert is due once the equity has lost the agent's threshold of its peak, and not again before there is a new peak or
another threshold. All amounts are micro-dollars in 64-bit integers.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

OFF: Final = 0
"""The threshold of an agent that wants no alert, and the alert of one that was given none."""

SAVED_MOVE_PER_MILLE: Final = 1
"""How far a peak may have moved beyond the one that was kept: what a crash may forget of it."""

_ROWS_AT_START: Final = 64


@frozen
class Watermark:
    """The highest equity of an agent so far, and the threshold (per cent) it was alerted at since, 0 for none."""

    agent_id: str
    peak_micros: int
    alerted_percent: int = OFF


@frozen
class Drawdown:
    """An agent whose equity has fallen by its threshold."""

    slot: int
    percent: int
    equity_micros: int
    peak_micros: int


class DrawdownBook:
    """Positions, peaks and thresholds of many agents, each known by a small integer, its slot.

    A sample costs a handful of array operations over all positions, however few agents are due.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self._column_of = {symbol: column for column, symbol in enumerate(symbols)}
        self._row_slot = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._row_column = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._row_quantity = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._rows_used = 0
        self._free_rows: list[int] = []
        self._rows_of: dict[int, list[int]] = {}
        self._cash = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._percent = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._peak = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._alerted = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._saved_peak = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._saved_alerted = np.zeros(_ROWS_AT_START, dtype=np.int64)

    def lists(self, symbol: str) -> bool:
        """Say whether the market has a price for a symbol."""
        return symbol in self._column_of

    def recall(self, slot: int, peak_micros: int, alerted_percent: int = OFF) -> None:
        """Take up a slot where it was left; what is recalled counts as saved."""
        self._reserve(slot)
        self._peak[slot] = self._saved_peak[slot] = peak_micros
        self._alerted[slot] = self._saved_alerted[slot] = alerted_percent

    def set(self, slot: int, cash_micros: int, quantities: Mapping[str, int], percent: int | None) -> None:
        """Say what a slot holds, in place of whatever it held, and its threshold (None: no alert)."""
        self._reserve(slot)
        self._cash[slot] = cash_micros
        self._percent[slot] = percent or OFF
        rows = self._resize_rows(slot, len(quantities))
        if rows:
            self._row_column[rows] = [self._column_of[symbol] for symbol in quantities]
            self._row_quantity[rows] = list(quantities.values())

    def clear(self, slot: int) -> None:
        """Let a slot rest: nothing is due any more."""
        self.set(slot, 0, {}, None)

    def sample(self, prices_micros: NDArray[np.int64]) -> Iterator[Drawdown]:
        """Raise the peaks and yield what is due at these prices, one for each symbol in the book's order.

        What is yielded stays due until `alerted` says that it was told.
        """
        used = self._rows_used
        worth = self._row_quantity[:used] * prices_micros.take(self._row_column[:used])
        equity = self._cash.copy()
        np.add.at(equity, self._row_slot[:used], worth)
        risen = equity > self._peak
        self._peak[risen] = equity[risen]
        self._alerted[risen] = OFF
        due = equity * 100 <= self._peak * (100 - self._percent)
        due &= (self._percent != OFF) & (self._alerted != self._percent)
        for slot in np.flatnonzero(due).tolist():
            yield Drawdown(slot, int(self._percent[slot]), int(equity[slot]), int(self._peak[slot]))

    def alerted(self, due: Drawdown) -> None:
        """Note that an alert was given and, with it, its peak was kept."""
        self.recall(due.slot, due.peak_micros, due.percent)

    def unsaved(self, *, all_of_them: bool = False) -> list[tuple[int, int, int]]:
        """Return slot, peak and alert where they are no longer what was saved, small moves left out unless asked for.

        They count as saved from now on.
        """
        moved = self._peak - self._saved_peak
        enough = moved != 0 if all_of_them else moved * 1_000 > self._saved_peak * SAVED_MOVE_PER_MILLE
        slots = np.flatnonzero(enough | (self._alerted != self._saved_alerted))
        self._saved_peak[slots] = self._peak[slots]
        self._saved_alerted[slots] = self._alerted[slots]
        peaks, alerts = self._peak[slots].tolist(), self._alerted[slots].tolist()
        return list(zip(slots.tolist(), peaks, alerts, strict=True))

    def _resize_rows(self, slot: int, count: int) -> list[int]:
        """Return exactly `count` rows that belong to the slot, freeing or taking rows as needed."""
        rows = self._rows_of.setdefault(slot, [])
        surplus = rows[count:]
        if surplus:
            del rows[count:]
            self._row_quantity[surplus] = 0
            self._free_rows.extend(surplus)
        while len(rows) < count:
            row = self._free_rows.pop() if self._free_rows else self._append_row()
            self._row_slot[row] = slot
            rows.append(row)
        return rows

    def _append_row(self) -> int:
        row = self._rows_used
        if row == len(self._row_slot):
            self._row_slot = _doubled(self._row_slot)
            self._row_column = _doubled(self._row_column)
            self._row_quantity = _doubled(self._row_quantity)
        self._rows_used = row + 1
        return row

    def _reserve(self, slot: int) -> None:
        while slot >= len(self._cash):
            self._cash = _doubled(self._cash)
            self._percent = _doubled(self._percent)
            self._peak = _doubled(self._peak)
            self._alerted = _doubled(self._alerted)
            self._saved_peak = _doubled(self._saved_peak)
            self._saved_alerted = _doubled(self._saved_alerted)


def _doubled(array: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([array, np.zeros(len(array), dtype=np.int64)])
