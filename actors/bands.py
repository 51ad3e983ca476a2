"""Wake conditions of very many agents, evaluated in arrays: price bands and wake-up times."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from actors.quick import quick
from actors.rows import Rows, widened

NO_LOW_MICROS: Final = -1
"""A lower bound that no price reaches."""

NO_HIGH_MICROS: Final = int(np.iinfo(np.int64).max)
"""An upper bound that no price reaches."""

NEVER_US: Final = int(np.iinfo(np.int64).max)
"""A time that never comes, and the last that can be waited for."""


class InvalidBandError(ValueError):
    """A band's lower bound is not below its upper bound, or one of them is no price."""


class UnknownBandSymbolError(LookupError):
    """A band names a symbol that the book does not follow."""


@quick
@frozen
class Band:
    """A range of prices of one symbol that somebody wishes to be woken at the edges of.

    The band is crossed by a price at or below ``low_micros``, or at or above ``high_micros`` (micro-dollars a share).
    ``NO_LOW_MICROS`` and ``NO_HIGH_MICROS`` leave a side open.

    Raises ``InvalidBandError`` when the lower bound is not below the upper one, or one of them is beyond all prices.
    """

    symbol: str
    low_micros: int = NO_LOW_MICROS
    high_micros: int = NO_HIGH_MICROS

    def __attrs_post_init__(self) -> None:
        low, high = self.low_micros, self.high_micros
        if not NO_LOW_MICROS <= low < high <= NO_HIGH_MICROS:
            raise InvalidBandError(
                f"the band of {self.symbol} goes from {low} to {high} micros; it rises, within {NO_LOW_MICROS} and "
                f"{NO_HIGH_MICROS}"
            )


class BandBook:
    """The armed bands and wake-up times of many agents, each known by a small integer, its slot.

    A slot that was reported by ``crossed`` is disarmed until it is set again. One tick costs a handful of array
    operations over all rows, however few of them are crossed.
    """

    def __init__(self, symbols: Sequence[str]) -> None:
        self._column_of = {symbol: column for column, symbol in enumerate(symbols)}
        self._rows = Rows(0, NO_LOW_MICROS, NO_HIGH_MICROS)
        self._wake_at = np.full(0, NEVER_US, dtype=np.int64)
        self._wake_due: dict[int, int] = {}
        """The times that were set since the last tick, by slot."""

    @property
    def rows_used(self) -> int:
        """Number of rows that a tick looks at, the disarmed ones included."""
        return self._rows.used

    def set(self, slot: int, bands: Iterable[Band] = (), at_us: int | None = None) -> None:
        """Arm a slot with these bands and this wake-up time, in place of whatever it was armed with.

        Raises ``UnknownBandSymbolError`` for a symbol that the book does not follow, and then changes nothing;
        ``ValueError`` for a negative slot.
        """
        if slot < 0:
            raise ValueError(f"slot {slot} is negative")
        column_of = self._column_of
        try:
            rows = [(column_of[band.symbol], band.low_micros, band.high_micros) for band in bands]
        except KeyError as error:
            raise UnknownBandSymbolError(f"the market has no symbol {error.args[0]}") from None
        self._rows.put(slot, rows)
        self._wake_due[slot] = NEVER_US if at_us is None else at_us

    def clear(self, slot: int) -> None:
        """Forget a slot and give its rows back; forgetting an unknown slot does nothing."""
        if slot >= 0:
            self.set(slot)

    def set_back(self, by_us: int) -> None:
        """Bring all wake-up times forward by as much as the clock was set back: they were set by one that was ahead."""
        self._wake_due = {slot: at_us if at_us == NEVER_US else at_us - by_us for slot, at_us in self._wake_due.items()}
        self._wake_at[self._wake_at != NEVER_US] -= by_us

    def crossed(self, prices_micros: NDArray[np.int64], now_us: int) -> NDArray[np.int64]:
        """Disarm and return, in ascending order, the slots with a crossed band or a wake-up time that has come.

        ``prices_micros`` holds one price for each symbol, in the order in which the book was given the symbols.
        """
        owners, column, low, high = self._rows.columns()
        if self._wake_due:
            self._wake_at = widened(self._wake_at, max(self._wake_due) + 1, NEVER_US)
            self._wake_at[list(self._wake_due)] = list(self._wake_due.values())
            self._wake_due = {}
        prices = prices_micros.take(column)
        hit = prices <= low
        hit |= prices >= high
        slots = np.union1d(owners[hit], np.flatnonzero(self._wake_at <= now_us))
        if slots.size:
            # Their rows are neutral but stay theirs: they will most likely be set again soon.
            self._wake_at[slots] = NEVER_US
            rows = [row for slot in slots.tolist() for row in self._rows.places(slot)]
            low[rows] = NO_LOW_MICROS
            high[rows] = NO_HIGH_MICROS
        return slots
