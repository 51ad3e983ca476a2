"""The tables of a run while it goes: a growing column for each field of `Trades` and `Approvals`, and the equities."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import fields

from actors.book import Book
from actors.events import ApprovalEventRecord, ApprovalRequested
from actors.model import Action, Trade
from actors.refusals import Refused
from simulations.result import APPROVAL_STATUSES, LEVELS, NONE, TRADE_STATUSES, Approvals, Ints, RefusedOrders, Trades

_TRADE_STATUS: Final = {status: place for place, status in enumerate(TRADE_STATUSES)}
_APPROVAL_STATUS: Final = {status: place for place, status in enumerate(APPROVAL_STATUSES)}


class Columns:
    """Growing columns of 64-bit integers, kept row by row."""

    def __init__(self, table: Any) -> None:
        self._names = [field.name for field in fields(table)]
        self._cells = array("q")

    def __len__(self) -> int:
        return len(self._cells) // len(self._names)

    def add(self, **row: int) -> None:
        """Append a row, which has every column, in their order."""
        if [*row] != self._names:
            raise TypeError(f"a row has {self._names}, not {[*row]}")
        self._cells.extend(row.values())

    def change(self, row: int, **values: int) -> None:
        """Change some of a row."""
        for name, value in values.items():
            self._cells[row * len(self._names) + self._names.index(name)] = value

    def arrays(self) -> dict[str, Ints]:
        """Return the columns as arrays of their own."""
        rows = np.array(self._cells, dtype=np.int64).reshape(-1, len(self._names))
        return {name: rows[:, place].copy() for place, name in enumerate(self._names)}


def refused_orders(refusals: Iterable[Refused], agent_ids: Sequence[str]) -> RefusedOrders:
    """Return what was counted of refused orders as a table."""
    rows = list(refusals)
    agents = {agent_id: place for place, agent_id in enumerate(agent_ids)}
    causes = {cause: place for place, cause in enumerate(dict.fromkeys(row.cause for row in rows))}

    def column(values: Iterable[int]) -> Ints:
        return np.fromiter(values, dtype=np.int64, count=len(rows))

    return RefusedOrders(
        causes=tuple(causes),
        agent=column(agents[row.agent_id] for row in rows),
        cause=column(causes[row.cause] for row in rows),
        orders=column(row.orders for row in rows),
        first_at_us=column(row.first_at_us for row in rows),
        last_at_us=column(row.last_at_us for row in rows),
    )


class Ledgers:
    """Cash and positions of all agents in arrays, and the samples of their equity."""

    def __init__(self, symbols: Sequence[str], agent_ids: Sequence[str]) -> None:
        self._symbols = {symbol: place for place, symbol in enumerate(symbols)}
        self._agents = {agent_id: place for place, agent_id in enumerate(agent_ids)}
        self._cash = np.zeros(len(agent_ids), dtype=np.int64)
        self._quantities = np.zeros((len(agent_ids), len(symbols)), dtype=np.int64)
        self._sampled_at_us: list[int] = []
        self._equities: list[Ints] = []
        self._prices: list[Ints] = []

    def sample(self, at_us: int, touched: Iterable[Book], prices: Ints) -> None:
        """Take in the books that changed, then take down everybody's equity at these prices."""
        for book in touched:
            portfolio = book.portfolio
            place = self._agents[portfolio.agent_id]
            self._cash[place] = portfolio.cash_micros
            row = self._quantities[place]
            row[:] = 0
            for symbol, position in portfolio.positions.items():
                row[self._symbols[symbol]] = position.quantity
        self._sampled_at_us.append(at_us)
        self._equities.append(self._cash + self._quantities @ prices)
        self._prices.append(prices)

    def samples(self) -> tuple[Ints, Ints, Ints]:
        """Return when samples were taken, the equities (samples, agents) and the prices (samples, symbols)."""
        return np.array(self._sampled_at_us, dtype=np.int64), np.stack(self._equities), np.stack(self._prices)


class TradeColumns:
    """The trades of a run and the approvals that they waited for."""

    def __init__(self, symbols: Sequence[str], agent_ids: Sequence[str]) -> None:
        self._symbols = {symbol: place for place, symbol in enumerate(symbols)}
        self._agents = {agent_id: place for place, agent_id in enumerate(agent_ids)}
        self._trades = Columns(Trades)
        self._approvals = Columns(Approvals)
        self._rows: dict[str, int] = {}
        self._deciders: dict[int, str] = {}
        self.fills = 0

    def trade(self, trade: Trade, at_us: int) -> None:
        """Take a trade as an event shows it; only one that has ended counts."""
        status = _TRADE_STATUS.get(trade.status)
        if status is None:
            return
        approval = NONE if trade.approval_request_id is None else self._rows[trade.approval_request_id]
        executed = trade.executed_price_micros is not None
        self.fills += executed
        if approval != NONE:
            self._approvals.change(approval, executed=int(executed))
        self._trades.add(
            agent=self._agents[trade.agent_id],
            symbol=self._symbols[trade.symbol],
            buys=int(trade.action is Action.BUY),
            quantity=trade.quantity,
            status=status,
            submitted_at_us=trade.submitted_at_us,
            ended_at_us=at_us,
            price_micros=trade.executed_price_micros or 0,
            fee_micros=trade.fee_micros or 0,
            approval=approval,
        )

    def approval(self, event: ApprovalEventRecord, at_us: int, price_micros: int) -> None:
        """Take an event of an approval, and the price of its symbol at that time."""
        approval, trade = event.approval, event.trade
        status = _APPROVAL_STATUS[approval.status]
        if not isinstance(event, ApprovalRequested):
            row = self._rows[approval.request_id]
            self._approvals.change(row, status=status, resolved_at_us=at_us, resolved_price_micros=price_micros)
            if approval.decision is not None:
                self._deciders[row] = approval.decision.approver_id
            self.trade(trade, at_us)
            return
        self._rows[approval.request_id] = len(self._approvals)
        self._approvals.add(
            agent=self._agents[approval.agent_id],
            symbol=self._symbols[trade.symbol],
            buys=int(trade.action is Action.BUY),
            quantity=trade.quantity,
            level=LEVELS.index(approval.risk.level.value),
            status=status,
            value_micros=approval.estimated_value_micros,
            requested_at_us=approval.created_at_us,
            expires_at_us=approval.expires_at_us,
            taken_at_us=NONE,
            resolved_at_us=NONE,
            approver=NONE,
            requested_price_micros=trade.reference_price_micros,
            resolved_price_micros=0,
            executed=0,
        )

    def trades(self) -> Trades:
        """Return the trades that have ended."""
        return Trades(**self._trades.arrays())

    def approvals(self, approver_names: Sequence[str], taken_at_us: Mapping[str, int]) -> Approvals:
        """Return the approvals, given who the approvers are and when they took each request up."""
        columns = self._approvals.arrays()
        for row, approver_id in self._deciders.items():
            columns["approver"][row] = approver_names.index(approver_id) if approver_id in approver_names else NONE
        for request_id, at_us in taken_at_us.items():
            if request_id in self._rows:
                columns["taken_at_us"][self._rows[request_id]] = at_us
        return Approvals(**columns)
