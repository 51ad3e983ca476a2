"""Rules for the fields of requests: each parses one value, and says in JSON Schema what it accepts.

A request class carries its rules as `Annotated[...]` metadata, so that what validates is also what is documented.
"""

import math
import re
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from attrs import define, field, frozen

from actors.money import DECIMAL_PLACES_MAX, MoneyError, from_json_number, to_json_number
from net.wire.scalars import TimestampError, format_timestamp, parse_timestamp

_CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""What ends a line, or turns the order of what is read around: an approver has to see what was written."""

_SPACES = r"\x20\xa0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff"
"""Spaces of every width, and what has none."""

NO_CONTROLS = f"^[^{_CONTROLS}]*$"
"""One line of text."""

TRIMMED = f"^[^{_CONTROLS}{_SPACES}]([^{_CONTROLS}]*[^{_CONTROLS}{_SPACES}])?$"
"""One line of text that neither begins nor ends with a space."""

NOISE_ULPS_MAX = 4
"""So many units in the last place may a sum or product of a client's be off."""

_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)


class FieldError(ValueError):
    """A value does not keep its field's rule; `field`, if any, is the part of the value at fault."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Rule(Protocol):
    """What one field accepts."""

    def parse(self, value: Any, /) -> Any:
        """Return the value of a JSON value as the program uses it. Raises FieldError."""
        ...

    def parse_text(self, text: str, /) -> Any:
        """Return the same for a value in a query string, where everything is text. Raises FieldError."""
        ...

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is accepted."""
        ...


@frozen
class Doc:
    """What a field means, and a value that fits, for the reference."""

    text: str
    example: Any = None


@define(slots=False)
class Text:
    """A string of so many characters that matches a pattern; `wanted` says the pattern in words."""

    min_length: int = field(kw_only=True, default=1)
    max_length: int = field(kw_only=True)
    pattern: str = NO_CONTROLS
    wanted: str = "one line of text without control characters"
    format: str | None = None

    @cached_property
    def _matcher(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.ASCII)

    def parse(self, value: Any) -> str:
        """Return the string. Raises FieldError."""
        if not isinstance(value, str):
            raise FieldError("must be a string")
        if not self.min_length <= len(value) <= self.max_length:
            least = "" if self.min_length == self.max_length else f"{self.min_length} to "
            raise FieldError(f"must have {least}{self.max_length} characters, not {len(value)}")
        if self._matcher.fullmatch(value) is None:
            raise FieldError(f"must be {self.wanted}")
        return value

    parse_text = parse

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        schema = {
            "type": "string",
            "minLength": self.min_length,
            "maxLength": self.max_length,
            "pattern": self.pattern,
        }
        return schema if self.format is None else schema | {"format": self.format}


@frozen
class Integer:
    """A whole number between two limits, both included."""

    minimum: int
    maximum: int

    def parse(self, value: Any) -> int:
        """Return the number; 5.0 is 5, as JSON does not tell them apart. Raises FieldError."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise FieldError(f"must be a whole number from {self.minimum:,} to {self.maximum:,}")
        if not self.minimum <= value <= self.maximum:
            raise FieldError(f"must be from {self.minimum:,} to {self.maximum:,}")
        return value

    def parse_text(self, text: str) -> int:
        """Return the number of its decimal digits. Raises FieldError."""
        if _WHOLE_NUMBER.fullmatch(text) is None:
            raise FieldError(f"must be a whole number from {self.minimum:,} to {self.maximum:,}")
        return self.parse(int(text))

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@frozen
class Number:
    """A number between two limits, both included."""

    minimum: float
    maximum: float

    def parse(self, value: Any) -> float:
        """Return the number. Raises FieldError."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise FieldError("must be a number")
        if not self.minimum <= value <= self.maximum:
            raise FieldError(f"must be from {self.minimum:,} to {self.maximum:,}")
        return float(value)

    def parse_text(self, _text: str) -> float:
        """Stand in no query. Raises FieldError."""
        raise FieldError("must not be a number")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


@frozen
class Money:
    """A number of dollars between two limits (micro-dollars, both included), with at most six decimal places."""

    minimum_micros: int
    maximum_micros: int

    def parse(self, value: Any) -> int:
        """Return the amount in micro-dollars. Raises FieldError."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise FieldError("must be a number of dollars")
        try:
            micros = from_json_number(_without_noise(value))
        except MoneyError as error:
            raise FieldError(str(error)) from error
        if not self.minimum_micros <= micros <= self.maximum_micros:
            raise FieldError(f"must be from {_plain(self.minimum_micros)} to {_plain(self.maximum_micros)} dollars")
        return micros

    def parse_text(self, _text: str) -> int:
        """Money stands in no query."""
        raise FieldError("must not be an amount of money")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {
            "type": "number",
            "minimum": to_json_number(self.minimum_micros),
            "maximum": to_json_number(self.maximum_micros),
            "multipleOf": 0.000001,
        }


@frozen
class Choice:
    """One of the names of an enumeration."""

    options: type[StrEnum]

    def parse(self, value: Any) -> StrEnum:
        """Return the member. Raises FieldError."""
        if isinstance(value, str):
            try:
                return self.options(value)
            except ValueError:
                pass
        raise FieldError(f"must be one of {', '.join(self.options)}")

    parse_text = parse

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "string", "enum": [member.value for member in self.options]}


@frozen
class Flag:
    """True or false."""

    def parse(self, value: Any) -> bool:
        """Return the truth value. Raises FieldError."""
        if not isinstance(value, bool):
            raise FieldError("must be true or false")
        return value

    def parse_text(self, text: str) -> bool:
        """Return the truth value of its name. Raises FieldError."""
        if text not in {"true", "false"}:
            raise FieldError("must be true or false")
        return text == "true"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "boolean"}


@frozen
class Moment:
    """A moment as RFC 3339 writes it, none before `since_us`."""

    since_us: int | None = None

    def parse(self, value: Any) -> int:
        """Return microseconds since the epoch. Raises FieldError."""
        if not isinstance(value, str):
            raise FieldError("must be a string")
        try:
            at_us = parse_timestamp(value)
        except TimestampError as error:
            raise FieldError(str(error)) from error
        if self.since_us is not None and at_us < self.since_us:
            raise FieldError(f"must not be before {format_timestamp(self.since_us)}")
        return at_us

    parse_text = parse

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": "string", "format": "date-time"}


@frozen
class ListOf:
    """A list of at most so many values, each of which keeps a rule."""

    item: Rule
    max_items: int
    min_items: int = 0

    def parse(self, value: Any) -> tuple[Any, ...]:
        """Return the values. Raises FieldError for the first one at fault."""
        if not isinstance(value, list):
            raise FieldError("must be a list")
        if not self.min_items <= len(value) <= self.max_items:
            raise FieldError(f"must hold {self.min_items} to {self.max_items} entries, not {len(value)}")
        return tuple(self._parse_item(number, item) for number, item in enumerate(value))

    def parse_text(self, text: str) -> tuple[Any, ...]:
        """Return the values of a comma-separated list. Raises FieldError."""
        return self.parse(text.split(","))

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {
            "type": "array",
            "items": self.item.schema(),
            "minItems": self.min_items,
            "maxItems": self.max_items,
        }

    def _parse_item(self, number: int, value: Any) -> Any:
        try:
            return self.item.parse(value)
        except FieldError as error:
            raise FieldError(str(error), f"[{number}]") from error


def _without_noise(value: float) -> float:
    """Return the amount that floating-point arithmetic missed by a hair: 0.1 + 0.2 is meant to be 0.3."""
    if isinstance(value, int):
        return value
    nearest = round(value, DECIMAL_PLACES_MAX)
    return nearest if abs(nearest - value) <= NOISE_ULPS_MAX * math.ulp(value) else value


def _plain(micros: int) -> str:
    return f"{to_json_number(micros):,.2f}".removesuffix(".00")
