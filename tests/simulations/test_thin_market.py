"""A simulated market that does not take everything at the price of now."""

import numpy as np
import pytest

from simulations.result import RunResult
from simulations.scenario import ScenarioError, load, parse, with_settings
from tests.simulations.runs import short_run

VOLUME = 400_000
SHARE = 0.01
THIN = (f"market.liquidity.volume={VOLUME}", f"market.liquidity.share_max={SHARE}", "market.liquidity.spread_bps=10")


def quotes(result: RunResult) -> np.ndarray:
    """Return the market's price of each filled trade's symbol at its tick, given a sample at every tick."""
    filled = result.trades.price_micros > 0
    rows = np.searchsorted(result.sampled_at_us, result.trades.ended_at_us[filled], side="right") - 1
    found: np.ndarray = result.prices_micros[rows, result.trades.symbol[filled]]
    return found


def test_fills_pay_the_spread_and_are_cut_to_what_the_market_takes() -> None:
    """Purchases cost more than the quote, sales bring less, and no order takes more than its share of a day."""
    result = short_run("quickstart", 6, 40, *THIN, "time.sample_ticks=1")
    trades = result.trades
    filled = trades.price_micros > 0
    assert filled.sum() > 20
    quote, price, buys = quotes(result), trades.price_micros[filled], trades.buys[filled] == 1
    assert (price[buys] > quote[buys]).all()
    assert (price[~buys] < quote[~buys]).all()
    assert (quote * trades.quantity[filled] <= VOLUME * SHARE * 1e6).all()
    assert (np.abs(price / quote - 1) >= 0.0005 - 1e-9).all()


def test_a_deep_market_takes_everything_at_its_price() -> None:
    """As the live floor's does, which is what a scenario says nothing about it for."""
    result = short_run("quickstart", 6, 20, "time.sample_ticks=1")
    assert np.array_equal(quotes(result), result.trades.price_micros[result.trades.price_micros > 0])


def test_a_market_of_nothing_is_refused() -> None:
    """By the key."""
    with pytest.raises(ScenarioError, match=r"market\.liquidity\.volume: must be 1 to"):
        parse(with_settings(load("quickstart"), ["market.liquidity.volume=0"]))
