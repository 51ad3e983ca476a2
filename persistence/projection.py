"""From commits to rows: what one batch inserts and changes, gathered by table so that each table is written at once.

Within a batch the last state of an agent, book, trade or approval wins; the steps between are in the log.
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
)
from actors.model import Approval, Trade, User
from actors.ports.journal import CHANNELS, Commit, Committed, IdempotencyClaim
from persistence import codec
from persistence.chain import link
from persistence.rows import Row, agent_row, event_row, portfolio_row, usage_row
from persistence.schema import DELIVERIES_PER_COMMIT_MAX

OF_TRADE = (TradeCreated, TradeExecuted, TradeFailed, TradeCancelled)
OF_APPROVAL = (ApprovalRequested, ApprovalApproved, ApprovalRejected, ApprovalExpired, ApprovalCancelled)


@define
class Batch:
    """The rows of one transaction, and the end of the log after it: its last sequence and hash."""

    seq: int
    head: bytes
    stream_seqs: dict[str, int] = field(factory=dict)
    events: list[Row] = field(factory=list)
    agents: dict[str, Row] = field(factory=dict)
    portfolios: dict[str, Row] = field(factory=dict)
    usage: dict[tuple[str, str], Row] = field(factory=dict)
    new_trades: dict[str, Row] = field(factory=dict)
    changed_trades: dict[str, Row] = field(factory=dict)
    new_approvals: dict[str, Row] = field(factory=dict)
    changed_approvals: dict[str, Row] = field(factory=dict)
    client_orders: dict[tuple[str, str], str] = field(factory=dict)
    users: dict[str, User] = field(factory=dict)
    outbox: list[Row] = field(factory=list)
    claims: dict[tuple[str, str], tuple[IdempotencyClaim, Recorded]] = field(factory=dict)

    def add(self, commit: Commit, stream_seq: int) -> Committed:
        """Give a commit's events their places after `stream_seq`, the last of its stream, and gather its rows.

        Raises ValueError for a commit that the log cannot hold: more deliveries than ids for them, or deliveries or a
        claim without an event that they belong to.
        """
        if (commit.deliveries or commit.claim) and not commit.events:
            raise ValueError(f"a commit to {commit.stream} has deliveries or a claim, and no event they belong to")
        if len(commit.deliveries) > DELIVERIES_PER_COMMIT_MAX:
            raise ValueError(f"a commit to {commit.stream} has {len(commit.deliveries)} deliveries")
        recorded = self._append(commit, stream_seq)
        for place in recorded:
            self._project(place)
        self._state(commit)
        for position, delivery in enumerate(commit.deliveries):
            entry_id = self.seq * DELIVERIES_PER_COMMIT_MAX + position
            self.outbox.append(
                (CHANNELS[type(delivery)].value, entry_id, codec.delivery_name(delivery), codec.encode(delivery))
            )
        if commit.claim is not None:
            self.claims[commit.claim.scope, commit.claim.key] = (commit.claim, recorded[-1])
        return Committed(recorded)

    def _append(self, commit: Commit, stream_seq: int) -> tuple[Recorded, ...]:
        principal = codec.encode(commit.principal)
        recorded = []
        for event in commit.events:
            self.seq += 1
            stream_seq += 1
            place = Recorded(
                self.seq, commit.stream, stream_seq, commit.at_us, commit.correlation_id, commit.principal, event
            )
            row = event_row(place, principal)
            self.head = link(self.head, row)
            self.events.append((*row, self.head))
            recorded.append(place)
        self.stream_seqs[commit.stream] = stream_seq
        return tuple(recorded)

    def _state(self, commit: Commit) -> None:
        if commit.agent is not None:
            self.agents[commit.agent.agent_id] = agent_row(commit.agent)
        if commit.book is not None:
            usage = commit.book.usage
            self.portfolios[usage.agent_id] = portfolio_row(commit.book)
            self.usage[usage.agent_id, usage.period] = usage_row(usage)
        for user in commit.users:
            self.users[user.user_id] = user

    def _project(self, place: Recorded) -> None:
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
        if trade.client_order_id is not None:
            self.client_orders[trade.agent_id, trade.client_order_id] = trade.trade_id

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
