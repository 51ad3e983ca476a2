"""How many shares to buy or sell: whole ones, within the free cash, the reserve and the limit of a position."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from attrs import frozen

from actors.model import Action
from actors.money import MICROS_PER_DOLLAR
from actors.orders import (
    AUTONOMOUS_FREE_CASH_MICROS_MIN,
    FEE_MICROS_MIN,
    FEE_PER_MILLE,
    buying_cost_micros,
)
from actors.quick import quick
from actors.strategies.base import Intent, MarketView, PortfolioView

BASIS_POINTS: Final = 10_000

RESERVE_MICROS_MIN: Final = AUTONOMOUS_FREE_CASH_MICROS_MIN + 10 * MICROS_PER_DOLLAR
"""Cash that is left alone so that the agent may go on trading, fees included; half of an account too small for it."""

ADJUSTMENT_MICROS_MIN: Final = 50 * MICROS_PER_DOLLAR
"""A position is not adjusted by less than this, of which the smallest fee would already be 2 %."""


POSITION_MICROS_MIN: Final = 50 * MICROS_PER_DOLLAR
"""What a position may always be worth, or the smallest accounts could not buy a single share."""


@quick
@frozen
class Allowance:
    """What a portfolio may put into shares: in all, now, and into one symbol; micro-dollars."""

    investable_micros: int
    idle_micros: int
    position_micros_max: int

    def target_micros(self, positions: int) -> int:
        """Return the value that each of so many equal positions should have."""
        return min(self.investable_micros // max(positions, 1), self.position_micros_max)


@quick
@frozen
class Purchase:
    """Shares of a symbol wished for: as many as this much cash buys."""

    symbol: str
    cash_micros: int
    target_micros: int


def allowance(portfolio: PortfolioView, reserve_bp: int, position_max_bp: int) -> Allowance:
    """Return what a portfolio may invest, keeping a reserve of cash; both limits in basis points of equity."""
    equity_micros = max(portfolio.equity_micros, 0)
    wanted_micros = max(equity_micros * reserve_bp // BASIS_POINTS, RESERVE_MICROS_MIN)
    reserve_micros = min(wanted_micros, max(equity_micros // 2, equity_micros * reserve_bp // BASIS_POINTS))
    return Allowance(
        investable_micros=equity_micros - reserve_micros,
        idle_micros=max(portfolio.free_cash_micros - reserve_micros, 0),
        position_micros_max=max(equity_micros * position_max_bp // BASIS_POINTS, POSITION_MICROS_MIN),
    )


def affordable_quantity(price_micros: int, cash_micros: int) -> int:
    """Return the most shares that this much cash buys, fee included: exact, however the fee is rounded."""
    with_least_fee = (cash_micros - FEE_MICROS_MIN) // price_micros
    with_rated_fee = cash_micros * 1000 // (price_micros * (1000 + FEE_PER_MILLE))
    return max(min(with_least_fee, with_rated_fee), 0)


def has_room(allowed: Allowance, held: int, positions_max: int) -> bool:
    """Tell whether another position may be opened beside those held, and the idle cash can nearly pay for it."""
    return held < positions_max and allowed.idle_micros * 4 >= allowed.target_micros(held + 1) * 3


def shuffled(symbols: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Return symbols in a random order."""
    return [symbols[index] for index in rng.permutation(len(symbols)).tolist()]


def choose_new(
    candidates: Sequence[str], market: MarketView, allowed: Allowance, held: int, positions_max: int
) -> tuple[str, ...]:
    """Return the candidates, in their order of preference, to open positions in beside those held.

    As many as leave each position a target that buys at least a share, and as the idle cash can nearly pay for.
    """
    for count in range(min(positions_max - held, len(candidates)), 0, -1):
        target_micros = allowed.target_micros(held + count)
        if allowed.idle_micros * 4 < count * target_micros * 3:
            continue
        buyable = [symbol for symbol in candidates if affordable_quantity(market.prices[symbol], target_micros) > 0]
        if len(buyable) >= count:
            return tuple(buyable[:count])
    return ()


def buy_all(
    purchases: Iterable[Purchase], market: MarketView, portfolio: PortfolioView, allowed: Allowance
) -> list[Intent]:
    """Return the purchases that the idle cash pays for, in turn, while enough is free for an agent to buy by itself."""
    free_micros, idle_micros = portfolio.free_cash_micros, allowed.idle_micros
    intents: list[Intent] = []
    for purchase in purchases:
        price_micros = market.prices[purchase.symbol]
        quantity = affordable_quantity(price_micros, min(purchase.cash_micros, idle_micros))
        if quantity == 0 or free_micros < AUTONOMOUS_FREE_CASH_MICROS_MIN:
            continue
        cost_micros = buying_cost_micros(price_micros, quantity)
        free_micros -= cost_micros
        idle_micros -= cost_micros
        weight = weight_text(value_micros(purchase.symbol, market, portfolio), portfolio.equity_micros)
        target = weight_text(purchase.target_micros, portfolio.equity_micros)
        reason = f"{purchase.symbol} is {weight} of equity, target {target}: buy {quantity}"
        intents.append(Intent(purchase.symbol, Action.BUY, quantity, reason))
    return intents


def sell(symbol: str, quantity: int, portfolio: PortfolioView, why: str) -> list[Intent]:
    """Return the sale of so many shares, or of as many as are free; nothing if none is."""
    free = min(quantity, portfolio.positions[symbol].free_quantity)
    return [Intent(symbol, Action.SELL, free, f"{why}: sell {free}")] if free > 0 else []


def held_symbols(market: MarketView, portfolio: PortfolioView) -> list[str]:
    """Return the symbols held that have a price, in alphabetical order."""
    return sorted(
        symbol for symbol, position in portfolio.positions.items() if position.quantity > 0 and symbol in market.prices
    )


def is_new(portfolio: PortfolioView, initial_budget_micros: int) -> bool:
    """Tell whether a portfolio has never traded: all of its budget is there, as free cash."""
    return portfolio.free_cash_micros == portfolio.equity_micros == initial_budget_micros


def value_micros(symbol: str, market: MarketView, portfolio: PortfolioView) -> int:
    """Return the market value of what is held of a symbol."""
    position = portfolio.positions.get(symbol)
    return 0 if position is None else position.quantity * market.prices[symbol]


def weight_text(part_micros: int, equity_micros: int) -> str:
    """Return a part of equity as a percentage with one decimal."""
    return f"{100 * part_micros / max(equity_micros, 1):.1f} %"
