"""Figures as people read them; a dash stands for what is not known."""

from typing import Final

UNKNOWN: Final = "\N{EN DASH}"
MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400


def number(value: float) -> str:
    """Return a count."""
    return f"{value:,.0f}"


def percent(value: float | None, *, signed: bool = False) -> str:
    """Return a part of one as per cent, with as many places as tell it apart from nothing."""
    if value is None:
        return UNKNOWN
    places = 1 if abs(value) >= 0.1 or value == 0 else 2
    return f"{value * 100:{'+' if signed else ''},.{places}f} %"


def dollars_text(value: float) -> str:
    """Return an amount of dollars, whole ones."""
    return f"{'-' if value <= -0.5 else ''}${abs(value):,.0f}"


def span(seconds: float | None) -> str:
    """Return a length of time by its two largest units."""
    if seconds is None:
        return UNKNOWN
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min"
    hours, minutes = divmod(round(seconds / MINUTE_S), 60)
    if seconds < DAY_S:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
