"""Strategies by name, and those of installed packages."""

from importlib.metadata import EntryPoint

import numpy as np
import pytest

from actors.model import StrategyKind
from actors.strategies import (
    Intent,
    MarketView,
    PortfolioView,
    Strategy,
    StrategyConfig,
    StrategyError,
    Wake,
    create_strategy,
)
from actors.strategies.registry import (
    PLUGIN_GROUP,
    BrokenPluginError,
    PluginNotAllowedError,
    UnknownStrategyError,
    installed_plugins,
)

CONFIG = StrategyConfig(5, 100_000_000, ("AAPL",))


class Quiet:
    """A strategy as a package might bring it."""

    def __init__(self, config: StrategyConfig) -> None:
        self.config = config

    def decide(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> tuple[Intent, ...]:
        """Return nothing."""
        return ()

    def wake(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> Wake:
        """Return an hour from now."""
        return Wake(at_us=market.now_us + 3_600_000_000)


class Lame:
    """No strategy: it cannot wake."""

    def __init__(self, config: StrategyConfig) -> None:
        """Take the configuration."""

    def decide(self) -> None:
        """Return nothing."""


def explode(config: StrategyConfig) -> Strategy:
    """Fail to start."""
    raise RuntimeError("no licence")


class Offered(EntryPoint):
    """An entry point whose object is at hand."""

    def load(self) -> object:
        """Return the object of this module that the value names."""
        return {"Quiet": Quiet, "Lame": Lame, "explode": explode}[self.value]


def offered() -> tuple[EntryPoint, ...]:
    """Return what the packages of these tests offer."""
    names = {"quiet": "Quiet", "lame": "Lame", "explosive": "explode", "missing": "Missing"}
    entries = [Offered(name, value, PLUGIN_GROUP) for name, value in names.items()]
    return (*entries, Offered("twin", "Quiet", PLUGIN_GROUP), Offered("twin", "Lame", PLUGIN_GROUP))


@pytest.mark.parametrize("kind", list(StrategyKind))
def test_every_kind_has_a_strategy(kind: StrategyKind) -> None:
    """Each of the four can decide and wake."""
    assert isinstance(create_strategy(kind, CONFIG), Strategy)


def test_an_agent_driven_from_outside_never_acts() -> None:
    """A custom agent without a class has no wish and never wakes."""
    strategy = create_strategy(StrategyKind.CUSTOM, CONFIG)
    market, portfolio, rng = MarketView(0, {"AAPL": 1}), PortfolioView(10**9, 10**9), np.random.default_rng(0)
    assert strategy.decide(market, portfolio, rng) == ()
    assert strategy.wake(market, portfolio, rng) == Wake()


def test_a_custom_agent_may_run_the_strategy_of_a_package() -> None:
    """The class is made with the agent's configuration."""
    strategy = create_strategy(StrategyKind.CUSTOM, CONFIG, "quiet", offered)
    assert isinstance(strategy, Quiet)
    assert strategy.config is CONFIG


@pytest.mark.parametrize(
    ("kind", "plugin", "error", "words"),
    [
        (StrategyKind.CUSTOM, "nope", UnknownStrategyError, "no installed package .* explosive, lame, missing, quiet"),
        (StrategyKind.CUSTOM, "twin", UnknownStrategyError, "more than one"),
        (StrategyKind.CUSTOM, "lame", BrokenPluginError, r"'lame' \(Lame\) lacks decide or wake"),
        (StrategyKind.CUSTOM, "explosive", BrokenPluginError, "no licence"),
        (StrategyKind.CUSTOM, "missing", BrokenPluginError, "Missing"),
        (StrategyKind.BALANCED, "quiet", PluginNotAllowedError, "balanced cannot use 'quiet'"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused(
    kind: StrategyKind, plugin: str, error: type[StrategyError], words: str
) -> None:
    """The message says which and why."""
    with pytest.raises(error, match=words):
        create_strategy(kind, CONFIG, plugin, offered)


def test_nothing_is_offered_where_no_package_is_installed() -> None:
    """The message of an unknown name says so."""
    with pytest.raises(UnknownStrategyError, match="offered are: none"):
        create_strategy(StrategyKind.CUSTOM, CONFIG, "nope", lambda: ())


def test_installed_packages_are_asked() -> None:
    """What is installed is found by group."""
    assert all(entry.group == PLUGIN_GROUP for entry in installed_plugins())
