"""Trading hours: the part of each local day in which an agent may trade.

The wall clock of the time zone decides, and every day counts, weekends included: the synthetic market never closes.
Where clocks are put forward, a start inside the missing hour means the moment of the change; where they are put back,
the repeated hour counts twice.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from attrs import Attribute, field, frozen

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND_US: Final = 1_000_000
_HOUR_US: Final = 3_600 * _SECOND_US
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)

_LOOK_AHEAD_HOURS: Final = 72
"""Longer than any closed stretch: a day, and the day that a zone can lose by moving over the date line."""


class InvalidHoursError(ValueError):
    """Trading hours that mean nothing; ``field`` names the part at fault (start, end or timezone)."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def _check_clock(_hours: object, attribute: "Attribute[str]", value: str) -> None:
    name = attribute.name
    if _CLOCK.fullmatch(value) is None:
        raise InvalidHoursError(name, f"must be a time of day as HH:MM from 00:00 to 23:59, not {value!r}")


def _check_zone(_hours: object, _attribute: object, value: str) -> None:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, TypeError, OSError) as error:
        raise InvalidHoursError("timezone", f"must be an IANA name such as Europe/Paris, not {value!r}") from error


@frozen
class TradingHours:
    """A daily window from ``start`` (included) to ``end`` (excluded), as HH:MM in an IANA time zone.

    A window whose end is before its start runs over midnight; equal ends mean around the clock.

    Raises ``InvalidHoursError``.
    """

    start: str = field(validator=_check_clock)
    end: str = field(validator=_check_clock)
    timezone: str = field(default="UTC", validator=_check_zone)


def is_open(hours: TradingHours, now_us: int) -> bool:
    """Tell whether the window is open at a time in microseconds since the epoch."""
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    wall = _local(now_us, ZoneInfo(hours.timezone)).time()
    if start < end:
        return start <= wall < end
    return wall >= start or wall < end


def next_open_us(hours: TradingHours, now_us: int) -> int:
    """Return the first microsecond, from now on, at which the window is open: now itself if it is open."""
    if is_open(hours, now_us):
        return now_us
    zone = ZoneInfo(hours.timezone)
    today = _local(now_us, zone).date()
    start = time.fromisoformat(hours.start)
    starts = (
        _to_us(datetime.combine(today + timedelta(days=day), start, zone).replace(fold=fold))
        for day in range(4)
        for fold in (0, 1)
    )
    moments = sorted([*starts, *_clock_changes_us(zone, now_us)])
    return next(at_us for at_us in moments if at_us > now_us and is_open(hours, at_us))


def _clock_changes_us(zone: ZoneInfo, now_us: int) -> list[int]:
    """Return the changes of the zone's offset in the hours ahead; no zone changes twice within an hour."""
    changes = []
    for hour in range(_LOOK_AHEAD_HOURS):
        before_us = now_us // _SECOND_US * _SECOND_US + hour * _HOUR_US
        after_us = before_us + _HOUR_US
        old = _local(before_us, zone).utcoffset()
        if old == _local(after_us, zone).utcoffset():
            continue
        while after_us - before_us > _SECOND_US:
            middle_us = (before_us + after_us) // (2 * _SECOND_US) * _SECOND_US
            if _local(middle_us, zone).utcoffset() == old:
                before_us = middle_us
            else:
                after_us = middle_us
        changes.append(after_us)
    return changes


def _local(at_us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + at_us * _MICROSECOND).astimezone(zone)


def _to_us(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
