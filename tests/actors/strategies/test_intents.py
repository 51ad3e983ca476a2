"""What holds for the intents of every strategy, over random markets and portfolios."""

import math
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.model import Action, StrategyKind
from actors.money import CENT_MICROS
from actors.orders import AUTONOMOUS_FREE_CASH_MICROS_MIN, buying_cost_micros
from actors.strategies import Intent, MarketView, PortfolioView, PositionView, StrategyConfig, create_strategy
from actors.symbols import SYMBOLS

cents = st.integers(1, 100_000)


@st.composite
def markets(draw: st.DrawFn) -> MarketView:
    """Draw prices of all symbols, and for some the history that led there."""
    prices = {symbol: draw(cents) * CENT_MICROS for symbol in SYMBOLS}
    noise = np.random.default_rng(draw(st.integers(0, 99)))
    history = {
        symbol: np.maximum(np.rint(prices[symbol] * np.exp(noise.normal(0, 0.02, 30).cumsum())).astype(np.int64), 1)
        for symbol in SYMBOLS[: draw(st.integers(0, 20))]
    }
    return MarketView(draw(st.integers(0, 10**15)), prices, history)


@st.composite
def portfolios(draw: st.DrawFn, market: MarketView) -> PortfolioView:
    """Draw a portfolio in that market, some of its cash and shares held by open orders."""
    positions: dict[str, PositionView] = {}
    for symbol in draw(st.lists(st.sampled_from(SYMBOLS), unique=True, max_size=8)):
        quantity = draw(st.integers(1, 500))
        positions[symbol] = PositionView(quantity, draw(st.integers(0, quantity)), quantity * draw(cents) * CENT_MICROS)
    free, reserved = draw(st.integers(0, 10**11)), draw(st.integers(0, 10**10))
    value = sum(position.quantity * market.prices[symbol] for symbol, position in positions.items())
    return PortfolioView(free, free + reserved + value, positions)


@settings(max_examples=100, deadline=None)
@given(
    st.data(),
    st.sampled_from(list(StrategyKind)),
    st.integers(1, 10),
    st.lists(st.sampled_from(SYMBOLS), unique=True, min_size=1),
)
def test_intents_can_be_carried_out(
    data: st.DataObject, kind: StrategyKind, tolerance: int, permitted: list[str]
) -> None:
    """Purchases and fees fit the free cash, sales the free shares; only what is permitted is bought."""
    market = data.draw(markets())
    portfolio = data.draw(portfolios(market))
    strategy = create_strategy(kind, StrategyConfig(tolerance, 10**11, tuple(permitted)))
    intents = strategy.decide(market, portfolio, np.random.default_rng(5))
    free_micros = portfolio.free_cash_micros
    for intent in intents:
        assert intent.reason.endswith(f"{intent.action} {intent.quantity}")
        if intent.action is Action.BUY:
            assert intent.symbol in permitted
            assert free_micros >= AUTONOMOUS_FREE_CASH_MICROS_MIN
            free_micros -= buying_cost_micros(market.prices[intent.symbol], intent.quantity)
        else:
            assert intent.quantity <= portfolio.positions[intent.symbol].free_quantity
    assert free_micros >= 0
    assert len({intent.symbol for intent in intents}) == len(intents)
    actions = [intent.action for intent in intents]
    assert actions == sorted(actions, reverse=True)
    assert intents == strategy.decide(market, portfolio, np.random.default_rng(5))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(list(StrategyKind)), st.integers(1, 10))
def test_a_wake_lies_ahead(data: st.DataObject, kind: StrategyKind, tolerance: int) -> None:
    """No band is crossed by the price at which it was set, and the time is to come."""
    market = data.draw(markets())
    portfolio = data.draw(portfolios(market))
    strategy = create_strategy(kind, StrategyConfig(tolerance, 10**11, SYMBOLS))
    wake = strategy.wake(market, portfolio, np.random.default_rng(5))
    assert wake.at_us is None or wake.at_us > market.now_us
    for band in wake.bands:
        assert band.low_micros < market.prices[band.symbol] < band.high_micros


def test_a_view_can_be_evolved() -> None:
    """A view with other prices works out its trends anew."""
    closes = np.exp(np.arange(40) / 100 + (np.arange(40) % 2) / 100)
    view = MarketView(0, {"A": 1}, {"A": closes})
    assert view.trend_scores["A"] > 0
    assert evolve(view, history={}).trend_scores == {}


@pytest.mark.parametrize("quantity", [0, -1, 1.5, math.nan, math.inf])
def test_an_intent_is_for_one_whole_share_or_more(quantity: Any) -> None:
    """Whatever made it is at fault, and the error says by which order."""
    with pytest.raises(ValueError, match=f"of KO, whole ones, not for {quantity}"):
        Intent("KO", Action.BUY, quantity, "because")
