"""Which stretch of the past is asked for, in what steps: what is left out is filled in, what is too much refused."""

from typing import Final

from attrs import frozen

from actors.bars import MINUTES_KEPT_US, Interval
from actors.errors import RangeReversed, RangeTooLong, RangeTooOld

POINTS_MAX: Final = 1_000
"""So many bars or points are in one answer."""


@frozen
class Span:
    """A stretch of time in microseconds since the epoch, `to_us` not later than now, in steps of an interval."""

    from_us: int
    to_us: int
    interval: Interval

    def steps(self) -> range:
        """Return the moments on the grid of the interval, from the first one not before `from_us` to `to_us`."""
        return range(self.interval.ceil(self.from_us), self.to_us + 1, self.interval.length_us)


def resolve(
    from_us: int | None, to_us: int | None, interval: Interval | None, now_us: int, default_us: int, since_us: int = 0
) -> Span:
    """Return the span that is meant: until now, and in the shortest steps that fit, unless another wish is given.

    Without `from_us` it is `default_us` long. Nothing is asked for before `since_us`.

    Raises RangeReversed, RangeTooLong, RangeTooOld.
    """
    if from_us is not None and to_us is not None and from_us > to_us:
        raise RangeReversed("the range ends before it begins")
    end_us = now_us if to_us is None else min(to_us, now_us)
    start_us = max(since_us, end_us - default_us if from_us is None else from_us)
    fits = (each for each in Interval if _fault(start_us, end_us, each, now_us) is None)
    chosen = interval or next(fits, Interval.DAY)
    fault = _fault(start_us, end_us, chosen, now_us)
    if fault is not None:
        raise fault
    return Span(start_us, end_us, chosen)


def _fault(start_us: int, end_us: int, interval: Interval, now_us: int) -> RangeTooLong | RangeTooOld | None:
    """Return why a range is not handed out in steps of an interval, None where it is."""
    steps = (end_us - start_us) // interval.length_us
    if steps > POINTS_MAX:
        return RangeTooLong(
            f"the range holds {steps:,} steps of {interval} and at most {POINTS_MAX:,} are handed out at once; "
            "ask for a shorter range or a longer interval"
        )
    if interval.length_us < Interval.HOUR.length_us and start_us < now_us - MINUTES_KEPT_US:
        return RangeTooOld(
            f"prices in steps of {interval} are kept for {MINUTES_KEPT_US // Interval.DAY.length_us} days; "
            f"ask for {Interval.HOUR} or {Interval.DAY}, or a later range"
        )
    return None
