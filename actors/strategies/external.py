"""The strategy of an agent that is driven from outside: it never acts by itself."""

import numpy as np

from actors.strategies.base import Intent, MarketView, PortfolioView, StrategyConfig, Wake


class ExternallyDriven:
    """Leaves every decision to whoever trades for the agent over the API."""

    def __init__(self, config: StrategyConfig) -> None:
        self.config = config

    def decide(
        self,
        market: MarketView,  # noqa: ARG002 - it never looks
        portfolio: PortfolioView,  # noqa: ARG002 - it never looks
        rng: np.random.Generator,  # noqa: ARG002 - it never looks
    ) -> tuple[Intent, ...]:
        """Return nothing."""
        return ()

    def wake(
        self,
        market: MarketView,  # noqa: ARG002 - it never looks
        portfolio: PortfolioView,  # noqa: ARG002 - it never looks
        rng: np.random.Generator,  # noqa: ARG002 - it never looks
    ) -> Wake:
        """Return a wake that never comes."""
        return Wake()
