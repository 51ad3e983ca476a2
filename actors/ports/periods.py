"""Months in UTC, the periods in which usage is counted."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def period_of(at_us: int) -> str:
    """Name the month of a time in microseconds since the epoch, as ``YYYY-MM``."""
    return _period_of_day(at_us // _DAY_US)


@lru_cache(maxsize=128)
def _period_of_day(day: int) -> str:
    """Name the month of a day since the epoch. Every trade asks, most of them about the same day."""
    return (_EPOCH + timedelta(days=day)).strftime("%Y-%m")


def is_period(text: str) -> bool:
    """Say whether a text names a month as ``YYYY-MM``."""
    return _PERIOD.fullmatch(text) is not None


def next_period_us(at_us: int) -> int:
    """Return the start of the month after the one of ``at_us``, in microseconds since the epoch."""
    return _next_period_of_day_us(at_us // _DAY_US)


@lru_cache(maxsize=128)
def _next_period_of_day_us(day: int) -> int:
    moment = _EPOCH + timedelta(days=day)
    carry, month0 = divmod(moment.month, 12)
    start = datetime(moment.year + carry, month0 + 1, 1, tzinfo=UTC)
    return (start - _EPOCH) // timedelta(microseconds=1)
