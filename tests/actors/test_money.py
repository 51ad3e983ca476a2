"""Money is exact: in and out of JSON, to the cent for people, and divided half to even."""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.money import (
    MICROS_PER_DOLLAR,
    MoneyError,
    divide_half_even,
    dollars,
    format_dollars,
    from_json_number,
    to_json_number,
)

JSON_EXACT_MICROS_MAX = 2**33 * MICROS_PER_DOLLAR
"""Above $2**33 neighbouring doubles are further apart than a micro-dollar."""


@given(st.integers(-JSON_EXACT_MICROS_MAX, JSON_EXACT_MICROS_MAX))
@example(JSON_EXACT_MICROS_MAX - 1)
@example(1)
@example(0)
def test_a_json_number_keeps_every_micro(micros: int) -> None:
    """What is written as a JSON number is read back as the same amount."""
    written = json.dumps(to_json_number(micros))

    assert from_json_number(json.loads(written)) == micros


@given(st.integers(-JSON_EXACT_MICROS_MAX, JSON_EXACT_MICROS_MAX))
def test_a_json_number_has_at_most_six_places(micros: int) -> None:
    """The shortest text of the number is the amount itself, digit by digit."""
    assert Decimal(json.dumps(to_json_number(micros))) == Decimal(micros) / MICROS_PER_DOLLAR


@pytest.mark.parametrize(
    ("amount", "micros"),
    [
        (0, 0),
        (1, 1_000_000),
        (-3, -3_000_000),
        ("150.25", 150_250_000),
        ("0.000001", 1),
        ("1e5", 100_000_000_000),
        ("1.10000000", 1_100_000),
        (Decimal("-0.5"), -500_000),
        ("-0", 0),
    ],
)
def test_dollars_become_micros(amount: int | str | Decimal, micros: int) -> None:
    """An amount in dollars is read exactly, however it is written."""
    assert dollars(amount) == micros


@pytest.mark.parametrize(
    "amount",
    ["", "ten", "1,000", "NaN", "sNaN", "Infinity", "-Infinity", "0.0000001", "1e-7", "1E+999999", "1E-999999"],
)
def test_what_is_no_amount_is_refused(amount: str) -> None:
    """Neither text, nor infinity, nor a part of a micro-dollar is money."""
    with pytest.raises(MoneyError):
        dollars(amount)


def test_places_beyond_the_precision_of_decimals_are_not_rounded_away() -> None:
    """An amount with many more digits than any money has is refused, never read as its neighbour."""
    with pytest.raises(MoneyError):
        dollars("0.12345600000000000000000000000000000000000001")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.1234567, True])
def test_a_json_number_that_is_no_amount_is_refused(value: float) -> None:
    """A float finer than a micro-dollar, or none at all, is refused; so is a truth value."""
    with pytest.raises(MoneyError):
        from_json_number(value)


@given(st.integers(), st.integers(min_value=1))
@example(5, 10)
@example(15, 10)
@example(-5, 10)
@example(-15, 10)
def test_a_quotient_is_rounded_half_to_even(numerator: int, denominator: int) -> None:
    """The quotient is that of exact fractions, of either sign."""
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.integers(-(10**20), 10**20), st.sampled_from([1, 10, 1_000, 1_000_000]))
def test_a_quotient_is_rounded_as_decimals_are(numerator: int, denominator: int) -> None:
    """The quotient is that of the decimal module with its banker's rounding."""
    quotient = (Decimal(numerator) / denominator).quantize(Decimal(1), ROUND_HALF_EVEN)

    assert divide_half_even(numerator, denominator) == int(quotient)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "$0.00"),
        (1_502_500_000, "$1,502.50"),
        (-1_502_500_000, "-$1,502.50"),
        (5_000, "$0.00"),
        (-1, "$0.00"),
        (-5_000, "$0.00"),
        (-5_001, "-$0.01"),
        (15_000, "$0.02"),
        (1_234_567_890_123, "$1,234,567.89"),
    ],
)
def test_an_amount_is_written_for_people(micros: int, text: str) -> None:
    """People read dollars and cents."""
    assert format_dollars(micros) == text
