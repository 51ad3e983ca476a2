"""Strategies whose decisions a test writes, offered to custom agents as an installed package would offer them.

`plugins/` holds the package's metadata; `installed` puts it on the path, so that agents find the strategies `first` and
`second` by the ordinary way of entry points.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from actors.strategies.base import Intent, MarketView, PortfolioView, StrategyConfig, Wake

PLUGINS = Path(__file__).parent / "plugins"

Script = Callable[[MarketView, PortfolioView], tuple[Intent, ...]]


class ScriptedStrategy:
    """Decides what its script says, and wants to look again at every tick. It counts how often it was asked."""

    def __init__(self) -> None:
        self.script: Script = idle
        self.decided_us: list[int] = []
        self.configs: list[StrategyConfig] = []
        self.wakes: Callable[[MarketView], Wake] = next_tick

    def decide(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> tuple[Intent, ...]:
        """Return what the script says."""
        self.decided_us.append(market.now_us)
        return self.script(market, portfolio)

    def wake(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> Wake:
        """Return the next tick, or what the test wants."""
        return self.wakes(market)


def idle(_market: MarketView, _portfolio: PortfolioView) -> tuple[Intent, ...]:
    """Wish for nothing."""
    return ()


def next_tick(market: MarketView) -> Wake:
    """Look again as soon as there is something new to see."""
    return Wake((), market.now_us + 1)


FIRST = ScriptedStrategy()
SECOND = ScriptedStrategy()


def first(config: StrategyConfig) -> ScriptedStrategy:
    """Return the first strategy, the entry point of this name."""
    FIRST.configs.append(config)
    return FIRST


def second(config: StrategyConfig) -> ScriptedStrategy:
    """Return the second strategy, the entry point of this name."""
    SECOND.configs.append(config)
    return SECOND


@contextmanager
def installed() -> Iterator[None]:
    """Offer both strategies, as new, for as long as the block runs."""
    FIRST.__init__()  # type: ignore[misc]  # the entry points hand out these two objects, so they are made new in place
    SECOND.__init__()  # type: ignore[misc]  # the same
    sys.path.insert(0, str(PLUGINS))
    try:
        yield
    finally:
        sys.path.remove(str(PLUGINS))
