"""A desk under a stateful test: it carries out what is decided, keeps the log, and holds the log against the book."""

from collections import Counter
from collections.abc import Callable

from attrs import define, evolve, field

from actors import ledger
from actors.book import Book, open_book, replay
from actors.desk import Outcome, place_order
from actors.events import AgentCreated, Event, TradeCreated, TradeExecuted, UsageAlert
from actors.firing import TickPrices, fire
from actors.lifecycle import OPEN_TRADES
from actors.model import Action, Agent, OrderRequest, Trade, TradeStatus
from actors.ports.periods import period_of
from actors.resting import resting_orders
from tests.actors.builders import NOW_US, PRICES, RULES, a_ticket, an_agent, assess


@define
class DeskDriver:
    """One agent's desk, its log and its market."""

    agent: Agent = field(factory=an_agent)
    book: Book = field(init=False)
    log: list[Event] = field(init=False)
    now_us: int = NOW_US
    prices: dict[str, int] = field(factory=lambda: dict(PRICES))
    orders: int = 0

    def __attrs_post_init__(self) -> None:
        """Start with the agent's creation in the log and its budget in the book."""
        self.book = open_book(self.agent)
        self.log = [AgentCreated(self.agent)]

    def place(self, order: OrderRequest, threshold_micros: int) -> Outcome:
        """Place an order at the price of now, and carry out what is decided. Raises what the desk raises."""
        self.orders += 1
        ticket = a_ticket(self.orders, at_us=self.now_us, price_micros=self.prices[order.symbol])
        rules = evolve(RULES, threshold_micros=threshold_micros)
        return self.carry_out(place_order(self.book, self.agent, order, ticket, rules, assess))

    def tick(self, threshold_micros: int) -> Outcome | None:
        """Let the prices of now do to the resting orders what they do."""
        orders = list(resting_orders(self.book))
        tick = TickPrices(self.now_us, dict(self.prices))
        rules = evolve(RULES, threshold_micros=threshold_micros)
        outcome = fire(self.book, self.agent, orders, tick, rules, assess, self.new_id)
        return None if outcome is None else self.carry_out(outcome)

    def carry_out(self, outcome: Outcome) -> Outcome:
        """Take the events into the log and the book into the place of the one before."""
        self.log += outcome.events
        self.book = outcome.book
        return outcome

    def new_id(self, prefix: str) -> str:
        """Return an id that was not used before."""
        self.orders += 1
        return f"{prefix}_{self.orders}"

    def trades(self, kind: type[TradeCreated | TradeExecuted]) -> list[Trade]:
        """Return the trades of one kind of event, in the order of the log."""
        return [event.trade for event in self.log if isinstance(event, kind)]

    def check(self) -> None:
        """Hold ledger, log and usage against each other; raise AssertionError where they differ."""
        assert replay(self.log) == (self.agent, self.book)
        self._check_ledger()
        self._check_reservations()
        self._check_postings()
        self._check_usage()

    def _check_ledger(self) -> None:
        portfolio = ledger.check(self.book.portfolio)
        assert (
            portfolio.cash_micros
            + portfolio.cost_basis_micros
            + portfolio.fees_micros
            - portfolio.realised_gross_micros
            == self.agent.initial_budget_micros
        )
        assert portfolio.cash_micros == portfolio.free_micros + portfolio.reserved_micros
        assert portfolio.free_micros >= 0
        assert all(position.quantity > 0 for position in portfolio.positions.values())
        value = sum(position.quantity * self.prices[symbol] for symbol, position in portfolio.positions.items())
        assert portfolio.equity_micros(self.prices) == portfolio.cash_micros + value

    def _check_reservations(self) -> None:
        """Expect what open trades hold to be reserved: nothing once all are closed."""
        portfolio, held = self.book.portfolio, list(self.book.open_trades.values())
        assert portfolio.reserved_micros == sum(trade.reserved_micros for trade in held)
        reserved: Counter[str] = Counter()
        for trade in held:
            reserved[trade.symbol] += trade.reserved_quantity
        positions = portfolio.positions.items()
        assert +reserved == +Counter({symbol: position.reserved_quantity for symbol, position in positions})
        assert all(trade.status in OPEN_TRADES for trade in held)
        approvals = {approval.request_id: approval.trade_id for approval in self.book.approvals.values()}
        waiting = [trade for trade in held if trade.status is TradeStatus.PENDING_APPROVAL]
        assert approvals == {trade.approval_request_id: trade.trade_id for trade in waiting}

    def _check_postings(self) -> None:
        """Expect the cash, shares and fees of the executions in the log."""
        portfolio, executed = self.book.portfolio, self.trades(TradeExecuted)
        assert portfolio.fees_micros == sum(trade.fee_micros or 0 for trade in executed)
        quantities: Counter[str] = Counter()
        cash_micros = self.agent.initial_budget_micros
        for trade in executed:
            sign = 1 if trade.action is Action.BUY else -1
            quantities[trade.symbol] += sign * trade.quantity
            cash_micros -= sign * (trade.total_cost_micros or 0)
            assert quantities[trade.symbol] >= 0
        assert portfolio.cash_micros == cash_micros
        assert {symbol: position.quantity for symbol, position in portfolio.positions.items()} == +quantities

    def _check_usage(self) -> None:
        usage = self.book.usage
        submitted = [trade for trade in self.trades(TradeCreated) if period_of(trade.submitted_at_us) == usage.period]
        assert usage.api_calls == len(submitted)
        alerts = [(alert.period, alert.kind) for alert in self.log if isinstance(alert, UsageAlert)]
        assert len(set(alerts)) == len(alerts)


def unchanged_by(driver: DeskDriver, request: Callable[[], object]) -> None:
    """Make a request that changes nothing, whether it is refused or not."""
    book, log = driver.book, list(driver.log)
    request()
    assert driver.book is book
    assert driver.log == log
