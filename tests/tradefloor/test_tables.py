"""How numbers, times and states look in a terminal."""

import pytest
from rich.text import Text

from tradefloor.operating.tables import age, count, dollars, sparkline, state


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "-"), (0.0042, "4 ms"), (1.25, "1.2 s"), (90, "1.5 min"), (5400, "1.5 h")]
)
def test_ages_are_short(seconds: float, expected: str) -> None:
    """One unit, as large as fits."""
    assert age(seconds) == expected


def test_numbers_are_read_at_a_glance() -> None:
    """Thousands apart, cents always."""
    assert count(1234567) == "1,234,567"
    assert dollars(1234.5) == "$1,234.50"
    assert dollars(None) == "-"


def test_a_sparkline_fills_with_its_highest() -> None:
    """And is blank where nothing happened."""
    assert sparkline([0, 4, 8]) == " ▄█"
    assert sparkline([0, 0]) == "  "


def test_a_state_is_always_written() -> None:
    """Colour only helps."""
    assert state("stuck") == Text("stuck", "bold red")
    assert state("unheard of") == Text("unheard of")
