"""Thin markets: what an order moves, and how much of it is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.liquidity import PPM, Liquidity, fill_price_micros
from actors.model import Action, OrderType
from actors.money import CENT_MICROS, dollars

quotes = st.integers(1, 1_000_000).map(lambda cents: cents * CENT_MICROS)
quantities = st.integers(1, 1_000_000)
markets = st.builds(
    Liquidity, st.integers(1, 10**15), st.integers(0, 10_000), st.integers(0, PPM // 2), st.integers(1, PPM)
)


def test_an_order_pays_half_the_spread_and_its_impact() -> None:
    """A quarter of a day's trading moves the price by half of what all of it would."""
    market = Liquidity(dollars(1_000_000), half_spread_ppm=200, impact_ppm=20_000)
    assert market.price_micros(dollars(100), Action.BUY, 2_500) == dollars("101.02")
    assert market.price_micros(dollars(100), Action.SELL, 2_500) == dollars("98.98")


def test_cents_are_rounded_against_the_trader() -> None:
    """No order gains by rounding, and a share never costs nothing."""
    market = Liquidity(dollars(1_000_000), half_spread_ppm=1)
    assert market.price_micros(dollars(100), Action.BUY, 1) == dollars("100.01")
    assert market.price_micros(dollars(100), Action.SELL, 1) == dollars("99.99")
    assert market.price_micros(CENT_MICROS, Action.SELL, 1) == CENT_MICROS


@given(markets, quotes, quantities, quantities)
def test_larger_orders_move_more(market: Liquidity, quote: int, one: int, other: int) -> None:
    """On either side, never to the trader's gain, and always to whole cents."""
    small, large = sorted((one, other))
    bought = [market.price_micros(quote, Action.BUY, quantity) for quantity in (small, large)]
    sold = [market.price_micros(quote, Action.SELL, quantity) for quantity in (small, large)]
    assert quote <= bought[0] <= bought[1]
    assert CENT_MICROS <= sold[1] <= sold[0] <= quote
    assert all(price % CENT_MICROS == 0 for price in bought + sold)


@given(markets, quotes, quantities)
def test_a_strategy_gets_no_more_than_its_share(market: Liquidity, quote: int, quantity: int) -> None:
    """As many whole shares as the share of a day's trading pays for, and never more than it wants."""
    taken = market.takes(quote, quantity)
    most = market.volume_micros * market.share_ppm_max // PPM
    assert 0 <= taken <= quantity
    assert taken * quote <= most
    assert taken == quantity or (taken + 1) * quote > most


@pytest.mark.parametrize("order_type", [OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT])
def test_only_orders_at_the_market_cross_the_spread(order_type: OrderType) -> None:
    """The others wait for their price; and without a thin market every order is looked at with the quote."""
    market = Liquidity(dollars(1_000_000), half_spread_ppm=1_000)
    assert fill_price_micros(market, dollars(10), Action.BUY, 1, order_type) == dollars(10)
    assert fill_price_micros(None, dollars(10), Action.BUY, 1, OrderType.MARKET) == dollars(10)
    assert fill_price_micros(market, dollars(10), Action.BUY, 1, OrderType.MARKET) == dollars("10.01")


@pytest.mark.parametrize(
    "wrong", [{"volume_micros": 0}, {"half_spread_ppm": -1}, {"impact_ppm": PPM}, {"share_ppm_max": 0}]
)
def test_a_market_has_some_depth(wrong: dict[str, int]) -> None:
    """What makes no sense is refused where it is made."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Liquidity(**{"volume_micros": 1, **wrong})
