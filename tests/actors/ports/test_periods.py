"""Months in UTC."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ports.periods import is_period, next_period_us, period_of

END_US = int(datetime(9999, 12, 1, tzinfo=UTC).timestamp()) * 1_000_000


def at(*moment: int) -> int:
    """Return a moment in UTC as microseconds since the epoch."""
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[arg-type, misc] # year to second


@pytest.mark.parametrize(
    ("at_us", "period", "reset_us"),
    [
        (0, "1970-01", at(1970, 2, 1)),
        (at(2026, 1, 31, 23, 59, 59) + 999_999, "2026-01", at(2026, 2, 1)),
        (at(2026, 2, 1), "2026-02", at(2026, 3, 1)),
        (at(2026, 12, 31), "2026-12", at(2027, 1, 1)),
        (at(2028, 2, 29), "2028-02", at(2028, 3, 1)),
    ],
)
def test_month_and_its_end(at_us: int, period: str, reset_us: int) -> None:
    """A month lasts up to, and not including, the start of the next one."""
    assert (period_of(at_us), next_period_us(at_us)) == (period, reset_us)


@given(st.integers(0, END_US - 1))
def test_next_month_starts_where_this_one_ends(at_us: int) -> None:
    """The microsecond before the next month is in this one; the next month's name sorts after it."""
    start_us = next_period_us(at_us)
    assert start_us > at_us
    assert period_of(start_us - 1) == period_of(at_us)
    assert period_of(start_us) > period_of(at_us)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "2026-1", "2026-01-01", "\u0662\u0660\u0662\u0666-01", "2026-01\n"]
)
def test_not_a_month(text: str) -> None:
    """Only YYYY-MM in ASCII digits names a month."""
    assert not is_period(text)


@given(st.integers(0, END_US))
def test_every_month_of_a_time_is_one(at_us: int) -> None:
    """What `period_of` writes, `is_period` reads."""
    assert is_period(period_of(at_us))
