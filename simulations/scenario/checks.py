"""Checks of a scenario's fields, whose complaints say what is wanted and what is there."""

import re
from collections.abc import Callable, Collection
from typing import Any, Final

SPAN_UNITS_S: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_SPAN: Final = re.compile(r"\s*(?:(\d+(?:\.\d+)?)\s*([smhd])\s*)+", re.ASCII)
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])", re.ASCII)

NO_SPAN: Final = "must be seconds, or a length of time such as 90s, 15m, 2h or 1d 12h, not {value!r}"

Validator = Callable[[Any, Any, Any], None]


Range = tuple[float, float]
"""The least and the most of what each agent draws for itself."""


class Span(float):
    """A length of time in seconds, written in TOML as a number of seconds or as `90s`, `15m`, `2h` or `1d 12h`."""


class FieldError(ValueError):
    """A field of a scenario does not hold what it should; `name` is the field's."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name


def span(value: float | str) -> Span:
    """Return a length of time. Raises ValueError for what is none."""
    if isinstance(value, str):
        if _SPAN.fullmatch(value) is None:
            raise ValueError(NO_SPAN.format(value=value))
        return Span(sum(float(number) * SPAN_UNITS_S[unit] for number, unit in _PART.findall(value)))
    if not 0 <= value < float("inf"):
        raise ValueError(f"must be zero seconds or more, not {value}")
    return Span(value)


def between(least: float, most: float) -> Validator:
    """Accept numbers of a closed range, and None."""

    def check(_instance: object, attribute: Any, value: float | None) -> None:
        if value is not None and not least <= value <= most:
            raise FieldError(attribute.name, f"must be {least:,} to {most:,}, not {value:,}")

    return check


def above(least: float) -> Validator:
    """Accept numbers above a bound, and None."""

    def check(_instance: object, attribute: Any, value: float | None) -> None:
        if value is not None and not least < value < float("inf"):
            raise FieldError(attribute.name, f"must be above {least:,}, not {value:,}")

    return check


def one_of(names: Collection[str]) -> Validator:
    """Accept the names of a list, and None."""

    def check(_instance: object, attribute: Any, value: str | None) -> None:
        if value is not None and value not in names:
            raise FieldError(attribute.name, f"must be one of {', '.join(names)}, not {value!r}")

    return check


def some(attribute_of: str) -> Validator:
    """Accept what is not empty; `attribute_of` says what there must be one of."""

    def check(_instance: object, attribute: Any, value: Collection[object]) -> None:
        if not value:
            raise FieldError(attribute.name, f"must hold at least one {attribute_of}")

    return check


def within(least: float, most: float) -> Validator:
    """Accept ranges that lie inside a closed range, and rise."""

    def check(_instance: object, attribute: Any, value: Range) -> None:
        for bound in value:
            if not least <= bound <= most:
                raise FieldError(attribute.name, f"must be {least:,} to {most:,}, not {bound:,}")
        if value[0] > value[1]:
            problem = f"must rise from the least to the most, not from {value[0]:,} to {value[1]:,}"
            raise FieldError(attribute.name, problem)

    return check
