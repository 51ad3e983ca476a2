"""An approval is resolved exactly once: never early, never after its time, and nothing stays reserved."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from actors.desk import cancel_trade, expire_approval, repeat_decision, resolve_approval
from actors.errors import (
    AlreadyDecided,
    ApprovalNotFound,
    ApprovalOverdue,
    InsufficientFunds,
    InsufficientShares,
    TradeNotFound,
)
from actors.events import (
    ApprovalApproved,
    ApprovalCancelled,
    ApprovalExpired,
    ApprovalRejected,
    TradeExecuted,
)
from actors.model import Action, Approval, ApprovalStatus, Decision, Trade, TradeStatus
from actors.money import dollars
from actors.orders import buying_cost_micros, price_moved_beyond
from tests.actors.builders import MINUTE_US, RULES, a_decision, buy, sell
from tests.actors.desk_driver import DeskDriver, unchanged_by

RESOLUTIONS = (ApprovalApproved, ApprovalRejected, ApprovalExpired, ApprovalCancelled)


class Approvals(RuleBasedStateMachine):
    """Requests for approval, and everything that may happen to them."""

    requests = Bundle[str]("requests")

    def __init__(self) -> None:
        super().__init__()
        self.desk = DeskDriver()
        self.desk.place(buy("AAPL", 200), threshold_micros=dollars(100_000))
        self.trades: dict[str, Trade] = {}
        self.approvals: dict[str, Approval] = {}
        """As they were asked for, and as they were resolved."""

    @rule(target=requests, action=st.sampled_from(Action), quantity=st.integers(1, 150))
    def request(self, action: Action, quantity: int) -> str:
        """Every trade needs approval here; the name of one that was refused names nothing."""
        order = buy("AAPL", quantity) if action is Action.BUY else sell("AAPL", quantity)
        try:
            outcome = self.desk.place(order, threshold_micros=0)
        except (InsufficientFunds, InsufficientShares):
            return "ovr_none"
        assert outcome.trade is not None
        assert outcome.approval is not None
        assert not any(isinstance(event, TradeExecuted) for event in outcome.events)
        self.trades[outcome.approval.request_id] = outcome.trade
        self.approvals[outcome.approval.request_id] = outcome.approval
        return outcome.approval.request_id

    @rule(permille=st.sampled_from([-50, -20, -5, 0, 5, 20, 50]))
    def the_price_moves(self, permille: int) -> None:
        """Within the tolerance of 2 % and beyond it."""
        self.desk.prices["AAPL"] = self.desk.prices["AAPL"] * (1000 + permille) // 1000

    @rule(minutes=st.sampled_from([0, 1, 9, 10]))
    def time_passes(self, minutes: int) -> None:
        """Whole minutes, so that the time of expiry is met exactly, or a microsecond."""
        self.desk.now_us += minutes * MINUTE_US or 1

    @rule(request_id=requests, approved=st.booleans())
    def decide(self, request_id: str, *, approved: bool) -> None:
        """Approve or reject, in time or late, once or again."""
        decision = a_decision(approved=approved, at_us=self.desk.now_us)
        if request_id not in self.desk.book.approvals:
            self._decide_again(request_id, decision)
        elif self.desk.now_us >= self.approvals[request_id].expires_at_us:
            with pytest.raises(ApprovalOverdue):
                self._resolve(request_id, decision)
        else:
            self._decide_in_time(request_id, decision)

    @rule(request_id=requests)
    def expire(self, request_id: str) -> None:
        """Look whether the time is over: nothing happens before it is."""
        desk = self.desk
        if request_id not in desk.book.approvals:
            with pytest.raises(ApprovalNotFound):
                expire_approval(desk.book, desk.agent, request_id, desk.now_us)
            return
        if desk.now_us < self.approvals[request_id].expires_at_us:
            unchanged_by(desk, lambda: expire_approval(desk.book, desk.agent, request_id, desk.now_us))
            assert request_id in desk.book.approvals
            return
        outcome = expire_approval(desk.book, desk.agent, request_id, desk.now_us)
        assert outcome is not None
        self._resolved(request_id, desk.carry_out(outcome).approval, ApprovalStatus.EXPIRED)

    @rule(request_id=requests)
    def cancel(self, request_id: str) -> None:
        """Take the trade back while it waits."""
        desk, trade = self.desk, self.trades.get(request_id)
        if trade is None or request_id not in desk.book.approvals:
            with pytest.raises(TradeNotFound):
                cancel_trade(desk.book, desk.agent, "trd_none" if trade is None else trade.trade_id, "no more")
            return
        withdrawn = desk.carry_out(cancel_trade(desk.book, desk.agent, trade.trade_id, "no more")).events[0]
        assert isinstance(withdrawn, ApprovalCancelled)
        self._resolved(request_id, withdrawn.approval, ApprovalStatus.CANCELLED)

    @invariant()
    def each_request_is_resolved_once_or_still_pending(self) -> None:
        """Find one resolution of each request that is not in the book, and none of one that is, in the log."""
        resolved = [event.approval.request_id for event in self.desk.log if isinstance(event, RESOLUTIONS)]
        assert sorted(resolved) == sorted(set(self.approvals) - set(self.desk.book.approvals))

    @invariant()
    def nothing_is_executed_but_what_was_approved_in_time(self) -> None:
        """Each execution follows its approval, while it was valid, near the price that was approved."""
        executed = {trade.approval_request_id: trade for trade in self.desk.trades(TradeExecuted)[1:]}
        for request_id, trade in executed.items():
            approval = self.approvals[request_id or ""]
            assert approval.status is ApprovalStatus.APPROVED
            assert approval.created_at_us <= (trade.executed_at_us or 0) < approval.expires_at_us
            assert not price_moved_beyond(
                trade.reference_price_micros, trade.executed_price_micros or 0, approval.price_tolerance_ppm
            )

    @invariant()
    def the_desk_is_consistent(self) -> None:
        """Hold reservations against pending trades, and the log against the book."""
        self.desk.check()

    def _resolve(self, request_id: str, decision: Decision) -> None:
        desk = self.desk
        outcome = resolve_approval(desk.book, desk.agent, request_id, decision, desk.prices["AAPL"])
        desk.carry_out(outcome)
        status = ApprovalStatus.APPROVED if decision.approved else ApprovalStatus.REJECTED
        self._resolved(request_id, outcome.approval, status)
        assert outcome.trade is not None
        self.trades[request_id] = outcome.trade

    def _decide_in_time(self, request_id: str, decision: Decision) -> None:
        """Expect a fill, unless the price has moved too far or the cash is gone."""
        held, free_micros = self.trades[request_id], self.desk.book.portfolio.free_micros
        price_micros = self.desk.prices["AAPL"]
        moved = price_moved_beyond(held.reference_price_micros, price_micros, RULES.price_tolerance_ppm)
        covered = held.reserved_micros + free_micros >= buying_cost_micros(price_micros, held.quantity)
        fills = not moved and (held.action is Action.SELL or covered)
        self._resolve(request_id, decision)
        approved = TradeStatus.COMPLETED if fills else TradeStatus.FAILED
        assert self.trades[request_id].status is (approved if decision.approved else TradeStatus.REJECTED)

    def _decide_again(self, request_id: str, decision: Decision) -> None:
        """Expect what is recorded for the same decision, and a refusal for any other."""
        with pytest.raises(ApprovalNotFound):
            self._resolve(request_id, decision)
        recorded = self.approvals.get(request_id)
        if recorded is None:
            return
        if recorded.decision is not None and recorded.decision.approved is decision.approved:
            assert repeat_decision(recorded, approved=decision.approved) is recorded
            return
        expected = ApprovalOverdue if recorded.status is ApprovalStatus.EXPIRED else AlreadyDecided
        with pytest.raises(expected):
            repeat_decision(recorded, approved=decision.approved)

    def _resolved(self, request_id: str, approval: Approval | None, status: ApprovalStatus) -> None:
        assert approval is not None
        assert approval.status is status
        assert self.approvals[request_id].status is ApprovalStatus.PENDING
        self.approvals[request_id] = approval


TestApprovals = Approvals.TestCase
TestApprovals.settings = settings(stateful_step_count=30)
