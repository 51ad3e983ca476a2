"""The recent prices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.prices import PriceHistory


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.lists(st.integers(1, 99), max_size=30))
def test_the_history_is_the_last_prices_and_what_was_read_stays(length: int, prices: list[int]) -> None:
    """At each push the newest prices are there, and no earlier answer has changed."""
    history = PriceHistory(("A", "B"), length)
    seen: list[tuple[list[int], np.ndarray]] = []
    for end, price in enumerate(prices, start=1):
        history.push(np.array([price, -price]))
        expected = prices[max(0, end - length) : end]
        by_symbol = history.by_symbol()
        assert by_symbol["A"].tolist() == expected
        assert by_symbol["B"].tolist() == [-value for value in expected]
        seen.append((expected, by_symbol["A"]))
    assert all(closes.tolist() == expected for expected, closes in seen)


def test_a_reader_cannot_write() -> None:
    """The arrays are shared by everybody."""
    history = PriceHistory(("A",), 3)
    assert history.closes().shape == (0, 1)
    history.push(np.array([1]))
    with pytest.raises(ValueError, match="read-only"):
        history.closes()[0, 0] = 2


def test_a_history_holds_something() -> None:
    """A length of nothing is a mistake."""
    with pytest.raises(ValueError, match="at least one"):
        PriceHistory(("A",), 0)
