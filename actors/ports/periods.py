"""Months in UTC, the periods in which usage is counted."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def period_of(at_us: int) -> str:
    """Name the month of a time in microseconds since the epoch, as ``YYYY-MM``."""
    return (_EPOCH + timedelta(microseconds=at_us)).strftime("%Y-%m")


def is_period(text: str) -> bool:
    """Say whether a text names a month as ``YYYY-MM``."""
    return _PERIOD.fullmatch(text) is not None


def next_period_us(at_us: int) -> int:
    """Return the start of the month after the one of ``at_us``, in microseconds since the epoch."""
    moment = _EPOCH + timedelta(microseconds=at_us)
    carry, month0 = divmod(moment.month, 12)
    start = datetime(moment.year + carry, month0 + 1, 1, tzinfo=UTC)
    return (start - _EPOCH) // timedelta(microseconds=1)
