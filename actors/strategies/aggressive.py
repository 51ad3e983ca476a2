"""The aggressive strategy: a few large positions in what rises, sold when it falls."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from actors.bands import Band
from actors.strategies.base import Intent, MarketView, PortfolioView, StrategyConfig, Wake, review_at_us
from actors.strategies.sizing import (
    BASIS_POINTS,
    Allowance,
    Purchase,
    allowance,
    buy_all,
    choose_new,
    has_room,
    held_symbols,
    is_new,
    sell,
    shuffled,
    value_micros,
    weight_text,
)

TRIM_AT_BP: Final = 12_500
"""A position is cut back to its limit once it is a quarter above it."""


class Aggressive:
    """Follows momentum: buys the symbols with the strongest trend and sells those whose trend has turned.

    With a rising tolerance of risk from 1 to 10 it keeps 9.2 to 2 % in cash, holds at most 6 to 3 positions of at most
    17.5 to 40 % of equity, buys from a trend of 1.45 to 1 standard deviations and sells below -0.6 to -1.5. The very
    first purchases take the strongest trends, whatever they are, and chance decides where none is known yet.
    """

    def __init__(self, config: StrategyConfig) -> None:
        tolerance = config.risk_tolerance
        self._config = config
        self._reserve_bp = 1_000 - 80 * tolerance
        self._position_max_bp = 1_500 + 250 * tolerance
        self._positions_max = 6 - tolerance // 3
        self._entry_score = 1.5 - 0.05 * tolerance
        self._exit_score = -(0.5 + 0.1 * tolerance)
        self._step_bp = 50 + 25 * tolerance

    def decide(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> tuple[Intent, ...]:
        """Return the sales of what falls or has grown too large, then the purchases of what rises."""
        allowed = self._allowance(portfolio)
        held = held_symbols(market, portfolio)
        sales = [intent for symbol in held for intent in self._sell(symbol, market, portfolio, allowed)]
        kept = len(held) - sum(1 for symbol in held if self._is_to_close(symbol, market))
        chosen: Sequence[str] = ()
        if has_room(allowed, kept, self._positions_max):
            candidates = self._candidates(held, market, portfolio, rng)
            chosen = choose_new(candidates, market, allowed, kept, self._positions_max)
        target_micros = allowed.target_micros(kept + len(chosen))
        purchases = [Purchase(symbol, target_micros, target_micros) for symbol in chosen]
        return (*sales, *buy_all(purchases, market, portfolio, allowed))

    def wake(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> Wake:
        """Return a band around the price of each position, and the time of the next review."""
        bands = tuple(
            Band(
                symbol,
                market.prices[symbol] * (BASIS_POINTS - self._step_bp) // BASIS_POINTS,
                market.prices[symbol] * (BASIS_POINTS + self._step_bp) // BASIS_POINTS + 1,
            )
            for symbol in held_symbols(market, portfolio)
        )
        return Wake(bands, review_at_us(self._config, market, rng))

    def _allowance(self, portfolio: PortfolioView) -> Allowance:
        return allowance(portfolio, self._reserve_bp, self._position_max_bp)

    def _is_to_close(self, symbol: str, market: MarketView) -> bool:
        return symbol not in self._config.permitted or market.trend_scores.get(symbol, 0.0) < self._exit_score

    def _sell(self, symbol: str, market: MarketView, portfolio: PortfolioView, allowed: Allowance) -> list[Intent]:
        quantity = portfolio.positions[symbol].quantity
        if symbol not in self._config.permitted:
            return sell(symbol, quantity, portfolio, f"{symbol} is no longer among the permitted assets")
        if self._is_to_close(symbol, market):
            score = market.trend_scores[symbol]
            why = f"{symbol} has turned down ({score:+.1f} standard deviations, limit {self._exit_score:+.1f})"
            return sell(symbol, quantity, portfolio, why)
        value = value_micros(symbol, market, portfolio)
        if value * BASIS_POINTS <= allowed.position_micros_max * TRIM_AT_BP:
            return []
        excess = (value - allowed.position_micros_max) // market.prices[symbol]
        weight = weight_text(value, portfolio.equity_micros)
        limit = weight_text(allowed.position_micros_max, portfolio.equity_micros)
        return sell(symbol, excess, portfolio, f"{symbol} is {weight} of equity, limit {limit}")

    def _candidates(
        self, held: Sequence[str], market: MarketView, portfolio: PortfolioView, rng: np.random.Generator
    ) -> list[str]:
        """Return the symbols worth buying, the strongest trend first and in random order where trends are equal."""
        entry = -np.inf if is_new(portfolio, self._config.initial_budget_micros) else self._entry_score
        scores = market.trend_scores
        open_to_buy = [symbol for symbol in self._config.permitted if symbol in market.prices and symbol not in held]
        rising = [symbol for symbol in shuffled(open_to_buy, rng) if scores.get(symbol, 0.0) >= entry]
        return sorted(rising, key=lambda symbol: -scores.get(symbol, 0.0))
