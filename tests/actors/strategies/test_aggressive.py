"""The aggressive strategy, and the trend that it follows."""

import numpy as np
import pytest
from numpy.typing import NDArray

from actors.model import Action, StrategyKind
from actors.money import dollars
from actors.strategies import Intent, MarketView, PortfolioView, PositionView, Strategy, StrategyConfig, create_strategy
from actors.strategies.momentum import TREND_RETURNS_MIN, trend_scores

BUDGET = dollars(100_000)


def rng() -> np.random.Generator:
    """Return the same random numbers each time."""
    return np.random.default_rng(1)


def aggressive(permitted: str = "ABC") -> Strategy:
    """Return the strategy of an agent with a hundred thousand dollars and a middling tolerance."""
    return create_strategy(StrategyKind.AGGRESSIVE, StrategyConfig(5, BUDGET, tuple(permitted)))


def trending(per_tick: float, ticks: int = 100) -> NDArray[np.int64]:
    """Return prices up to $100 that move by this much a tick, with a wobble of a tenth of a per cent."""
    wobble = 0.001 * (np.arange(ticks) % 2)
    logs = per_tick * np.arange(ticks) + wobble
    closes: NDArray[np.int64] = np.rint(100e6 * np.exp(logs - logs[-1])).astype(np.int64)
    return closes


def market(**trends: float) -> MarketView:
    """Return a market in which every symbol costs $100 and has its trend."""
    return MarketView(0, dict.fromkeys(trends, dollars(100)), {symbol: trending(trends[symbol]) for symbol in trends})


def holding(cash: int, **quantities: int) -> PortfolioView:
    """Return a portfolio of shares at $100."""
    positions = {symbol: PositionView(count, count, dollars(100 * count)) for symbol, count in quantities.items()}
    return PortfolioView(dollars(cash), dollars(cash + 100 * sum(quantities.values())), positions)


def test_a_trend_is_the_return_in_standard_deviations() -> None:
    """Rising, falling, standing still, and too short to tell."""
    scores = trend_scores(
        {
            "up": trending(0.0005),
            "down": trending(-0.0005),
            "still": np.full(100, 100),
            "short": trending(0.01, TREND_RETURNS_MIN),
        }
    )
    assert set(scores) == {"up", "down"}
    assert scores["up"] > 4
    assert scores["down"] < -4


def test_it_buys_what_rises_the_strongest_first() -> None:
    """And nothing that does not rise enough."""
    intents = aggressive().decide(market(A=0.0002, B=0.0005, C=0.0), PortfolioView(BUDGET - 1, BUDGET - 1), rng())
    assert [(intent.symbol, intent.action) for intent in intents] == [("B", Action.BUY), ("A", Action.BUY)]
    assert intents[0].reason == "B is 0.0 % of equity, target 27.5 %: buy 274"


def test_a_new_agent_takes_the_best_there_is() -> None:
    """Even where all fall."""
    intents = aggressive().decide(market(A=-0.0005, B=-0.0001, C=-0.0002), PortfolioView(BUDGET, BUDGET), rng())
    assert [intent.symbol for intent in intents] == ["B", "C", "A"]


def test_it_sells_what_has_turned_down() -> None:
    """All of it, with the figure that says so."""
    (intent,) = aggressive("A").decide(market(A=-0.0005), holding(80_000, A=200), rng())
    assert (intent.symbol, intent.action, intent.quantity) == ("A", Action.SELL, 200)
    assert intent.reason.startswith("A has turned down (-")
    assert intent.reason.endswith("standard deviations, limit -1.0): sell 200")


def test_it_cuts_back_what_has_grown_too_large() -> None:
    """From a quarter above the limit of a position, down to it."""
    assert aggressive("A").decide(market(A=0.0), holding(66_000, A=340), rng()) == ()
    assert aggressive("A").decide(market(A=0.0), holding(60_000, A=400), rng()) == (
        Intent("A", Action.SELL, 125, "A is 40.0 % of equity, limit 27.5 %: sell 125"),
    )


def test_what_is_sold_makes_room_at_once() -> None:
    """The place of a closing position may be taken with the cash that is there."""
    portfolio = holding(60_000, A=200, B=200)
    intents = aggressive().decide(market(A=-0.0005, B=0.0, C=0.0005), portfolio, rng())
    assert [(intent.symbol, intent.action) for intent in intents] == [("A", Action.SELL), ("C", Action.BUY)]


def test_it_looks_again_when_a_price_has_moved() -> None:
    """A band of 1.75 % around each position, and the next review."""
    wake = aggressive().wake(market(A=0.0, B=0.0), holding(80_000, A=200), rng())
    (band,) = wake.bands
    assert (band.low_micros, band.high_micros) == (dollars("98.25"), dollars("101.75") + 1)
    assert wake.at_us == pytest.approx(52_500_000, abs=7_500_000)
