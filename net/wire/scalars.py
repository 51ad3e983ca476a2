"""The scalars of the wire that JSON has no type of its own for: dollars, and moments in time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NewType

Dollars = NewType("Dollars", int)
"""Micro-dollars, shown as a JSON number of dollars with at most six places."""

Timestamp = NewType("Timestamp", int)
"""Microseconds since the Unix epoch, shown as RFC 3339 in UTC."""

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - naive on purpose: the Z is written by hand, which is faster
_EPOCH_UTC: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class TimestampError(ValueError):
    """A text is not a moment as RFC 3339 writes it."""


def format_timestamp(at_us: int) -> str:
    """Return microseconds since the epoch as RFC 3339 in UTC: `2026-01-31T09:30:00.250000Z`."""
    return (_EPOCH + timedelta(microseconds=at_us)).isoformat(timespec="microseconds") + "Z"


def parse_timestamp(text: str) -> int:
    """Return an RFC 3339 moment as microseconds since the epoch; finer digits are dropped. Raises TimestampError."""
    if _RFC3339.fullmatch(text) is None:
        raise TimestampError("must be a moment as RFC 3339 writes it, such as 2026-01-31T09:30:00Z")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise TimestampError(f"is not a moment of the calendar: {error}") from error
    return (moment - _EPOCH_UTC) // _MICROSECOND
