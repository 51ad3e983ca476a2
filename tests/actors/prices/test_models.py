"""What every price model promises."""

import numpy as np
import pytest
from numpy.typing import NDArray

from actors.money import CENT_MICROS
from actors.prices import MODEL_NAMES, PriceModel, synthetic_market, tick_years
from actors.prices.base import PRICE_MICROS_MAX, PRICE_MICROS_MIN, InvalidModelError
from actors.prices.correlation import independent
from actors.prices.gbm import GeometricBrownianMotion
from actors.symbols import LISTINGS, SYMBOLS, Listing

MINUTE = tick_years(60_000_000)


def path(market: PriceModel, steps: int, dt_years: float = MINUTE) -> NDArray[np.int64]:
    """Return the prices of so many steps, a row each."""
    return np.array([market.step(dt_years) for _ in range(steps)])


@pytest.mark.parametrize("model", MODEL_NAMES)
def test_the_same_seed_gives_the_same_path(model: str) -> None:
    """And another seed another one."""
    expected = path(synthetic_market(7, model), 600)
    assert (path(synthetic_market(7, model), 600) == expected).all()
    assert (path(synthetic_market(8, model), 600) != expected).any()


@pytest.mark.parametrize("model", MODEL_NAMES)
def test_adding_symbols_moves_no_other_path(model: str) -> None:
    """Not even when they come first, in the default market's correlation."""
    few = [listing for listing in LISTINGS if listing.symbol in {"TSLA", "NVDA", "XOM"}]
    alone = path(synthetic_market(7, model, few), 600)
    among = path(synthetic_market(7, model), 600)
    assert (among[:, [SYMBOLS.index(listing.symbol) for listing in few]] == alone).all()


@pytest.mark.parametrize("model", MODEL_NAMES)
def test_a_market_opens_as_listed_and_moves(model: str) -> None:
    """Opening prices are the listed ones, and stay those however far the market has gone."""
    market = synthetic_market(7, model)
    assert market.symbols == SYMBOLS
    opening = [listing.open_micros for listing in LISTINGS]
    assert market.open_micros().tolist() == opening
    assert (market.step(MINUTE) != opening).any()
    assert market.open_micros().tolist() == opening


@pytest.mark.parametrize("model", MODEL_NAMES)
def test_prices_stay_on_the_grid_whatever_happens(model: str) -> None:
    """Whole cents within the bounds, from a wild market of penny shares and giants in steps of a month."""
    wild = [
        Listing("PENNY", "Penny", "energy", CENT_MICROS, -9.0, 2.0),
        Listing("GIANT", "Giant", "retail", PRICE_MICROS_MAX, 9.0, 2.0),
    ]
    prices = path(synthetic_market(3, model, wild), 500, 1 / 12)
    assert (prices % CENT_MICROS == 0).all()
    assert prices.min() == PRICE_MICROS_MIN
    assert prices.max() == PRICE_MICROS_MAX


@pytest.mark.parametrize("model", MODEL_NAMES)
def test_what_was_handed_out_is_not_written_to(model: str) -> None:
    """A reader may keep the prices of a tick."""
    market = synthetic_market(7, model)
    first = market.step(MINUTE)
    kept = first.copy()
    path(market, 10)
    assert (first == kept).all()


@pytest.mark.parametrize(
    ("listings", "words"),
    [
        ([], "at least one"),
        ([LISTINGS[0], LISTINGS[0]], "once"),
        ([Listing("A", "A", "energy", 0, 0.1, 0.2)], "A opens above zero"),
        ([Listing("A", "A", "energy", 1, 0.1, 0.0)], "A opens above zero"),
        ([Listing("A", "A", "energy", 1, float("nan"), 0.2)], "A opens above zero"),
    ],
)
def test_impossible_listings_are_refused(listings: list[Listing], words: str) -> None:
    """A model says what it cannot start from."""
    with pytest.raises(InvalidModelError, match=words):
        GeometricBrownianMotion(listings, seed=1)


def test_a_correlation_is_of_all_the_symbols() -> None:
    """One of another number of symbols is refused."""
    with pytest.raises(InvalidModelError, match="of 2 symbols for 20 listings"):
        GeometricBrownianMotion(LISTINGS, 1, independent(("A", "B")))


def test_an_unknown_model_is_refused_by_name() -> None:
    """The message lists the models there are."""
    with pytest.raises(InvalidModelError, match=r"'magic'.*gbm, merton"):
        synthetic_market(1, "magic")
