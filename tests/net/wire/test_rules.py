"""The rules of fields."""

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.money import dollars
from net.wire.rules import (
    NO_CONTROLS,
    TRIMMED,
    Choice,
    FieldError,
    Flag,
    Integer,
    ListOf,
    Moment,
    Money,
    Number,
    Rule,
    Text,
)


class Colour(StrEnum):
    """Something to choose."""

    RED = "red"
    BLUE = "blue"


TEXT = Text(min_length=2, max_length=4, pattern="^[a-z]+$", wanted="small letters", format="word")
MONEY = Money(dollars(100), dollars(1000))


@pytest.mark.parametrize(
    ("rule", "value", "parsed"),
    [
        (TEXT, "abc", "abc"),
        (Integer(1, 10), 10, 10),
        (Integer(1, 10), 5.0, 5),
        (Number(0.5, 10), 0.5, 0.5),
        (Number(0.5, 10), 3, 3.0),
        (MONEY, 100, 100_000_000),
        (MONEY, 100.000001, 100_000_001),
        (MONEY, 100.1 + 200.2, 300_300_000),
        (Choice(Colour), "red", Colour.RED),
        (Flag(), True, True),
        (Moment(), "2026-01-31T09:30:00.25Z", 1_769_851_800_250_000),
        (Moment(), "2026-01-31T10:30:00+01:00", 1_769_851_800_000_000),
        (ListOf(Integer(0, 9), 2), [1, 2], (1, 2)),
    ],
)
def test_values_that_are_taken(rule: Rule, value: Any, parsed: Any) -> None:
    """A value that keeps the rule becomes what the program uses."""
    assert rule.parse(value) == parsed


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        (TEXT, 5, "must be a string"),
        (TEXT, "a", "must have 2 to 4 characters, not 1"),
        (Text(min_length=5, max_length=5), "", "must have 5 characters, not 0"),
        (TEXT, "abcde", "must have 2 to 4 characters, not 5"),
        (TEXT, "aB", "must be small letters"),
        (TEXT, "ab\n", "must be small letters"),
        (Integer(1, 1000), True, "must be a whole number from 1 to 1,000"),
        (Integer(1, 1000), "5", "must be a whole number from 1 to 1,000"),
        (Integer(1, 1000), 1.5, "must be a whole number from 1 to 1,000"),
        (Integer(1, 1000), 1e30, "must be from 1 to 1,000"),
        (Integer(1, 1000), 0, "must be from 1 to 1,000"),
        (Number(0.5, 3_660), True, "must be a number"),
        (Number(0.5, 3_660), "5", "must be a number"),
        (Number(0.5, 3_660), 0.4, "must be from 0.5 to 3,660"),
        (Number(0.5, 3_660), 1e30, "must be from 0.5 to 3,660"),
        (MONEY, True, "must be a number of dollars"),
        (MONEY, "100", "must be a number of dollars"),
        (MONEY, float("inf"), "'inf' is not a finite amount"),
        (MONEY, 100.0000001, "100.0000001 has more than 6 decimal places"),
        (MONEY, 99.99, "must be from 100 to 1,000 dollars"),
        (Choice(Colour), "green", "must be one of red, blue"),
        (Choice(Colour), 1, "must be one of red, blue"),
        (Flag(), 1, "must be true or false"),
        (Moment(), 1, "must be a string"),
        (Moment(), "yesterday", "must be a moment as RFC 3339 writes it, such as 2026-01-31T09:30:00Z"),
        (Moment(since_us=0), "1969-12-31T23:59:59Z", "must not be before 1970-01-01T00:00:00.000000Z"),
        (Moment(), "2026-02-30T00:00:00Z", "is not a moment of the calendar: day is out of range for month"),
        (ListOf(Integer(0, 9), 2), {}, "must be a list"),
        (ListOf(Integer(0, 9), 2), [1, 2, 3], "must hold 0 to 2 entries, not 3"),
        (ListOf(Integer(0, 9), 2), [1, 10], "must be from 0 to 9"),
    ],
)
def test_values_that_are_refused(rule: Rule, value: Any, message: str) -> None:
    """The message says the limit."""
    with pytest.raises(FieldError) as refusal:
        rule.parse(value)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    "name", ["a", "Zoë's 3. fund", "日本 株", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "شركة"]
)
def test_names_of_every_script_are_taken(name: str) -> None:
    """Joiners stand inside of letters and pictures."""
    assert Text(max_length=40, pattern=TRIMMED).parse(name) == name


@pytest.mark.parametrize(
    "name", ["\u3000", "\u200b", " a", "a\xa0", "a\u2028b", "a\x85b", "buy \u202e10 llor", "\u2066a\u2069", "a\ufeff"]
)
def test_names_that_nobody_can_read_are_refused(name: str) -> None:
    """Those that cannot be seen, have several lines, or are shown in another order than they were written in."""
    with pytest.raises(FieldError):
        Text(max_length=40, pattern=TRIMMED).parse(name)


@pytest.mark.parametrize(
    ("rule", "text", "parsed"),
    [
        (TEXT, "abc", "abc"),
        (Integer(1, 100), "50", 50),
        (Choice(Colour), "blue", Colour.BLUE),
        (Flag(), "true", True),
        (Flag(), "false", False),
        (Moment(), "2026-01-31T09:30:00Z", 1_769_851_800_000_000),
        (ListOf(TEXT, 3), "ab,cd", ("ab", "cd")),
    ],
)
def test_texts_of_a_query(rule: Rule, text: str, parsed: Any) -> None:
    """In a query everything is text."""
    assert rule.parse_text(text) == parsed


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Integer(1, 100), "5.0"),
        (Integer(1, 100), "+5"),
        (Integer(1, 100), "0x5"),
        (Flag(), "yes"),
        (MONEY, "100"),
        (Number(0, 1), "1"),
    ],
)
def test_texts_that_are_refused(rule: Rule, text: str) -> None:
    """What is not written the plain way is refused."""
    with pytest.raises(FieldError):
        rule.parse_text(text)


@given(st.integers(dollars(100), dollars(1000)))
def test_money_of_every_micro_is_read_exactly(micros: int) -> None:
    """Each amount survives the way through a JSON number."""
    assert MONEY.parse(micros / 1_000_000) == micros


@pytest.mark.parametrize(
    ("rule", "schema"),
    [
        (TEXT, {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$", "format": "word"}),
        (Text(max_length=3), {"type": "string", "minLength": 1, "maxLength": 3, "pattern": NO_CONTROLS}),
        (Integer(1, 2), {"type": "integer", "minimum": 1, "maximum": 2}),
        (MONEY, {"type": "number", "minimum": 100.0, "maximum": 1000.0, "multipleOf": 0.000001}),
        (Number(0.5, 2), {"type": "number", "minimum": 0.5, "maximum": 2}),
        (Choice(Colour), {"type": "string", "enum": ["red", "blue"]}),
        (Flag(), {"type": "boolean"}),
        (Moment(), {"type": "string", "format": "date-time"}),
        (ListOf(Flag(), 3, 1), {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 3}),
    ],
)
def test_schemas_say_the_same(rule: Rule, schema: dict[str, Any]) -> None:
    """What validates is what is documented."""
    assert rule.schema() == schema
