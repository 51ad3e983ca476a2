"""On any path of prices, orders fire at the first tick that crosses them and never otherwise."""

from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.book import replay
from actors.desk import cancel_trade, expire_approval, liquidate, resolve_approval
from actors.errors import InsufficientFunds, InsufficientShares
from actors.events import ApprovalRequested, BookEvent, TradeCancelled, TradeExecuted, TradeFailed, TradeTriggered
from actors.model import Action, OrderRequest, OrderType, TimeInForce, Trade, TradeStatus
from actors.money import dollars
from actors.resting import resting_orders, watch_of
from tests.actors.builders import DAY_US, MINUTE_US, SECOND_US, a_decision
from tests.actors.desk_driver import DeskDriver

SYMBOLS = st.sampled_from(["AAPL", "TSLA"])
PRICES = st.integers(140, 160).map(dollars)
THRESHOLD_MICROS = dollars(20_000)
FINAL = (TradeExecuted, ApprovalRequested, TradeFailed, TradeCancelled)


@define
class Expected:
    """What a resting order is expected to do, from its own words alone: signs instead of cases."""

    trade: Trade
    triggered: bool

    def next(self, price_micros: int, at_us: int) -> list[type[BookEvent]] | None:
        """Return the kinds of events that a tick leads to; of a fill or its like, None stands for which of them."""
        if self.trade.time_in_force is TimeInForce.DAY and at_us // DAY_US > self.trade.submitted_at_us // DAY_US:
            return [TradeCancelled]
        sign = 1 if self.trade.action is Action.BUY else -1
        stop, limit = self.trade.stop_price_micros, self.trade.limit_price_micros
        reached = stop is None or self.triggered or sign * (price_micros - stop) >= 0
        within = limit is None or sign * (limit - price_micros) >= 0
        if reached and within:
            return None
        return [TradeTriggered] if reached and stop is not None and limit is not None and not self.triggered else []


class RandomPaths(RuleBasedStateMachine):
    """Orders of all types on prices that go anywhere, with restarts, decisions and ends of days between."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = DeskDriver()
        self.expected: dict[str, Expected] = {}

    @initialize(quantity=st.integers(0, 200))
    def open_the_desk(self, quantity: int) -> None:
        """Start with some shares to sell."""
        if quantity:
            self.desk.place(OrderRequest("AAPL", Action.BUY, quantity), dollars(100_000))

    @rule(
        symbol=SYMBOLS,
        action=st.sampled_from(Action),
        quantity=st.integers(1, 200),
        order_type=st.sampled_from([OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT]),
        limit=PRICES,
        stop=PRICES,
        time_in_force=st.sampled_from(TimeInForce),
    )
    def somebody_orders(
        self,
        symbol: str,
        action: Action,
        quantity: int,
        order_type: OrderType,
        limit: int,
        stop: int,
        time_in_force: TimeInForce,
    ) -> None:
        """Expect it to rest exactly when the price of now would not fire it."""
        order = OrderRequest(
            symbol,
            action,
            quantity,
            order_type,
            None if order_type is OrderType.STOP else limit,
            None if order_type is OrderType.LIMIT else stop,
            time_in_force,
        )
        try:
            outcome = self.desk.place(order, THRESHOLD_MICROS)
        except (InsufficientFunds, InsufficientShares):
            return
        trade = outcome.trade
        assert trade is not None
        steps = Expected(trade, triggered=False).next(self.desk.prices[symbol], self.desk.now_us)
        assert (trade.status is TradeStatus.PENDING) is (steps is not None)
        if steps is not None:
            self.expected[trade.trade_id] = Expected(trade, steps == [TradeTriggered])

    @rule(symbol=SYMBOLS, price=PRICES, step_us=st.sampled_from([SECOND_US, SECOND_US, MINUTE_US, DAY_US // 3]))
    def the_market_ticks(self, symbol: str, price: int, step_us: int) -> None:
        """Expect what each order's own words say, at the tick's price, and the market to have known."""
        desk = self.desk
        watch = watch_of(desk.book, desk.prices)
        desk.now_us += step_us
        desk.prices[symbol] = price
        crossed = any(not band.low_micros < desk.prices[band.symbol] < band.high_micros for band in watch.bands)
        due = watch.at_us is not None and desk.now_us >= watch.at_us
        outcome = desk.tick(THRESHOLD_MICROS)
        assert (outcome is not None) is (crossed or due)
        happened: dict[str, list[BookEvent]] = {}
        for event in outcome.events if outcome is not None else ():
            if isinstance(event, (*FINAL, TradeTriggered)):
                happened.setdefault(event.trade.trade_id, []).append(event)
        for trade_id, expected in list(self.expected.items()):
            self._compare(trade_id, expected, happened.pop(trade_id, []))
        assert not happened

    def _compare(self, trade_id: str, expected: Expected, events: list[BookEvent]) -> None:
        price = self.desk.prices[expected.trade.symbol]
        steps = expected.next(price, self.desk.now_us)
        if steps is not None:
            assert [type(event) for event in events] == steps
            expected.triggered |= steps == [TradeTriggered]
        else:
            last = events[-1]
            assert isinstance(last, TradeExecuted | ApprovalRequested | TradeFailed)
            if isinstance(last, TradeExecuted):
                assert last.trade.executed_price_micros == price
            if isinstance(last, TradeFailed):
                assert (last.trade.action, last.trade.order_type) == (Action.BUY, OrderType.STOP)
        if steps is None or steps == [TradeCancelled]:
            del self.expected[trade_id]

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def somebody_cancels(self, data: st.DataObject) -> None:
        """Take a resting order back."""
        trade_id = data.draw(st.sampled_from(sorted(self.expected)))
        self.desk.carry_out(cancel_trade(self.desk.book, self.desk.agent, trade_id, "changed my mind"))
        del self.expected[trade_id]

    @precondition(lambda self: self.desk.book.approvals)
    @rule(approved=st.booleans())
    def somebody_decides(self, *, approved: bool) -> None:
        """Expect an approved order to keep to its limit."""
        desk = self.desk
        approval = next(iter(desk.book.approvals.values()))
        held = desk.book.open_trades[approval.trade_id]
        price = desk.prices[held.symbol]
        if desk.now_us >= approval.expires_at_us:
            expired = expire_approval(desk.book, desk.agent, approval.request_id, desk.now_us)
            assert expired is not None
            desk.carry_out(expired)
            return
        decision = a_decision(approved=approved, at_us=desk.now_us)
        trade = desk.carry_out(resolve_approval(desk.book, desk.agent, approval.request_id, decision, price)).trade
        assert trade is not None
        if trade.status is TradeStatus.COMPLETED and trade.limit_price_micros is not None:
            sign = 1 if trade.action is Action.BUY else -1
            assert sign * (trade.limit_price_micros - price) >= 0

    @rule()
    def the_program_restarts(self) -> None:
        """Go on with what the log says."""
        self.desk.agent, self.desk.book = replay(self.desk.log)

    @invariant()
    def nothing_is_lost_or_filled_twice(self) -> None:
        """Hold ledger, log and expectations against each other."""
        self.desk.check()
        assert {trade.trade_id for trade in resting_orders(self.desk.book)} == self.expected.keys()
        executed = [trade.trade_id for trade in self.desk.trades(TradeExecuted)]
        assert len(set(executed)) == len(executed)

    def teardown(self) -> None:
        """Give everything back: nothing stays reserved."""
        desk = self.desk
        desk.carry_out(liquidate(desk.book, desk.agent, desk.prices, desk.now_us, desk.new_id))
        assert desk.book.portfolio.reserved_micros == 0
        assert (desk.book.open_trades, desk.book.portfolio.positions) == ({}, {})


TestRandomPaths = RandomPaths.TestCase
TestRandomPaths.settings = settings(stateful_step_count=25)
