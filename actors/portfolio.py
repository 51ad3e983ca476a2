"""The portfolio of one agent: the only one who changes its book, one committed decision at a time.

Its state is the book that the journal last published, so a restart needs no recovery of its own: a decision is made on
that book by the pure rules of `actors.desk` and `actors.firing`, committed, and only then true.

Resting orders do not watch ticks. The portfolio leaves with the market what they wait for, before it has a change of
them committed, so that no tick comes between; the market tells it of the ticks that matter.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve

from actors import desk, firing, paths, resting
from actors.asking import ask
from actors.book import Book
from actors.desk import Outcome, Ticket
from actors.errors import FloorBusy, IdempotencyMismatch, JournalUnavailable
from actors.events import ApprovalRequested, Recorded, TradeEventRecord
from actors.judgement import judge
from actors.liquidity import fill_price_micros
from actors.messages import (
    Append,
    CancelOpenTrade,
    ExpireApproval,
    Liquidate,
    Placed,
    PlaceOrder,
    PlaceOrders,
    PricesMoved,
    ResolveApproval,
    WatchAgain,
    WatchPrices,
)
from actors.model import FLOOR, Action, Approval, OrderRequest, OrderType, Principal, Trade, TradeStatus
from actors.outbound import deliveries_of, news_of
from actors.ports.journal import Commit, IdempotencyClaim
from actors.refusals import NOTHING_TAKEN, PART_TAKEN
from actors.resting import NOTHING, Watch
from actors.services import Services
from supervisor import Actor, handles
from supervisor.errors import SupervisorError

BEFORE_ANY_TICK: Final = -1
WATCH_AGAIN_S: Final = 1.0

_log = logging.getLogger(__name__)


class PortfolioActor(Actor):
    """Decides orders and approvals of one agent and has them committed."""

    _agent_id: str

    def __init__(self, services: Services) -> None:
        self._services = services
        self._watch: Watch | None = NOTHING
        """What the market was last told to look out for, None where it was not heard."""
        self._resting_since: dict[str, int] = {}
        """The tick on which an order was placed, by the trade's id: those before it do not concern the order."""
        self._seen_tick = BEFORE_ANY_TICK

    async def started(self) -> None:
        """Let the market look out for what rests in the book already."""
        self._agent_id = paths.agent_id_of(self.ctx.path)
        self._tell_market(self._book, BEFORE_ANY_TICK)

    def inspect(self) -> Mapping[str, object]:
        """Show the ledger and what is open."""
        book = self._book
        portfolio = book.portfolio
        return {
            "cash_micros": portfolio.cash_micros,
            "reserved_micros": portfolio.reserved_micros,
            "positions": {symbol: position.quantity for symbol, position in portfolio.positions.items()},
            "open_trades": sorted(book.open_trades),
            "approvals": sorted(book.approvals),
            "resting": [trade.trade_id for trade in resting.resting_orders(book)],
        }

    @handles(PlaceOrder)
    async def place_order(self, message: PlaceOrder) -> Trade:
        """Fill an order, hold it for approval, or let it rest."""
        views = self._services.views
        outcome = desk.place_order(
            self._book,
            views.agent(self._agent_id),
            message.order,
            self._ticket(message.order, message.principal, self._services.clock.now_us(), autonomous=False),
            self._services.rules,
            lambda book, trade: judge(book, trade, views.market),
        )
        if outcome.trade is not None and outcome.trade.status is TradeStatus.PENDING:
            self._resting_since[outcome.trade.trade_id] = views.market.tick
        answer = await self._commit(outcome, message.principal, message.claim)
        return _trade_of(answer)

    @handles(PlaceOrders)
    async def place_orders(self, message: PlaceOrders) -> Placed:
        """Fill the orders of one decision, or hold them for approval, in one commit."""
        views, at_us = self._services.views, self._services.clock.now_us()
        outcome, trades, refusal = desk.place_orders(
            self._book,
            views.agent(self._agent_id),
            (
                (order, self._ticket(order, message.principal, at_us, autonomous=True))
                for order in self._taken(message.orders)
            ),
            self._services.rules,
            lambda book, trade: judge(book, trade, views.market),
        )
        if outcome.events:
            await self._commit(outcome, message.principal)
        return Placed(trades, refusal)

    @handles(CancelOpenTrade)
    async def cancel_trade(self, message: CancelOpenTrade) -> Trade:
        """Take an open trade back."""
        views = self._services.views
        outcome = desk.cancel_trade(self._book, views.agent(self._agent_id), message.trade_id, message.reason)
        return _trade_of(await self._commit(outcome, message.principal))

    @handles(ResolveApproval)
    async def resolve_approval(self, message: ResolveApproval) -> Approval:
        """Post or void what an approval holds."""
        views = self._services.views
        book = self._book
        held = book.approvals.get(message.request_id)
        trade = None if held is None else book.open_trades[held.trade_id]
        outcome = desk.resolve_approval(
            book,
            views.agent(self._agent_id),
            message.request_id,
            message.decision,
            0 if trade is None else self._price_micros(trade.symbol, trade.action, trade.quantity, trade.order_type),
        )
        await self._commit(outcome, message.principal)
        assert outcome.approval is not None
        return outcome.approval

    @handles(ExpireApproval)
    async def expire_approval(self, message: ExpireApproval) -> bool:
        """Void what an approval holds if its time is over."""
        views = self._services.views
        outcome = desk.expire_approval(
            self._book,
            views.agent(self._agent_id),
            message.request_id,
            self._services.clock.now_us(),
        )
        if outcome is None:
            return False
        await self._commit(outcome, FLOOR)
        return True

    @handles(Liquidate)
    async def liquidate(self, message: Liquidate) -> None:
        """Cancel what is open and sell what is held."""
        views = self._services.views
        outcome = desk.liquidate(
            self._book,
            views.agent(self._agent_id),
            views.market.prices,
            self._services.clock.now_us(),
            self._services.ids.new,
        )
        if outcome.events:
            await self._commit(outcome, message.principal)

    @handles(PricesMoved)
    async def prices_moved(self, message: PricesMoved) -> None:
        """Let the tick do to the resting orders what it does, and go on watching.

        Nothing fires while the journal cannot commit; the market tells of each tick that still crosses.
        """
        if message.tick <= self._seen_tick:
            return
        self._seen_tick = message.tick
        views = self._services.views
        outcome = firing.fire(
            self._book,
            views.agent(self._agent_id),
            [
                order
                for order in resting.resting_orders(self._book)
                if message.tick > self._resting_since.get(order.trade_id, BEFORE_ANY_TICK)
            ],
            firing.TickPrices(message.at_us, message.prices),
            self._services.rules,
            lambda book, trade: judge(book, trade, views.market),
            self._services.ids.new,
        )
        self._watch = None
        if outcome is None:
            self._tell_market(self._book, message.tick)
            return
        try:
            await self._commit(outcome, FLOOR, decided_on_tick=message.tick)
        except (JournalUnavailable, FloorBusy) as refusal:
            _log.warning("resting orders of %s fire later: %s", self._agent_id, refusal)

    @handles(WatchAgain)
    def watch_again(self, _message: WatchAgain) -> None:
        """Tell the market what the orders wait for, unless it knows; the prices of now may concern them already."""
        self._seen_tick = BEFORE_ANY_TICK
        self._tell_market(self._book, BEFORE_ANY_TICK)

    def _taken(self, orders: Iterable[OrderRequest]) -> Iterator[OrderRequest]:
        """Yield orders of a strategy by as much of each as the market takes."""
        liquidity, views = self._services.liquidity, self._services.views
        for order in orders:
            if liquidity is None:
                yield order
                continue
            quantity = liquidity.takes(views.market.price(order.symbol), order.quantity)
            if quantity < order.quantity:
                cause = PART_TAKEN if quantity else NOTHING_TAKEN
                self._services.refusals.add(self._agent_id, cause, self._services.clock.now_us())
            if quantity:
                yield evolve(order, quantity=quantity)

    def _price_micros(self, symbol: str, action: Action, quantity: int, order_type: OrderType) -> int:
        """Return the price of now for an order. Raises UnknownSymbol."""
        quote_micros = self._services.views.market.price(symbol)
        return fill_price_micros(self._services.liquidity, quote_micros, action, quantity, order_type)

    def _ticket(self, order: OrderRequest, principal: Principal, at_us: int, *, autonomous: bool) -> Ticket:
        """Return the circumstances of an order that is decided now. Raises UnknownSymbol."""
        new_id = self._services.ids.new
        return Ticket(
            trade_id=new_id("trd"),
            new_id=new_id,
            at_us=at_us,
            price_micros=self._price_micros(order.symbol, order.action, order.quantity, order.order_type),
            autonomous=autonomous,
            by_program=principal.agent_id is not None,
        )

    async def _commit(
        self,
        outcome: Outcome,
        principal: Principal,
        claim: IdempotencyClaim | None = None,
        decided_on_tick: int | None = None,
    ) -> tuple[Recorded, ...]:
        services = self._services
        tick = services.views.market.tick if decided_on_tick is None else decided_on_tick
        self._tell_market(outcome.book, tick)
        at_us = services.clock.now_us()
        news = news_of(services.views.agent(self._agent_id), outcome.events, at_us, services.ids)
        commit = Commit(
            stream=self._agent_id,
            at_us=at_us,
            principal=principal,
            correlation_id=self.ctx.correlation_id,
            events=outcome.events,
            book=outcome.book,
            deliveries=deliveries_of(outcome.events, services.ids) + news,
            claim=claim,
        )
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("decides %s", ", ".join(type(event).__name__ for event in outcome.events))
        try:
            committed = await ask(self.ctx.ref(paths.JOURNAL), Append(commit, base_book=self._book))
        finally:
            self._tell_market(self._book, tick)
        return committed.recorded

    def _tell_market(self, book: Book, tick: int) -> None:
        """Let the market look out for what the orders in a book wait for from a tick on, unless it does already."""
        market = self._services.views.market
        if self._resting_since:
            self._resting_since = {key: at for key, at in self._resting_since.items() if key in book.open_trades}
        watch = resting.watch_of(book, market.prices)
        if watch == self._watch:
            return
        self._watch = watch
        try:
            self.ctx.ref(paths.MARKET).tell_nowait(WatchPrices(self._agent_id, watch.bands, watch.at_us, tick))
        except SupervisorError as error:
            _log.warning("the market is told later what the orders of %s wait for: %s", self._agent_id, error)
            self._watch = None
            self.ctx.tell_later(WATCH_AGAIN_S, WatchAgain())

    @property
    def _book(self) -> Book:
        return self._services.views.book(self._agent_id)


def _trade_of(recorded: tuple[Recorded, ...]) -> Trade:
    """Return the trade that the last trade event of a commit, made now or under the same key before, shows."""
    for record in reversed(recorded):
        event = record.event
        if isinstance(event, TradeEventRecord | ApprovalRequested):
            return event.trade
    raise IdempotencyMismatch("the idempotency key was used with another kind of request; use a new key")
