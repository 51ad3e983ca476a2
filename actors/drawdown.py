"""Drawdowns of very many agents, evaluated in arrays: equity against its peak.

An alert is due once the equity has lost the agent's threshold of its peak, and not again before there is a new peak or
another threshold. All amounts are micro-dollars in 64-bit integers.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from actors.rows import Rows, widened

OFF: Final = 0
"""The threshold of an agent that wants no alert, and the alert of one that was given none."""

SAVED_MOVE_PER_MILLE: Final = 1
"""How far a peak may have moved beyond the one that was kept: what a crash may forget of it."""


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
        self._rows = Rows(0, 0)
        self._due: dict[int, tuple[int, int]] = {}
        """Cash and threshold as they were set since the last sample, by slot."""
        self._cash = np.zeros(0, dtype=np.int64)
        self._percent = np.zeros(0, dtype=np.int64)
        self._peak = np.zeros(0, dtype=np.int64)
        self._alerted = np.zeros(0, dtype=np.int64)
        self._saved_peak = np.zeros(0, dtype=np.int64)
        self._saved_alerted = np.zeros(0, dtype=np.int64)

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
        column_of = self._column_of
        self._rows.put(slot, [(column_of[symbol], quantity) for symbol, quantity in quantities.items()])
        self._due[slot] = (cash_micros, percent or OFF)

    def clear(self, slot: int) -> None:
        """Let a slot rest: nothing is due any more."""
        self.set(slot, 0, {}, None)

    def sample(self, prices_micros: NDArray[np.int64]) -> Iterator[Drawdown]:
        """Raise the peaks and yield what is due at these prices, one for each symbol in the book's order.

        What is yielded stays due until `alerted` says that it was told.
        """
        row_slot, row_column, row_quantity = self._rows.columns()
        self._take_up()
        equity = self._cash.copy()
        np.add.at(equity, row_slot, row_quantity * prices_micros.take(row_column))
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

    def _take_up(self) -> None:
        """Write what was set since the last sample."""
        if not self._due:
            return
        slots = list(self._due)
        self._reserve(max(slots))
        cash, percent = zip(*self._due.values(), strict=True)
        self._cash[slots] = cash
        self._percent[slots] = percent
        self._due = {}

    def _reserve(self, slot: int) -> None:
        if slot >= len(self._cash):
            self._cash = widened(self._cash, slot + 1, 0)
            self._percent = widened(self._percent, slot + 1, OFF)
            self._peak = widened(self._peak, slot + 1, 0)
            self._alerted = widened(self._alerted, slot + 1, OFF)
            self._saved_peak = widened(self._saved_peak, slot + 1, 0)
            self._saved_alerted = widened(self._saved_alerted, slot + 1, OFF)
