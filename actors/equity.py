"""What a portfolio was worth at moments of the past, worked out backwards from what it holds now.

A fill is undone by giving back what it took. Nothing but cash and fills is needed for that, so nothing is stored for
it; what it costs grows with the fills since the first moment that is asked for, and not with the age of the portfolio.
"""

from collections.abc import Iterable, Iterator, Mapping

from attrs import frozen

from actors.model import Action, Trade
from actors.money import divide_half_even


@frozen
class Execution:
    """A fill as it was posted: `seq` is its place in the log."""

    seq: int
    at_us: int
    symbol: str
    action: Action
    quantity: int
    price_micros: int
    fee_micros: int

    @property
    def notional_micros(self) -> int:
        """Return price times quantity."""
        return self.price_micros * self.quantity


def execution_of(seq: int, trade: Trade) -> Execution:
    """Return the fill of a trade. Raises ValueError for one that was not filled."""
    if trade.executed_at_us is None or trade.executed_price_micros is None or trade.fee_micros is None:
        raise ValueError(f"{trade.trade_id} was not filled")
    price_micros, fee_micros = trade.executed_price_micros, trade.fee_micros
    return Execution(seq, trade.executed_at_us, trade.symbol, trade.action, trade.quantity, price_micros, fee_micros)


@frozen
class Holdings:
    """Cash and shares by symbol, at one moment."""

    cash_micros: int
    quantities: Mapping[str, int]


class Rewind:
    """Undoes fills, the newest first, and keeps what was held at some moments, a fill of that very moment included."""

    def __init__(self, now: Holdings, moments_us: Iterable[int]) -> None:
        self._cash_micros = now.cash_micros
        self._quantities = dict(now.quantities)
        self._ahead = sorted(moments_us)
        self._found: dict[int, Holdings] = {}

    def undo(self, executions: Iterable[Execution]) -> None:
        """Go back over the next fills, as far as the earliest moment."""
        for execution in executions:
            self._keep(execution.at_us)
            if not self._ahead:
                return
            self._take_back(execution)

    def holdings(self) -> Mapping[int, Holdings]:
        """Return what was held at each moment, once all fills since the earliest one are undone."""
        self._keep(0)
        return self._found

    def _keep(self, since_us: int) -> None:
        """Keep what is held for the moments that lie ahead, back to a time."""
        while self._ahead and self._ahead[-1] >= since_us:
            self._found[self._ahead.pop()] = Holdings(self._cash_micros, dict(self._quantities))

    def _take_back(self, execution: Execution) -> None:
        sign = 1 if execution.action is Action.BUY else -1
        self._cash_micros += sign * execution.notional_micros + execution.fee_micros
        left = self._quantities.get(execution.symbol, 0) - sign * execution.quantity
        if left:
            self._quantities[execution.symbol] = left
        else:
            del self._quantities[execution.symbol]


@frozen
class EquityPoint:
    """What a portfolio was worth at a moment, in micro-dollars."""

    at_us: int
    cash_micros: int
    market_value_micros: int

    @property
    def equity_micros(self) -> int:
        """Return cash plus market value."""
        return self.cash_micros + self.market_value_micros


def value(at_us: int, holdings: Holdings, prices: Mapping[str, int]) -> EquityPoint | None:
    """Return what holdings were worth at prices by symbol, None where the price of something held is not known."""
    if any(symbol not in prices for symbol in holdings.quantities):
        return None
    worth = sum(quantity * prices[symbol] for symbol, quantity in holdings.quantities.items())
    return EquityPoint(at_us, holdings.cash_micros, worth)


def realised(start: Holdings, prices: Mapping[str, int], executions: Iterable[Execution]) -> Iterator[int]:
    """Yield what each sale earned, its fee taken off, in the order of the fills (the oldest first).

    What was held at the start counts as bought then, at these prices. Cost is the average one, as in the ledger.
    """
    quantities = dict(start.quantities)
    costs = {symbol: quantity * prices[symbol] for symbol, quantity in quantities.items()}
    for execution in executions:
        symbol, quantity = execution.symbol, execution.quantity
        held, cost = quantities.get(symbol, 0), costs.get(symbol, 0)
        if execution.action is Action.BUY:
            quantities[symbol], costs[symbol] = held + quantity, cost + execution.notional_micros
            continue
        removed = divide_half_even(cost * quantity, held)
        quantities[symbol], costs[symbol] = held - quantity, cost - removed
        yield execution.notional_micros - execution.fee_micros - removed


def notional_of(executions: Iterable[Execution], action: Action) -> int:
    """Return the notional of all fills of one side, in micro-dollars."""
    return sum(execution.notional_micros for execution in executions if execution.action is action)
