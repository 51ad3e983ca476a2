"""What an order costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.money import dollars
from actors.orders import buying_cost_micros, fee_micros, notional_micros, price_moved_beyond, selling_fee_micros


@pytest.mark.parametrize(
    ("notional", "fee"),
    [
        ("0.01", "1"),
        ("999.99", "1"),
        ("1000", "1"),
        ("1000.001", "1.000001"),
        ("1502.50", "1.5025"),
        ("75000", "75"),
    ],
)
def test_the_fee_is_a_dollar_or_a_thousandth(notional: str, fee: str) -> None:
    """Whichever is larger, kept to the micro-dollar."""
    assert fee_micros(dollars(notional)) == dollars(fee)


@pytest.mark.parametrize(("notional", "fee"), [("0.40", "0.40"), ("1", "1"), ("500", "1"), ("75000", "75")])
def test_the_fee_of_a_sale_is_at_most_what_it_brings(notional: str, fee: str) -> None:
    """Only below a dollar is it less than that of a purchase."""
    assert selling_fee_micros(dollars(notional)) == dollars(fee)


def test_a_purchase_takes_notional_and_fee() -> None:
    """10 shares at $150.25 are $1,502.50, and $1.5025 of fee."""
    assert notional_micros(dollars("150.25"), 10) == dollars("1502.50")
    assert buying_cost_micros(dollars("150.25"), 10) == dollars("1504.0025")


@pytest.mark.parametrize(
    ("price", "moved"),
    [("98", False), ("97.999999", True), ("102", False), ("102.000001", True), ("100", False)],
)
def test_a_price_may_move_up_to_the_tolerance(price: str, *, moved: bool) -> None:
    """Two per cent in either direction, the limit itself included."""
    assert price_moved_beyond(dollars(100), dollars(price), 20_000) is moved


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_any_move_is_beyond_a_tolerance_of_nothing(reference_micros: int, price_micros: int) -> None:
    """With no tolerance the price must be the same."""
    assert price_moved_beyond(reference_micros, price_micros, 0) is (reference_micros != price_micros)
