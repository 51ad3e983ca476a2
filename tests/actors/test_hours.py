"""Trading hours over midnight, over changes of the clock, and against a walk minute by minute."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.hours import InvalidHoursError, TradingHours, is_open, next_open_us

MINUTE_US = 60_000_000
ZONES = ("UTC", "America/New_York", "Europe/Paris", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")


def at(zone: str, year: int, month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0) -> int:
    """Return a wall clock's time in microseconds since the epoch."""
    moment = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp()) * 1_000_000


def test_a_window_includes_its_start_and_not_its_end() -> None:
    """From 09:30 to 16:00 in New York, on a Saturday too."""
    hours = TradingHours("09:30", "16:00", "America/New_York")
    opening, closing = (at("America/New_York", 2026, 6, 6, *clock) for clock in ((9, 30), (16, 0)))
    assert [is_open(hours, opening + shift) for shift in (-1, 0)] == [False, True]
    assert [is_open(hours, closing + shift) for shift in (-1, 0)] == [True, False]
    assert next_open_us(hours, closing) == at("America/New_York", 2026, 6, 7, 9, 30)
    assert next_open_us(hours, opening - 1) == opening
    assert next_open_us(hours, opening + 1) == opening + 1


def test_a_window_may_run_over_midnight() -> None:
    """From 22:00 to 06:00."""
    hours = TradingHours("22:00", "06:00")
    assert [is_open(hours, at("UTC", 2026, 1, 5, hour)) for hour in (21, 22, 23, 0, 5, 6)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert next_open_us(hours, at("UTC", 2026, 1, 5, 6)) == at("UTC", 2026, 1, 5, 22)


def test_equal_ends_are_around_the_clock() -> None:
    """A window from midnight to midnight never closes."""
    hours = TradingHours("00:00", "00:00", "Europe/Paris")
    assert all(is_open(hours, at("UTC", 2026, 1, 5, hour)) for hour in range(24))


def test_a_start_in_the_missing_hour_is_the_change_of_the_clock() -> None:
    """On 8 March 2026 New York's clocks go from 02:00 to 03:00: a window from 02:30 opens at 03:00."""
    hours = TradingHours("02:30", "05:00", "America/New_York")
    midnight = at("America/New_York", 2026, 3, 8, 0)
    assert next_open_us(hours, midnight) == at("America/New_York", 2026, 3, 8, 3)


def test_the_repeated_hour_counts_twice() -> None:
    """On 1 November 2026 New York's clocks go from 02:00 back to 01:00: a window until 01:30 opens once more."""
    hours = TradingHours("00:30", "01:30", "America/New_York")
    closed = at("America/New_York", 2026, 11, 1, 1, 45)
    assert not is_open(hours, closed)
    assert next_open_us(hours, closed) == at("America/New_York", 2026, 11, 1, 1, 0, fold=1)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.integers(0, 60 * 24 * 365),
)
def test_the_next_opening_is_the_first_open_minute(zone: str, start: int, end: int, minute: int) -> None:
    """A walk in minutes finds the same opening."""
    hours = TradingHours(f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}", zone)
    now_us = at("UTC", 2026, 1, 1, 0) + minute * MINUTE_US
    expected = now_us
    while not is_open(hours, expected):
        expected += MINUTE_US
    assert next_open_us(hours, now_us) == expected


def test_a_day_that_a_zone_skipped_is_waited_out() -> None:
    """Samoa had no 30 December 2011."""
    hours = TradingHours("10:00", "11:00", "Pacific/Apia")
    assert next_open_us(hours, at("Pacific/Apia", 2011, 12, 29, 11)) == at("Pacific/Apia", 2011, 12, 31, 10)


@pytest.mark.parametrize(
    ("start", "end", "timezone", "field"),
    [
        ("9:30", "16:00", "UTC", "start"),
        ("09:30", "24:00", "UTC", "end"),
        ("09:30", "16:00\n", "UTC", "end"),
        ("09:30", "16:00", "Mars/Olympus", "timezone"),
        ("09:30", "16:00", "../UTC", "timezone"),
        ("09:30", "16:00", "", "timezone"),
    ],
)
def test_a_mistake_names_its_field(start: str, end: str, timezone: str, field: str) -> None:
    """The edge reports the field at fault."""
    with pytest.raises(InvalidHoursError, match="must be ") as caught:
        TradingHours(start, end, timezone)
    assert caught.value.field == field
