"""The market of a scenario: a model with its parameters for each symbol, or recorded prices, and the shocks on top."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import evolve, fields, frozen
from numpy.typing import NDArray

from actors.money import dollars
from actors.prices.base import InvalidModelError, PriceModel, log_dollars, quote
from actors.prices.bates import RARE_JUMPS, SHARES, Bates
from actors.prices.correlation import Correlation, by_sector, from_matrix
from actors.prices.csv_file import PriceFileError
from actors.prices.gbm import GeometricBrownianMotion
from actors.prices.heston import DEFAULT_VARIANCE, Heston
from actors.prices.merton import DEFAULT_JUMPS, MertonJumpDiffusion
from actors.prices.ornstein_uhlenbeck import OrnsteinUhlenbeck
from actors.prices.regimes import RegimeSwitching
from actors.symbols import BY_SYMBOL, LISTINGS, Listing
from simulations.recorded_prices import SeriesError, read_prices
from simulations.scenario import Market, Scenario, Shock, Symbol
from simulations.scenario.checks import FieldError
from simulations.scenario.model import Correlations
from simulations.scenario.reading import ScenarioError

Parts = Mapping[str, Any]
"""The parameters of a model by the argument of its class that takes them."""

_Make = Callable[[Sequence[Listing], int, Correlation, Parts], PriceModel]


@frozen
class _Kind:
    """A model: how it is made, and the parameters it takes, each with its usual values, by argument."""

    make: _Make
    arguments: Mapping[str, Any]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(field.name for usual in self.arguments.values() for field in fields(type(usual)))

    def made(
        self, listings: Sequence[Listing], seed: int, tie: Correlation, parameters: Mapping[str, float]
    ) -> PriceModel:
        """Return the model with some of its parameters changed."""
        parts = {
            argument: evolve(usual, **{key: parameters[key] for key in parameters if hasattr(usual, key)})
            for argument, usual in self.arguments.items()
        }
        return self.make(listings, seed, tie, parts)


@frozen
class _Reversion:
    """What the Ornstein-Uhlenbeck process takes."""

    reversion: float = 20.0


_KINDS: Final[Mapping[str, _Kind]] = {
    "gbm": _Kind(lambda listings, seed, tie, _parts: GeometricBrownianMotion(listings, seed, tie), {}),
    "merton": _Kind(
        lambda listings, seed, tie, parts: MertonJumpDiffusion(listings, seed, tie, **parts), {"jumps": DEFAULT_JUMPS}
    ),
    "ornstein-uhlenbeck": _Kind(
        lambda listings, seed, tie, parts: OrnsteinUhlenbeck(listings, seed, tie, parts["process"].reversion),
        {"process": _Reversion()},
    ),
    "heston": _Kind(
        lambda listings, seed, tie, parts: Heston(listings, seed, tie, **parts), {"variance": DEFAULT_VARIANCE}
    ),
    "regimes": _Kind(lambda listings, seed, tie, _parts: RegimeSwitching(listings, seed, tie), {}),
    "bates": _Kind(
        lambda listings, seed, tie, parts: Bates(listings, seed, tie, **parts),
        {"variance": SHARES, "jumps": RARE_JUMPS},
    ),
}


def price_model(scenario: Scenario, folder: Path | None) -> PriceModel:
    """Return the source of prices of a scenario; files of prices count from `folder`.

    Raises ScenarioError, naming the key, for parameters that the model does not have or cannot work with.
    """
    market = scenario.market
    try:
        model = _recorded(market, folder) if market.replay is not None else _modelled(market, scenario.seed)
        return Shocked(model, market.shocks, scenario.time.tick) if market.shocks else model
    except (PriceFileError, SeriesError, OSError) as error:
        raise ScenarioError(scenario.name, [f"market.replay: {error}"]) from error
    except FieldError as error:
        raise ScenarioError(scenario.name, [f"market.{error.name}: {error}"]) from error
    except ValueError as error:
        raise ScenarioError(scenario.name, [f"market: {error}"]) from error


def _recorded(market: Market, folder: Path | None) -> PriceModel:
    assert market.replay is not None
    return read_prices(market.replay, folder)


def _modelled(market: Market, seed: int) -> PriceModel:
    listings = [_listing(symbol) for symbol in market.symbols] if market.symbols else list(LISTINGS)
    extra = sorted(set(market.parameters) - set(_KINDS[market.model].parameters))
    if extra:
        known = ", ".join(_KINDS[market.model].parameters) or "none"
        raise FieldError(f"parameters.{extra[0]}", f"is no parameter of {market.model}, which has {known}")
    tie = _tie(listings, market.correlation)
    names = [symbol.model or market.model for symbol in market.symbols] or [market.model]
    try:
        models = {
            name: _KINDS[name].made(listings, seed, tie, market.parameters if name == market.model else {})
            for name in dict.fromkeys(names)
        }
    except ValueError as error:
        raise FieldError("parameters", str(error)) from error
    return next(iter(models.values())) if len(models) == 1 else Mixed(models, names)


def _tie(listings: Sequence[Listing], wanted: Correlations) -> Correlation:
    if wanted.matrix is None:
        try:
            return by_sector(listings, wanted.market, wanted.sector)
        except InvalidModelError as error:
            problem = "market and sector must leave each symbol a move of its own: make their sum less than 1"
            raise FieldError("correlation", problem) from error
    try:
        return from_matrix([listing.symbol for listing in listings], wanted.matrix)
    except InvalidModelError as error:
        raise FieldError("correlation.matrix", str(error)) from error


def _listing(symbol: Symbol) -> Listing:
    listed = BY_SYMBOL.get(symbol.symbol)
    base = listed or Listing(symbol.symbol, symbol.symbol, "", 0, 0.0, 0.0)
    changes: dict[str, Any] = {
        name: value
        for name, value in (("drift", symbol.drift), ("volatility", symbol.volatility), ("sector", symbol.sector))
        if value is not None
    }
    if symbol.open is not None:
        changes["open_micros"] = dollars(f"{symbol.open:.2f}")
    return evolve(base, **changes)


class Mixed:
    """Symbols that follow different models, correlated all the same.

    Each model moves all symbols on the same correlated streams, and each symbol's price is taken from its own model.
    """

    def __init__(self, models: Mapping[str, PriceModel], names: Sequence[str]) -> None:
        self._models = tuple(models.values())
        order = list(models)
        self._rows = np.array([order.index(name) for name in names])
        self._columns = np.arange(len(names))

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of all arrays of prices."""
        return self._models[0].symbols

    def open_micros(self) -> NDArray[np.int64]:
        """Return the opening prices."""
        return self._models[0].open_micros()

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        prices: NDArray[np.int64] = np.stack([model.step(dt_years) for model in self._models])[
            self._rows, self._columns
        ]
        return prices


@frozen
class _Push:
    """A shock in ticks: it hits before the tick `at`, and is gone at the tick `gone` if it ever is."""

    at: int
    gone: int | None
    log_move: float
    columns: tuple[int, ...]

    def share(self, tick: int) -> float:
        """Return how much of the move counts at a tick: all of it, then less and less while prices recover."""
        if tick < self.at:
            return 0.0
        if self.gone is None:
            return 1.0
        return max(0.0, (self.gone - tick) / (self.gone - self.at))


class Shocked:
    """A market with shocks on top of its own moves.

    Raises ``FieldError`` for a shock to a symbol that the market does not have.
    """

    def __init__(self, model: PriceModel, shocks: Sequence[Shock], tick_s: float) -> None:
        self._model = model
        self._ticks = count(1)
        self._pushes = tuple(_push(number, shock, model.symbols, tick_s) for number, shock in enumerate(shocks))

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of all arrays of prices."""
        return self._model.symbols

    def open_micros(self) -> NDArray[np.int64]:
        """Return the opening prices."""
        return self._model.open_micros()

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Advance by this much trading time, in years, and return the new prices."""
        tick = next(self._ticks)
        prices = self._model.step(dt_years)
        moved = np.zeros(len(self.symbols))
        for push in self._pushes:
            moved[list(push.columns)] += push.log_move * push.share(tick)
        return quote(log_dollars(prices) + moved) if moved.any() else prices


def _push(number: int, shock: Shock, symbols: Sequence[str], tick_s: float) -> _Push:
    for symbol in shock.symbols:
        if symbol not in symbols:
            raise FieldError(f"shocks[{number}].symbols", f"names {symbol!r}; there are {', '.join(symbols)}")
    at = max(1, round(shock.at / tick_s))
    gone = None if shock.recovers_over is None else at + max(1, round(shock.recovers_over / tick_s))
    columns = tuple(symbols.index(symbol) for symbol in shock.symbols or symbols)
    return _Push(at, gone, float(np.log1p(shock.move)), columns)
