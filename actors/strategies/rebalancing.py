"""Equal weights, kept within a band: what the balanced and the conservative strategy have in common."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from attrs import frozen

from actors.bands import Band
from actors.money import format_dollars
from actors.orders import AUTONOMOUS_FREE_CASH_MICROS_MIN
from actors.strategies.base import Intent, MarketView, PortfolioView, StrategyConfig, Wake, review_at_us
from actors.strategies.edges import NO_CASH, PPM, Cash, Stake, edges_micros
from actors.strategies.sizing import (
    ADJUSTMENT_MICROS_MIN,
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

MOVE_BP_MIN: Final = 50
"""Bands stay at least this far from the current price, so that no agent is woken twice for the same move."""


@frozen
class Plan:
    """How a portfolio is laid out; shares of equity, drifts and losses in basis points.

    ``drift_bp`` is how far a position's value may stray from its target, as a part of the target. A position that has
    lost ``stop_loss_bp`` of its cost is sold. With ``buys_falling`` a symbol below its recent average may be bought.
    """

    reserve_bp: int
    position_max_bp: int
    positions_max: int
    drift_bp: int
    stop_loss_bp: int | None = None
    buys_falling: bool = True


class Rebalancer:
    """Holds equal positions in a handful of the permitted symbols and brings back those that drift out of their band.

    Which symbols, is left to chance the first time, so that agents of one kind differ; what is held is kept.
    """

    def __init__(self, config: StrategyConfig, plan: Plan) -> None:
        self._config = config
        self._plan = plan

    def decide(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> tuple[Intent, ...]:
        """Return the sales, then the purchases, that bring the portfolio back to its plan."""
        allowed = self._allowance(portfolio)
        held = held_symbols(market, portfolio)
        kept = [symbol for symbol in held if not self._is_to_close(symbol, market, portfolio)]
        closing = [intent for symbol in held if symbol not in kept for intent in self._close(symbol, market, portfolio)]
        chosen = self._choose(kept, held, market, portfolio, allowed, rng)
        # What is being sold keeps its place until its cash is there, or the others would be topped up with it at once.
        target_micros = allowed.target_micros(len(held) + len(chosen))
        purchases = [Purchase(symbol, target_micros, target_micros) for symbol in chosen]
        drift_micros_min = max(target_micros * self._plan.drift_bp // BASIS_POINTS, ADJUSTMENT_MICROS_MIN)
        trimming: list[Intent] = []
        for symbol in kept:
            drift = value_micros(symbol, market, portfolio) - target_micros
            if drift >= drift_micros_min:
                trimming += self._trim(symbol, drift, target_micros, market, portfolio)
            elif -drift >= drift_micros_min:
                purchases.append(Purchase(symbol, -drift, target_micros))
        return (*closing, *trimming, *buy_all(purchases, market, portfolio, allowed))

    def wake(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> Wake:
        """Return the prices at which a position has to be mended and can be, or meets its stop, and the next review."""
        held = held_symbols(market, portfolio)
        allowed = self._allowance(portfolio)
        # The weight that the target stands for stays the same while prices move and equity with them.
        weight_ppm = allowed.target_micros(len(held)) * PPM // max(portfolio.equity_micros, 1)
        bands = tuple(
            self._band(symbol, weight_ppm, allowed, market, portfolio)
            for symbol in held
            if not self._is_to_close(symbol, market, portfolio)
        )
        return Wake(bands, review_at_us(self._config, market, rng))

    def _allowance(self, portfolio: PortfolioView) -> Allowance:
        return allowance(portfolio, self._plan.reserve_bp, self._plan.position_max_bp)

    def _choose(
        self,
        kept: Sequence[str],
        held: Sequence[str],
        market: MarketView,
        portfolio: PortfolioView,
        allowed: Allowance,
        rng: np.random.Generator,
    ) -> tuple[str, ...]:
        if not has_room(allowed, len(kept), self._plan.positions_max):
            return ()
        buys_falling = self._plan.buys_falling or is_new(portfolio, self._config.initial_budget_micros)
        candidates = [
            symbol
            for symbol in self._config.permitted
            if symbol in market.prices and symbol not in held and (buys_falling or not _is_falling(symbol, market))
        ]
        return choose_new(shuffled(candidates, rng), market, allowed, len(kept), self._plan.positions_max)

    def _is_to_close(self, symbol: str, market: MarketView, portfolio: PortfolioView) -> bool:
        if symbol not in self._config.permitted:
            return True
        stop_micros = self._stop_micros(symbol, portfolio)
        return stop_micros is not None and market.prices[symbol] <= stop_micros

    def _stop_micros(self, symbol: str, portfolio: PortfolioView) -> int | None:
        if self._plan.stop_loss_bp is None:
            return None
        position = portfolio.positions[symbol]
        kept_bp = BASIS_POINTS - self._plan.stop_loss_bp
        return position.cost_basis_micros * kept_bp // (BASIS_POINTS * position.quantity)

    def _close(self, symbol: str, market: MarketView, portfolio: PortfolioView) -> list[Intent]:
        position = portfolio.positions[symbol]
        if symbol not in self._config.permitted:
            return sell(symbol, position.quantity, portfolio, f"{symbol} is no longer among the permitted assets")
        assert self._plan.stop_loss_bp is not None, "nothing else closes a position"
        lost = 100 - 100 * value_micros(symbol, market, portfolio) / position.cost_basis_micros
        average = format_dollars(position.cost_basis_micros // position.quantity)
        limit = self._plan.stop_loss_bp / 100
        why = f"{symbol} is {lost:.1f} % below its average cost of {average}, stop-loss {limit:.1f} %"
        return sell(symbol, position.quantity, portfolio, why)

    @staticmethod
    def _trim(
        symbol: str, excess_micros: int, target_micros: int, market: MarketView, portfolio: PortfolioView
    ) -> list[Intent]:
        weight = weight_text(value_micros(symbol, market, portfolio), portfolio.equity_micros)
        target = weight_text(target_micros, portfolio.equity_micros)
        quantity = excess_micros // market.prices[symbol]
        return sell(symbol, quantity, portfolio, f"{symbol} is {weight} of equity, target {target}")

    def _band(
        self, symbol: str, weight_ppm: int, allowed: Allowance, market: MarketView, portfolio: PortfolioView
    ) -> Band:
        plan, price_micros, quantity = self._plan, market.prices[symbol], portfolio.positions[symbol].quantity
        stake = Stake(quantity, max(portfolio.equity_micros - quantity * price_micros, 0), weight_ppm)
        may_buy = portfolio.free_cash_micros >= AUTONOMOUS_FREE_CASH_MICROS_MIN
        cash = Cash(allowed.idle_micros, price_micros, plan.reserve_bp) if may_buy else NO_CASH
        low, high = edges_micros(stake, plan.drift_bp, cash)
        low = min(low, price_micros * (BASIS_POINTS - MOVE_BP_MIN) // BASIS_POINTS)
        high = max(high, price_micros * (BASIS_POINTS + MOVE_BP_MIN) // BASIS_POINTS + 1)
        stop_micros = self._stop_micros(symbol, portfolio)
        return Band(symbol, low if stop_micros is None else max(low, stop_micros), high)


def _is_falling(symbol: str, market: MarketView) -> bool:
    closes = market.history.get(symbol)
    return closes is not None and len(closes) > 0 and market.prices[symbol] < closes.mean()
