"""Spans: what is meant by what was left out, and what is refused."""

import pytest

from actors.bars import MINUTE_US, Interval
from actors.errors import RangeReversed, RangeTooLong, RangeTooOld, TradingError
from actors.spans import POINTS_MAX, Span, resolve
from tests.actors.builders import DAY_US, NOW_US

HOUR_US = 60 * MINUTE_US


def test_what_is_left_out_is_filled_in() -> None:
    """Until now, as long as is usual, in minutes."""
    assert resolve(None, None, None, NOW_US, HOUR_US) == Span(NOW_US - HOUR_US, NOW_US, Interval.MINUTE)


@pytest.mark.parametrize(
    ("days", "interval"),
    [(0.5, "1m"), (1, "5m"), (5, "15m"), (30, "1h"), (41, "1h"), (42, "1d"), (1_000, "1d")],
)
def test_the_shortest_steps_that_fit(days: float, interval: str) -> None:
    """Short enough to see something, long enough for one answer, and kept so long."""
    assert resolve(NOW_US - round(days * DAY_US), None, None, NOW_US, 1).interval == interval


def test_nothing_before_the_beginning_nor_after_now() -> None:
    """An agent has no life before its creation, and nobody knows the future."""
    since_us = NOW_US - HOUR_US
    span = resolve(0, NOW_US + DAY_US, None, NOW_US, DAY_US, since_us)
    assert span == Span(since_us, NOW_US, Interval.MINUTE)
    assert resolve(None, None, Interval.DAY, NOW_US, DAY_US, since_us) == Span(since_us, NOW_US, Interval.DAY)
    assert list(resolve(0, since_us - 1, None, NOW_US, DAY_US, since_us).steps()) == []


def test_steps_are_on_the_grid() -> None:
    """Both ends included."""
    span = Span(NOW_US - HOUR_US - 1, NOW_US, Interval.HOUR)
    assert list(span.steps()) == [NOW_US - HOUR_US, NOW_US]


@pytest.mark.parametrize(
    ("from_us", "to_us", "interval", "error", "words"),
    [
        (NOW_US, NOW_US - 1, None, RangeReversed, "ends before it begins"),
        (NOW_US - 1_001 * MINUTE_US, None, Interval.MINUTE, RangeTooLong, "1,001 steps of 1m and at most 1,000"),
        (NOW_US - 1_001 * DAY_US, None, None, RangeTooLong, "1,001 steps of 1d"),
        (NOW_US - 31 * DAY_US, NOW_US - 30 * DAY_US - 1, Interval.QUARTER, RangeTooOld, "15m are kept for 30 days"),
    ],
)
def test_what_is_refused(
    from_us: int, to_us: int | None, interval: Interval | None, error: type[TradingError], words: str
) -> None:
    """The message says what the limit is."""
    with pytest.raises(error, match=words):
        resolve(from_us, to_us, interval, NOW_US, DAY_US)


def test_as_much_as_is_allowed() -> None:
    """The limit itself is not too much."""
    span = resolve(NOW_US - POINTS_MAX * MINUTE_US, None, Interval.MINUTE, NOW_US, DAY_US)
    assert len(span.steps()) == POINTS_MAX + 1
