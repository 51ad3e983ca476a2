"""What a strategy sees, what it may wish for, and when it wants to look again."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, Protocol, runtime_checkable

import numpy as np
from attrs import field, frozen
from attrs.validators import and_, ge, gt, le
from numpy.typing import NDArray

from actors.bands import NEVER_US, Band
from actors.model import Action
from actors.quick import quick
from actors.strategies.momentum import trend_scores

REVIEW_US: Final = 60_000_000
"""A minute: how long a strategy rests at most before it looks again, though no band was crossed."""


@frozen
class MarketView:
    """The market at one moment, shared by all agents that look at it.

    ``prices`` are the current prices in micro-dollars by symbol; ``history`` the recent ones, oldest first, the current
    one included, as ``PriceHistory.by_symbol`` gives them. A symbol may lack a history.
    """

    now_us: int
    prices: Mapping[str, int]
    history: Mapping[str, NDArray[np.int64]] = field(factory=dict, eq=False)

    @cached_property
    def trend_scores(self) -> Mapping[str, float]:
        """The trend of each symbol with enough history, in standard deviations; worked out once for all agents."""
        return trend_scores(self.history)


class Holding(Protocol):
    """Shares held of one symbol, those that no open order holds, and what they cost in all, in micro-dollars."""

    @property
    def quantity(self) -> int:
        """All shares."""
        ...

    @property
    def free_quantity(self) -> int:
        """Those that may be sold."""
        ...

    @property
    def cost_basis_micros(self) -> int:
        """What all of them cost."""
        ...


@frozen
class PositionView:
    """A holding by itself; a floor shows the position of its ledger in its place, which no view needs to copy."""

    quantity: int
    free_quantity: int
    cost_basis_micros: int


@quick
@frozen
class PortfolioView:
    """A portfolio as its strategy sees it. Equity counts all cash, reserved or free, and positions at market value."""

    free_cash_micros: int
    equity_micros: int
    positions: Mapping[str, Holding] = field(factory=dict)


@quick
@frozen
class Intent:
    """A market order that a strategy wishes for, and why, in a sentence that a person understands."""

    symbol: str
    action: Action
    quantity: int
    reason: str

    def __attrs_post_init__(self) -> None:
        if not self.quantity >= 1 or self.quantity % 1:
            raise ValueError(f"an order is for one share or more of {self.symbol}, whole ones, not for {self.quantity}")


@frozen
class Wake:
    """When a strategy wants to decide again: once a band is crossed, or at a time, whichever comes first.

    Raises ``ValueError`` for a time that the market cannot wait for.
    """

    bands: tuple[Band, ...] = ()
    at_us: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.at_us is not None and not 0 <= self.at_us <= NEVER_US:
            raise ValueError(f"a strategy is woken at a time in microseconds since the epoch, not at {self.at_us}")


@frozen
class StrategyConfig:
    """What an agent's owner settled: the appetite for risk, the budget, and the symbols that may be traded.

    ``permitted`` comes from ``preferences.permitted_symbols``. ``review_us`` is the longest rest between decisions.
    """

    risk_tolerance: int = field(validator=and_(ge(1), le(10)))
    initial_budget_micros: int = field(validator=gt(0))
    permitted: tuple[str, ...]
    review_us: int = field(default=REVIEW_US, validator=gt(0))


@runtime_checkable
class Strategy(Protocol):
    """Decides from what it is shown, and from nothing else: same views and same random numbers, same answer.

    A class registered under the entry-point group ``tradefloor.strategies`` is called with a ``StrategyConfig`` and
    returns one of these.
    """

    def decide(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> tuple[Intent, ...]:
        """Return the orders to submit now, sales first. Together the purchases and their fees fit the free cash."""
        ...

    def wake(self, market: MarketView, portfolio: PortfolioView, rng: np.random.Generator) -> Wake:
        """Return when to decide again, asked once the orders of the last decision have settled."""
        ...


def review_at_us(config: StrategyConfig, market: MarketView, rng: np.random.Generator) -> int:
    """Return the time of the next review: the usual rest, shortened at random by up to a quarter.

    Agents that were started together would otherwise all decide in the same tick for ever.
    """
    return market.now_us + config.review_us - int(rng.integers(config.review_us // 4 + 1))
