"""Whatever is ordered, decided, cancelled and sold, the ledger's identities hold and the log replays to the book."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.desk import cancel_trade, expire_approval, liquidate, resolve_approval
from actors.errors import ApprovalOverdue, InsufficientFunds, InsufficientShares, QuotaExceeded
from actors.model import QuotaConfig
from actors.money import dollars
from actors.orders import EXECUTED_TRADE_COST_MICROS, buying_cost_micros, notional_micros
from tests.actors.builders import DAY_US, MINUTE_US, a_decision, an_agent, buy, sell
from tests.actors.desk_driver import DeskDriver

SYMBOLS = st.sampled_from(["AAPL", "TSLA"])
PRICES_MICROS = st.one_of(st.integers(1, dollars(3)), st.integers(dollars(10), dollars(500)))
THRESHOLDS_MICROS = st.sampled_from([0, dollars(5_000), dollars(50_000), dollars(10_000_000)])
QUOTAS = st.builds(QuotaConfig, st.sampled_from([10, 10_000]), st.sampled_from([dollars(1), dollars(10_000)]))


class RandomOrders(RuleBasedStateMachine):
    """A day at the desk, with anything in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = DeskDriver()

    @initialize(quota=QUOTAS)
    def open_the_desk(self, quota: QuotaConfig) -> None:
        """Start with an agent whose quota may be small."""
        self.desk = DeskDriver(an_agent(quota=quota))

    @rule(symbol=SYMBOLS, price_micros=PRICES_MICROS)
    def the_price_moves(self, symbol: str, price_micros: int) -> None:
        """Any price may follow any other."""
        self.desk.prices[symbol] = price_micros

    @rule(symbol=SYMBOLS, permille=st.integers(-30, 30))
    def the_price_drifts(self, symbol: str, permille: int) -> None:
        """Small moves stay within the tolerance, or nearly so."""
        self.desk.prices[symbol] = max(1, self.desk.prices[symbol] * (1000 + permille) // 1000)

    @rule(step_us=st.sampled_from([1, MINUTE_US, 10 * MINUTE_US, 20 * DAY_US]))
    def time_passes(self, step_us: int) -> None:
        """Pass a moment, the life of an approval, or the rest of the month."""
        self.desk.now_us += step_us

    @rule(symbol=SYMBOLS, quantity=st.integers(1, 700), threshold_micros=THRESHOLDS_MICROS)
    def somebody_buys(self, symbol: str, quantity: int, threshold_micros: int) -> None:
        """Expect a refusal exactly when cash is missing, unless quota is, and a hold exactly above the threshold."""
        price_micros = self.desk.prices[symbol]
        affordable = buying_cost_micros(price_micros, quantity) <= self.desk.book.portfolio.free_micros
        try:
            outcome = self.desk.place(buy(symbol, quantity), threshold_micros)
        except InsufficientFunds:
            assert not affordable
        except QuotaExceeded:
            assert self._quota_is_used_up()
        else:
            assert affordable
            assert (outcome.approval is not None) is (notional_micros(price_micros, quantity) > threshold_micros)

    @rule(symbol=SYMBOLS, quantity=st.integers(1, 700), threshold_micros=THRESHOLDS_MICROS)
    def somebody_sells(self, symbol: str, quantity: int, threshold_micros: int) -> None:
        """Expect a refusal exactly when shares are missing, unless quota is: there is no shorting."""
        free = self.desk.book.portfolio.position(symbol).free_quantity
        try:
            self.desk.place(sell(symbol, quantity), threshold_micros)
        except InsufficientShares:
            assert quantity > free
        except QuotaExceeded:
            assert self._quota_is_used_up()
        else:
            assert quantity <= free

    @precondition(lambda self: self.desk.book.portfolio.positions)
    @rule(data=st.data(), threshold_micros=THRESHOLDS_MICROS)
    def somebody_sells_what_is_there(self, data: st.DataObject, threshold_micros: int) -> None:
        """Sell part of a position, or all of it."""
        symbol = data.draw(st.sampled_from(sorted(self.desk.book.portfolio.positions)))
        quantity = data.draw(st.integers(1, self.desk.book.portfolio.position(symbol).quantity))
        self.somebody_sells(symbol, quantity, threshold_micros)

    @precondition(lambda self: self.desk.book.approvals)
    @rule(data=st.data(), approved=st.booleans())
    def somebody_decides(self, data: st.DataObject, *, approved: bool) -> None:
        """Expect a refusal exactly when the decision comes too late."""
        desk = self.desk
        approval = desk.book.approvals[data.draw(st.sampled_from(sorted(desk.book.approvals)))]
        price_micros = desk.prices[desk.book.open_trades[approval.trade_id].symbol]
        decision = a_decision(approved=approved, at_us=desk.now_us)
        if desk.now_us < approval.expires_at_us:
            desk.carry_out(resolve_approval(desk.book, desk.agent, approval.request_id, decision, price_micros))
            return
        with pytest.raises(ApprovalOverdue):
            resolve_approval(desk.book, desk.agent, approval.request_id, decision, price_micros)

    @precondition(lambda self: self.desk.book.approvals)
    @rule()
    def what_is_overdue_expires(self) -> None:
        """Every approval is looked at, and those whose time is over are closed."""
        desk = self.desk
        for approval in list(desk.book.approvals.values()):
            outcome = expire_approval(desk.book, desk.agent, approval.request_id, desk.now_us)
            assert (outcome is not None) is (desk.now_us >= approval.expires_at_us)
            if outcome is not None:
                desk.carry_out(outcome)

    @precondition(lambda self: self.desk.book.open_trades)
    @rule(data=st.data())
    def somebody_cancels(self, data: st.DataObject) -> None:
        """Take an open trade back."""
        trade_id = data.draw(st.sampled_from(sorted(self.desk.book.open_trades)))
        self.desk.carry_out(cancel_trade(self.desk.book, self.desk.agent, trade_id, "changed my mind"))

    @rule()
    def everything_is_sold(self) -> None:
        """Nothing but cash is left, whatever the prices are."""
        desk = self.desk
        desk.carry_out(liquidate(desk.book, desk.agent, desk.prices, desk.now_us, desk.new_id))
        assert (desk.book.open_trades, desk.book.approvals, desk.book.portfolio.positions) == ({}, {}, {})
        assert desk.book.portfolio.reserved_micros == 0

    def _quota_is_used_up(self) -> bool:
        quota, usage = self.desk.agent.quota, self.desk.book.usage
        return usage.api_calls >= quota.api_calls or (
            usage.spent_micros + EXECUTED_TRADE_COST_MICROS > quota.budget_per_month_micros
        )

    @invariant()
    def ledger_log_and_usage_agree(self) -> None:
        """Refused or not, the book is what the log says, and every identity holds."""
        self.desk.check()


TestRandomOrders = RandomOrders.TestCase
TestRandomOrders.settings = settings(stateful_step_count=30)
