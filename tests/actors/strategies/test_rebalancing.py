"""The balanced and the conservative strategy."""

import numpy as np
import pytest

from actors.model import Action, StrategyKind
from actors.money import dollars
from actors.strategies import (
    Intent,
    MarketView,
    PortfolioView,
    PositionView,
    Strategy,
    StrategyConfig,
    create_strategy,
)
from actors.symbols import LISTINGS, SYMBOLS

OPENING = {listing.symbol: listing.open_micros for listing in LISTINGS}
BUDGET = dollars(100_000)


def rng() -> np.random.Generator:
    """Return the same random numbers each time."""
    return np.random.default_rng(1)


def strategy(kind: StrategyKind, tolerance: int = 5, permitted: tuple[str, ...] = SYMBOLS) -> Strategy:
    """Return a strategy of an agent with a hundred thousand dollars."""
    return create_strategy(kind, StrategyConfig(tolerance, BUDGET, permitted))


def holding(cash: int, market: MarketView, **quantities: int) -> PortfolioView:
    """Return a portfolio that bought at the current prices."""
    positions = {
        symbol: PositionView(quantity, quantity, quantity * market.prices[symbol])
        for symbol, quantity in quantities.items()
    }
    value = sum(position.cost_basis_micros for position in positions.values())
    return PortfolioView(dollars(cash), dollars(cash) + value, positions)


def two_symbols(a: int, b: int, **history: list[int]) -> MarketView:
    """Return a market of two symbols with prices in dollars."""
    closes = {symbol: np.array([dollars(price) for price in prices]) for symbol, prices in history.items()}
    return MarketView(0, {"A": dollars(a), "B": dollars(b)}, closes)


@pytest.mark.parametrize("kind", [StrategyKind.BALANCED, StrategyKind.CONSERVATIVE, StrategyKind.AGGRESSIVE])
@pytest.mark.parametrize("budget", [100, 1_000, 100_000])
def test_a_new_agent_buys_its_first_positions_at_once(kind: StrategyKind, budget: int) -> None:
    """Whatever its budget within the rules, without any history of prices."""
    for tolerance in (1, 5, 10):
        new = create_strategy(kind, StrategyConfig(tolerance, dollars(budget), SYMBOLS))
        intents = new.decide(MarketView(0, OPENING), PortfolioView(dollars(budget), dollars(budget)), rng())
        assert intents
        assert all(intent.action is Action.BUY for intent in intents)


def test_balanced_buys_equal_weights() -> None:
    """Nine positions of a ninth of what is not kept in cash."""
    intents = strategy(StrategyKind.BALANCED).decide(MarketView(0, OPENING), PortfolioView(BUDGET, BUDGET), rng())
    assert len({intent.symbol for intent in intents}) == 9
    for intent in intents:
        value = intent.quantity * OPENING[intent.symbol]
        assert dollars(9_300) < value < dollars(9_778)
        assert intent.reason == f"{intent.symbol} is 0.0 % of equity, target 9.8 %: buy {intent.quantity}"


def test_balanced_sells_what_outgrew_and_buys_what_fell_behind() -> None:
    """With two symbols permitted both should be at the limit of a position, 30 % of equity."""
    market = two_symbols(100, 100)
    portfolio = holding(50_000, market, A=340, B=160)
    assert strategy(StrategyKind.BALANCED, permitted=("A", "B")).decide(market, portfolio, rng()) == (
        Intent("A", Action.SELL, 40, "A is 34.0 % of equity, target 30.0 %: sell 40"),
        Intent("B", Action.BUY, 139, "B is 16.0 % of equity, target 30.0 %: buy 139"),
    )


def test_balanced_leaves_alone_what_is_within_its_band() -> None:
    """And sleeps until a weight leaves the band: 5 % of the target either way."""
    market = two_symbols(100, 100)
    portfolio = holding(40_000, market, A=300, B=300)
    balanced = strategy(StrategyKind.BALANCED, permitted=("A", "B"))
    assert balanced.decide(market, portfolio, rng()) == ()
    wake = balanced.wake(market, portfolio, rng())
    assert wake.at_us is not None
    assert 45_000_000 <= wake.at_us <= 60_000_000
    low, high = wake.bands[0].low_micros, wake.bands[0].high_micros
    assert 300 * low / (300 * low + dollars(70_000)) == pytest.approx(0.3 * 0.95, abs=1e-5)
    assert 300 * high / (300 * high + dollars(70_000)) == pytest.approx(0.3 * 1.05, abs=1e-5)


def test_bands_stay_off_the_price_where_a_drift_cannot_be_mended() -> None:
    """Shares that an open order holds cannot be sold, and that should not wake the agent at every tick."""
    market = two_symbols(100, 100)
    stuck = PortfolioView(dollars(10_000), dollars(100_000), {"A": PositionView(900, 0, dollars(90_000))})
    balanced = strategy(StrategyKind.BALANCED, permitted=("A", "B"))
    assert [intent.symbol for intent in balanced.decide(market, stuck, rng())] == []
    (band,) = balanced.wake(market, stuck, rng()).bands
    assert band.low_micros <= dollars("99.5")
    assert band.high_micros >= dollars("100.5")


def test_a_position_that_is_everything_is_looked_at_when_its_price_moves() -> None:
    """No price changes its weight, so the bands are the least distance from the price."""
    cheap = MarketView(0, {"A": dollars(1)})
    tiny = PortfolioView(0, dollars(10), {"A": PositionView(10, 10, dollars(10))})
    (band,) = (
        create_strategy(StrategyKind.BALANCED, StrategyConfig(10, dollars(100), ("A",))).wake(cheap, tiny, rng()).bands
    )
    assert band.low_micros < dollars(1) < band.high_micros


@pytest.mark.parametrize("kind", [StrategyKind.BALANCED, StrategyKind.AGGRESSIVE])
def test_what_is_no_longer_permitted_is_sold(kind: StrategyKind) -> None:
    """All of it, whatever its weight."""
    market = two_symbols(100, 100)
    portfolio = holding(50_000, market, A=340, B=160)
    (intent, *_others) = strategy(kind, permitted=("A",)).decide(market, portfolio, rng())
    expected = Intent("B", Action.SELL, 160, "B is no longer among the permitted assets: sell 160")
    assert expected in (intent, *_others)


def test_conservative_keeps_more_cash_in_smaller_positions() -> None:
    """Two fifths in cash, twelve positions of five per cent."""
    intents = strategy(StrategyKind.CONSERVATIVE).decide(MarketView(0, OPENING), PortfolioView(BUDGET, BUDGET), rng())
    values = [intent.quantity * OPENING[intent.symbol] for intent in intents]
    assert len(values) == 12
    assert max(values) <= dollars(5_000)
    assert sum(values) <= dollars(60_000)


def test_conservative_stops_its_losses() -> None:
    """A position bought at 100 that trades at 94 is sold; one at 95 is not, and waits for its stop."""
    conservative = strategy(StrategyKind.CONSERVATIVE, permitted=("A", "B"))
    market = two_symbols(94, 95, A=[94] * 5, B=[95] * 5)
    positions = {"A": PositionView(100, 100, dollars(10_000)), "B": PositionView(110, 110, dollars(11_000))}
    portfolio = PortfolioView(dollars(81_000), dollars(100_850), positions)
    (intent,) = conservative.decide(market, portfolio, rng())
    assert intent == Intent(
        "A", Action.SELL, 100, "A is 6.0 % below its average cost of $100.00, stop-loss 5.5 %: sell 100"
    )
    (band,) = conservative.wake(market, portfolio, rng()).bands
    assert (band.symbol, band.low_micros) == ("B", dollars("94.5"))


def test_conservative_does_not_buy_what_falls() -> None:
    """Unless it is new: its first positions it buys at once."""
    conservative = strategy(StrategyKind.CONSERVATIVE, permitted=("A", "B"))
    market = two_symbols(90, 110, A=[100, 90], B=[100, 110])
    after_a_loss = PortfolioView(BUDGET - 1, BUDGET - 1)
    assert [intent.symbol for intent in conservative.decide(market, after_a_loss, rng())] == ["B"]
    new = PortfolioView(BUDGET, BUDGET)
    assert {intent.symbol for intent in conservative.decide(market, new, rng())} == {"A", "B"}


def test_conservative_tops_up_nothing_while_it_sells() -> None:
    """The place of what is being sold stays free until its cash is there."""
    conservative = strategy(StrategyKind.CONSERVATIVE, permitted=("A", "B"))
    market = two_symbols(90, 100)
    positions = {"A": PositionView(100, 100, dollars(10_000)), "B": PositionView(105, 105, dollars(10_500))}
    intents = conservative.decide(market, PortfolioView(dollars(80_500), BUDGET, positions), rng())
    assert [(intent.symbol, intent.action) for intent in intents] == [("A", Action.SELL)]
