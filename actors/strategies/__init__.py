"""Strategies: pure decisions from views of the market and of a portfolio, and when to look again."""

from actors.strategies.base import (
    Holding,
    Intent,
    MarketView,
    PortfolioView,
    PositionView,
    Strategy,
    StrategyConfig,
    Wake,
)
from actors.strategies.registry import StrategyError, create_strategy

__all__ = [
    "Holding",
    "Intent",
    "MarketView",
    "PortfolioView",
    "PositionView",
    "Strategy",
    "StrategyConfig",
    "StrategyError",
    "Wake",
    "create_strategy",
]
