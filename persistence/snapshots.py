"""Which row each trade and approval has after some events: where it was made, and its last snapshot in the log.

The writer stores what this says, and verification expects it.
"""

from attrs import define, field

from actors.events import (
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequested,
    Recorded,
    TradeCancelled,
    TradeCreated,
    TradeExecuted,
    TradeFailed,
    TradeTriggered,
)
from actors.model import Approval, Trade
from persistence.rows import ApprovalRow, Row, TradeRow

OF_TRADE = (TradeCreated, TradeTriggered, TradeExecuted, TradeFailed, TradeCancelled)
OF_APPROVAL = (ApprovalRequested, ApprovalApproved, ApprovalRejected, ApprovalExpired, ApprovalCancelled)


@define
class Snapshots:
    """Rows by id: `new_*` of what was made by these events, `changed_*` (seq, status, id) of what existed before."""

    new_trades: dict[str, TradeRow] = field(factory=dict)
    changed_trades: dict[str, Row] = field(factory=dict)
    new_approvals: dict[str, ApprovalRow] = field(factory=dict)
    changed_approvals: dict[str, Row] = field(factory=dict)

    def add(self, place: Recorded) -> None:
        """Take in the next event; the last snapshot of a trade or approval wins."""
        event = place.event
        if isinstance(event, TradeCreated):
            self._create_trade(event.trade, place.seq)
        elif isinstance(event, OF_TRADE):
            self._change_trade(event.trade, place.seq)
        elif isinstance(event, ApprovalRequested):
            self._change_trade(event.trade, place.seq)
            self._create_approval(event.approval, place.seq)
        elif isinstance(event, OF_APPROVAL):
            self._change_trade(event.trade, place.seq)
            self._change_approval(event.approval, place.seq)

    def _create_trade(self, trade: Trade, seq: int) -> None:
        self.new_trades[trade.trade_id] = (
            trade.agent_id,
            seq,
            trade.trade_id,
            seq,
            trade.status.value,
            trade.symbol,
            trade.submitted_at_us,
            trade.client_order_id,
        )

    def _change_trade(self, trade: Trade, seq: int) -> None:
        created = self.new_trades.get(trade.trade_id)
        if created is None:
            self.changed_trades[trade.trade_id] = (seq, trade.status.value, trade.trade_id)
        else:
            self.new_trades[trade.trade_id] = (*created[:3], seq, trade.status.value, *created[5:])

    def _create_approval(self, approval: Approval, seq: int) -> None:
        self.new_approvals[approval.request_id] = (
            seq,
            approval.request_id,
            approval.agent_id,
            approval.user_id,
            approval.trade_id,
            seq,
            approval.status.value,
        )

    def _change_approval(self, approval: Approval, seq: int) -> None:
        created = self.new_approvals.get(approval.request_id)
        if created is None:
            self.changed_approvals[approval.request_id] = (seq, approval.status.value, approval.request_id)
        else:
            self.new_approvals[approval.request_id] = (*created[:5], seq, approval.status.value)
