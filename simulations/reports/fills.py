"""The trades of a run that were filled, and what each sale realised."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from actors.model import TradeStatus
from actors.money import divide_half_even
from simulations.result import TRADE_STATUSES, Ints, RunResult

Bools = NDArray[np.bool_]

COMPLETED: Final = TRADE_STATUSES.index(TradeStatus.COMPLETED)


@frozen
class AgentFills:
    """What one agent's fills came to: the profit or loss of each sale, and the notional of purchases and of sales."""

    realised_micros: list[int] = field(factory=list)
    bought_micros: int = 0
    sold_micros: int = 0


@frozen(eq=False)
class Fills:
    """Fills in the order in which they happened, a place of each array for each.

    ``realised_micros`` is the profit or loss of a sale against the average cost of what is sold, before fees; nothing
    for a purchase.
    """

    agent: Ints
    buys: Bools
    filled_at_us: Ints
    notional_micros: Ints
    fee_micros: Ints
    realised_micros: Ints

    def of(self, members: Bools) -> "Fills":
        """Return the fills of some agents, which are given as a mask over all."""
        chosen = members[self.agent]
        return Fills(
            self.agent[chosen],
            self.buys[chosen],
            self.filled_at_us[chosen],
            self.notional_micros[chosen],
            self.fee_micros[chosen],
            self.realised_micros[chosen],
        )

    def by_agent(self, agents: int) -> list[AgentFills]:
        """Return what the fills of each agent came to."""
        order = np.argsort(self.agent, kind="stable")
        starts = np.searchsorted(self.agent[order], np.arange(agents + 1))
        found = []
        for agent in range(agents):
            own = order[starts[agent] : starts[agent + 1]]
            buys = self.buys[own]
            found.append(
                AgentFills(
                    self.realised_micros[own][~buys].tolist(),
                    int(self.notional_micros[own][buys].sum()),
                    int(self.notional_micros[own][~buys].sum()),
                )
            )
        return found


def fills_of(result: RunResult) -> Fills:
    """Return the filled trades of a run."""
    trades = result.trades
    filled = np.flatnonzero(trades.status == COMPLETED)
    buys = trades.buys[filled] == 1
    return Fills(
        agent=trades.agent[filled],
        buys=buys,
        filled_at_us=trades.ended_at_us[filled],
        notional_micros=trades.price_micros[filled] * trades.quantity[filled],
        fee_micros=trades.fee_micros[filled],
        realised_micros=_realised(
            trades.agent[filled] * len(result.symbols) + trades.symbol[filled],
            buys,
            trades.quantity[filled],
            trades.price_micros[filled],
        ),
    )


def _realised(position: Ints, buys: Bools, quantity: Ints, price_micros: Ints) -> Ints:
    """Return the profit or loss of each sale by average cost, as the ledger reckons it (whole micro-dollars)."""
    held: dict[int, tuple[int, int]] = {}
    found = np.zeros(len(position), dtype=np.int64)
    rows = zip(position.tolist(), buys.tolist(), quantity.tolist(), price_micros.tolist(), strict=True)
    for row, (place, is_purchase, count, price) in enumerate(rows):
        shares, cost = held.get(place, (0, 0))
        if is_purchase:
            held[place] = (shares + count, cost + count * price)
        else:
            removed = divide_half_even(cost * count, shares)
            held[place] = (shares - count, cost - removed)
            found[row] = count * price - removed
    return found


def per_bucket(at_us: Ints, values: Mapping[str, Ints], edges: Ints) -> Mapping[str, NDArray[np.float64]]:
    """Return sums of values over the spans between edges, by name; what lies outside of them is left out."""
    return {name: np.histogram(at_us, bins=edges, weights=value)[0] for name, value in values.items()}
