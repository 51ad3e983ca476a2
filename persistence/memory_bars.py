"""Bars in memory, with the answers that the ones in the database give."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import define, evolve, field

from actors.bars import MINUTES_KEPT_US, Bar, Interval, aggregate


@define
class _Series:
    """The bars of one symbol and one length, by their starts, which are kept in order."""

    starts_us: list[int] = field(factory=list)
    by_start: dict[int, Bar] = field(factory=dict)

    def put(self, bar: Bar) -> None:
        """Store a bar, or go on with the one that stands there."""
        before = self.by_start.get(bar.start_us)
        if before is None:
            insort(self.starts_us, bar.start_us)
        self.by_start[bar.start_us] = bar if before is None else before.joined(bar)

    def between(self, from_us: int, to_us: int) -> Iterator[Bar]:
        """Yield the bars that begin from one time on and before another."""
        places = range(bisect_left(self.starts_us, from_us), bisect_left(self.starts_us, to_us))
        return (self.by_start[self.starts_us[place]] for place in places)

    def last_before(self, at_us: int) -> Bar | None:
        """Return the last bar that begins before a time."""
        place = bisect_left(self.starts_us, at_us)
        return self.by_start[self.starts_us[place - 1]] if place else None

    def forget_before(self, at_us: int) -> None:
        """Remove the bars that begin before a time."""
        place = bisect_left(self.starts_us, at_us)
        for start_us in self.starts_us[:place]:
            del self.by_start[start_us]
        del self.starts_us[:place]


class MemoryBars:
    """The bars of minutes for a while, those of hours for good."""

    def __init__(self) -> None:
        self._minutes: dict[str, _Series] = defaultdict(_Series)
        self._hours: dict[str, _Series] = defaultdict(_Series)

    def save(self, minutes: Iterable[Bar]) -> None:
        """Store bars of minutes, and go on with the bars of their hours."""
        for bar in minutes:
            self._minutes[bar.symbol].put(bar)
            self._hours[bar.symbol].put(evolve(bar, start_us=Interval.HOUR.floor(bar.start_us)))

    def bars(self, symbol: str, from_us: int, to_us: int, interval: Interval) -> Sequence[Bar]:
        """Return the bars of a symbol from a time on the grid of the interval to before another, the oldest first."""
        by_minutes = interval.length_us < Interval.HOUR.length_us
        minutes_us = from_us if by_minutes else max(from_us, Interval.HOUR.floor(to_us))
        hours = self._hours[symbol].between(from_us, minutes_us)
        return aggregate((*hours, *self._minutes[symbol].between(minutes_us, to_us)), interval)

    def closes(self, symbols: Sequence[str], moments_us: Sequence[int]) -> Mapping[str, Sequence[int | None]]:
        """Return the last price of each symbol before each of these whole minutes, None for none."""
        return {symbol: [self._close(symbol, at_us) for at_us in moments_us] for symbol in symbols}

    def purge(self, now_us: int) -> None:
        """Remove the bars of minutes that are kept no longer."""
        for series in self._minutes.values():
            series.forget_before(now_us - MINUTES_KEPT_US)

    def _close(self, symbol: str, at_us: int) -> int | None:
        hours_end_us = at_us - Interval.HOUR.length_us + 1
        bar = self._minutes[symbol].last_before(at_us) or self._hours[symbol].last_before(hours_end_us)
        return None if bar is None else bar.close_micros
