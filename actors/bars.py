"""Bars: the prices and the traded quantity of a stretch of time, folded from ticks, and larger ones out of smaller.

A bar stands at its start on the grid of its interval, counted from the epoch, so a day is one of UTC. A stretch without
a tick has no bar.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

MINUTE_US: Final = 60_000_000
MINUTES_KEPT_US: Final = 30 * 1_440 * MINUTE_US
"""Bars shorter than an hour reach back 30 days; those of hours, and days out of them, are kept for good."""

RECENT_MINUTES: Final = 5
"""Finished minutes that stay in memory: far longer than it takes until they are stored."""


class Interval(StrEnum):
    """How long a bar is, as the API names it; the shortest first."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def length_us(self) -> int:
        """Return the length in microseconds."""
        return _MINUTES[self] * MINUTE_US

    def floor(self, at_us: int) -> int:
        """Return the start of the bar that a time belongs to."""
        return at_us - at_us % self.length_us

    def ceil(self, at_us: int) -> int:
        """Return the start of the first bar that does not begin before a time."""
        return at_us + -at_us % self.length_us


_MINUTES: Final[Mapping[Interval, int]] = {
    Interval.MINUTE: 1,
    Interval.FIVE_MINUTES: 5,
    Interval.QUARTER: 15,
    Interval.HOUR: 60,
    Interval.DAY: 1_440,
}


@frozen
class Bar:
    """Prices of one symbol from `start_us` on, micros per share; `volume` is the number of shares traded meanwhile."""

    symbol: str
    start_us: int
    open_micros: int
    high_micros: int
    low_micros: int
    close_micros: int
    volume: int

    def joined(self, later: "Bar") -> "Bar":
        """Return this bar gone on with a later one."""
        return Bar(
            self.symbol,
            self.start_us,
            self.open_micros,
            max(self.high_micros, later.high_micros),
            min(self.low_micros, later.low_micros),
            later.close_micros,
            self.volume + later.volume,
        )


def aggregate(bars: Iterable[Bar], interval: Interval) -> list[Bar]:
    """Return the bars of one symbol, the oldest first and none longer than `interval`, as bars of this interval."""
    found: list[Bar] = []
    for bar in bars:
        start_us = interval.floor(bar.start_us)
        if found and found[-1].start_us == start_us:
            found[-1] = found[-1].joined(bar)
        else:
            found.append(evolve(bar, start_us=start_us))
    return found


@frozen
class RecentBars:
    """The bars of the minute under way, by symbol, and of the minutes before it, the oldest first."""

    now: Mapping[str, Bar] = field(factory=dict)
    finished: tuple[Mapping[str, Bar], ...] = ()

    @property
    def start_us(self) -> int | None:
        """Return when the oldest of these minutes began, None before the first tick."""
        return _start_us(self.finished[0] if self.finished else self.now)

    def of(self, symbol: str) -> list[Bar]:
        """Return the bars of a symbol, the oldest first; the last one is not finished."""
        return [minute[symbol] for minute in (*self.finished, self.now) if symbol in minute]

    def is_over(self, at_us: int) -> bool:
        """Say whether a time lies outside of the minute under way."""
        return _start_us(self.now) not in {None, Interval.MINUTE.floor(at_us)}

    def traded(self, quantities: Mapping[str, int]) -> "RecentBars":
        """Return the bars after these quantities changed hands at the prices of the last tick."""
        counted = {
            symbol: evolve(bar, volume=bar.volume + quantities[symbol])
            for symbol, bar in self.now.items()
            if symbol in quantities
        }
        return RecentBars({**self.now, **counted}, self.finished) if counted else self

    def ticked(self, at_us: int, prices: Mapping[str, int]) -> "RecentBars":
        """Return the bars after a tick. Those before are forgotten by a clock that was set back behind them."""
        start_us = Interval.MINUTE.floor(at_us)
        bars = {symbol: Bar(symbol, start_us, price, price, price, price, 0) for symbol, price in prices.items()}
        before_us = _start_us(self.now)
        if before_us is None or before_us > start_us:
            return RecentBars(bars)
        if before_us < start_us:
            return RecentBars(bars, (*self.finished, self.now)[-RECENT_MINUTES:])
        joined = {symbol: self.now[symbol].joined(bar) if symbol in self.now else bar for symbol, bar in bars.items()}
        return RecentBars(joined, self.finished)


def _start_us(minute: Mapping[str, Bar]) -> int | None:
    return next((bar.start_us for bar in minute.values()), None)
