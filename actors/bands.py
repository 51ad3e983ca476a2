"""Wake conditions of very many agents, evaluated in arrays: price bands and wake-up times."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

NO_LOW_MICROS: Final = -1
"""A lower bound that no price reaches."""

NO_HIGH_MICROS: Final = int(np.iinfo(np.int64).max)
"""An upper bound that no price reaches."""

_NEVER_US: Final = int(np.iinfo(np.int64).max)
_ROWS_AT_START: Final = 64


class InvalidBandError(ValueError):
    """A band's lower bound is not below its upper bound."""


class UnknownBandSymbolError(LookupError):
    """A band names a symbol that the book does not follow."""


@frozen
class Band:
    """A range of prices of one symbol that somebody wishes to be woken at the edges of.

    The band is crossed by a price at or below ``low_micros``, or at or above ``high_micros`` (micro-dollars a share).
    ``NO_LOW_MICROS`` and ``NO_HIGH_MICROS`` leave a side open.

    Raises ``InvalidBandError`` when the lower bound is not below the upper one.
    """

    symbol: str
    low_micros: int = NO_LOW_MICROS
    high_micros: int = field(default=NO_HIGH_MICROS)

    @high_micros.validator
    def _check_order(self, _attribute: object, high_micros: int) -> None:
        if self.low_micros >= high_micros:
            raise InvalidBandError(f"the band of {self.symbol} goes from {self.low_micros} to {high_micros} micros")


class BandBook:
    """The armed bands and wake-up times of many agents, each known by a small integer, its slot.

    A slot that was reported by ``crossed`` is disarmed until it is set again. One tick costs a handful of array
    operations over all rows, however few of them are crossed.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self._column_of = {symbol: column for column, symbol in enumerate(symbols)}
        self._slot = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._column = np.zeros(_ROWS_AT_START, dtype=np.int64)
        self._low = np.full(_ROWS_AT_START, NO_LOW_MICROS, dtype=np.int64)
        self._high = np.full(_ROWS_AT_START, NO_HIGH_MICROS, dtype=np.int64)
        self._rows_used = 0
        self._free_rows: list[int] = []
        self._rows_of: dict[int, list[int]] = {}
        self._wake_at = np.full(_ROWS_AT_START, _NEVER_US, dtype=np.int64)

    @property
    def rows_used(self) -> int:
        """Number of rows that a tick looks at, the disarmed ones included."""
        return self._rows_used

    def set(self, slot: int, bands: Iterable[Band] = (), at_us: int | None = None) -> None:
        """Arm a slot with these bands and this wake-up time, in place of whatever it was armed with.

        Raises ``UnknownBandSymbolError`` for a symbol that the book does not follow, and then changes nothing;
        ``ValueError`` for a negative slot.
        """
        if slot < 0:
            raise ValueError(f"slot {slot} is negative")
        wanted = tuple(bands)
        columns = [self._column_for(band.symbol) for band in wanted]
        rows = self._resize_rows(slot, len(wanted))
        if rows:
            self._column[rows] = columns
            self._low[rows] = [band.low_micros for band in wanted]
            self._high[rows] = [band.high_micros for band in wanted]
        self._reserve_slot(slot)
        self._wake_at[slot] = _NEVER_US if at_us is None else at_us

    def clear(self, slot: int) -> None:
        """Forget a slot and give its rows back; forgetting an unknown slot does nothing."""
        self._resize_rows(slot, 0)
        self._rows_of.pop(slot, None)
        if 0 <= slot < len(self._wake_at):
            self._wake_at[slot] = _NEVER_US

    def crossed(self, prices_micros: NDArray[np.int64], now_us: int) -> NDArray[np.int64]:
        """Disarm and return, in ascending order, the slots with a crossed band or a wake-up time that has come.

        ``prices_micros`` holds one price for each symbol, in the order in which the book was given the symbols.
        """
        used = self._rows_used
        prices = prices_micros.take(self._column[:used])
        hit = prices <= self._low[:used]
        hit |= prices >= self._high[:used]
        slots = np.union1d(self._slot[:used][hit], np.flatnonzero(self._wake_at <= now_us))
        if slots.size:
            self._disarm(slots)
        return slots

    def _column_for(self, symbol: str) -> int:
        column = self._column_of.get(symbol)
        if column is None:
            raise UnknownBandSymbolError(f"the market has no symbol {symbol}")
        return column

    def _disarm(self, slots: NDArray[np.int64]) -> None:
        """Neutralise the rows of these slots, which keep them: they will most likely be set again soon."""
        self._wake_at[slots] = _NEVER_US
        rows = [row for slot in slots.tolist() for row in self._rows_of.get(slot, ())]
        self._low[rows] = NO_LOW_MICROS
        self._high[rows] = NO_HIGH_MICROS

    def _resize_rows(self, slot: int, count: int) -> list[int]:
        """Return exactly ``count`` rows that belong to the slot, freeing or taking rows as needed."""
        rows = self._rows_of.setdefault(slot, [])
        surplus = rows[count:]
        if surplus:
            del rows[count:]
            self._low[surplus] = NO_LOW_MICROS
            self._high[surplus] = NO_HIGH_MICROS
            self._free_rows.extend(surplus)
        while len(rows) < count:
            row = self._free_rows.pop() if self._free_rows else self._append_row()
            self._slot[row] = slot
            rows.append(row)
        return rows

    def _append_row(self) -> int:
        row = self._rows_used
        if row == len(self._slot):
            self._slot = _doubled(self._slot, 0)
            self._column = _doubled(self._column, 0)
            self._low = _doubled(self._low, NO_LOW_MICROS)
            self._high = _doubled(self._high, NO_HIGH_MICROS)
        self._rows_used = row + 1
        return row

    def _reserve_slot(self, slot: int) -> None:
        while slot >= len(self._wake_at):
            self._wake_at = _doubled(self._wake_at, _NEVER_US)


def _doubled(array: NDArray[np.int64], filler: int) -> NDArray[np.int64]:
    return np.concatenate([array, np.full(len(array), filler, dtype=np.int64)])
