"""The portfolio of one agent: the only one who changes its book, one committed decision at a time.

Its state is the book that the journal last published, so a restart needs no recovery of its own: a decision is made on
that book by the pure rules of `actors.desk`, committed, and only then true.
"""

from collections.abc import Mapping

from actors import desk, paths
from actors.asking import ask
from actors.desk import Outcome, Ticket
from actors.errors import IdempotencyMismatch
from actors.events import ApprovalRequested, Recorded, TradeEventRecord
from actors.judgement import judge
from actors.messages import (
    Append,
    CancelOpenTrade,
    ExpireApproval,
    Liquidate,
    PlaceOrder,
    ResolveApproval,
)
from actors.model import FLOOR, Approval, Principal, Trade
from actors.outbound import deliveries_of
from actors.ports.journal import Commit, IdempotencyClaim
from actors.services import Services
from supervisor import Actor, handles


class PortfolioActor(Actor):
    """Decides orders and approvals of one agent and has them committed."""

    def __init__(self, agent_id: str, services: Services) -> None:
        self._agent_id = agent_id
        self._services = services

    def inspect(self) -> Mapping[str, object]:
        """Show the ledger and what is open."""
        book = self._services.views.book(self._agent_id)
        portfolio = book.portfolio
        return {
            "cash_micros": portfolio.cash_micros,
            "reserved_micros": portfolio.reserved_micros,
            "positions": {symbol: position.quantity for symbol, position in portfolio.positions.items()},
            "open_trades": sorted(book.open_trades),
            "approvals": sorted(book.approvals),
        }

    @handles(PlaceOrder)
    async def place_order(self, message: PlaceOrder) -> Trade:
        """Fill an order or hold it for approval."""
        views, ids = self._services.views, self._services.ids
        ticket = Ticket(
            trade_id=ids.new("trd"),
            request_id=ids.new("ovr"),
            at_us=self._services.clock.now_us(),
            price_micros=views.market.price(message.order.symbol),
            autonomous=message.autonomous,
            by_program=message.principal.agent_id is not None,
        )
        outcome = desk.place_order(
            views.book(self._agent_id),
            views.agent(self._agent_id),
            message.order,
            ticket,
            self._services.rules,
            lambda book, trade: judge(book, trade, views.market),
        )
        answer = await self._commit(outcome, message.principal, message.claim)
        return _trade_of(answer)

    @handles(CancelOpenTrade)
    async def cancel_trade(self, message: CancelOpenTrade) -> Trade:
        """Take an open trade back."""
        views = self._services.views
        outcome = desk.cancel_trade(
            views.book(self._agent_id), views.agent(self._agent_id), message.trade_id, message.reason
        )
        return _trade_of(await self._commit(outcome, message.principal))

    @handles(ResolveApproval)
    async def resolve_approval(self, message: ResolveApproval) -> Approval:
        """Post or void what an approval holds."""
        views = self._services.views
        book = views.book(self._agent_id)
        held = book.approvals.get(message.request_id)
        symbol = book.open_trades[held.trade_id].symbol if held is not None else ""
        outcome = desk.resolve_approval(
            book,
            views.agent(self._agent_id),
            message.request_id,
            message.decision,
            views.market.price(symbol) if held is not None else 0,
        )
        await self._commit(outcome, message.principal)
        assert outcome.approval is not None
        return outcome.approval

    @handles(ExpireApproval)
    async def expire_approval(self, message: ExpireApproval) -> bool:
        """Void what an approval holds if its time is over."""
        views = self._services.views
        outcome = desk.expire_approval(
            views.book(self._agent_id),
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
            views.book(self._agent_id),
            views.agent(self._agent_id),
            views.market.prices,
            self._services.clock.now_us(),
            self._services.ids.new,
        )
        if outcome.events:
            await self._commit(outcome, message.principal)

    async def _commit(
        self, outcome: Outcome, principal: Principal, claim: IdempotencyClaim | None = None
    ) -> tuple[Recorded, ...]:
        services = self._services
        commit = Commit(
            stream=self._agent_id,
            at_us=services.clock.now_us(),
            principal=principal,
            correlation_id=self.ctx.correlation_id,
            events=outcome.events,
            book=outcome.book,
            deliveries=deliveries_of(outcome.events, services.ids),
            claim=claim,
        )
        base = services.views.book(self._agent_id)
        committed = await ask(self.ctx.ref(paths.JOURNAL), Append(commit, base_book=base))
        return committed.recorded


def _trade_of(recorded: tuple[Recorded, ...]) -> Trade:
    """Return the trade that the last trade event of a commit, made now or under the same key before, shows."""
    for record in reversed(recorded):
        event = record.event
        if isinstance(event, TradeEventRecord | ApprovalRequested):
            return event.trade
    raise IdempotencyMismatch("the idempotency key was used with another kind of request; use a new key")
