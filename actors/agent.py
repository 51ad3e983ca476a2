"""One agent: its status, its strategy, and the door through which its trades go.

The strategy decides when the market wakes the agent, and says when it wants to look again. Whatever it raises is this
actor's crash: the supervisor restarts it with backoff, and quarantines it when it keeps crashing. The portfolio lives
next door and is untouched by that.
"""

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from attrs import evolve

from actors import paths
from actors.approval import start_approval
from actors.asking import ask
from actors.book import Book
from actors.desk import is_held
from actors.errors import FloorBusy, JournalUnavailable, QuotaExceeded, TradeNotFound
from actors.events import AgentStatusChanged, AgentUpdated, Event
from actors.hours import is_open, next_open_us
from actors.lifecycle import TradeEvent, next_agent_status, next_trade_state
from actors.messages import (
    Append,
    AwaitMove,
    CancelAwait,
    CancelOpenTrade,
    CancelTrade,
    ChangeAlerts,
    ChangeSettings,
    ChangeStatus,
    FinishStop,
    Liquidate,
    PlaceOrder,
    PlaceOrders,
    RenewLease,
    SubmitTrade,
    TakeQuota,
    TakeUpChange,
    Wake,
)
from actors.model import Agent, AgentStatus, OrderRequest, Principal, Role, Trade
from actors.outbound import news_of, quota_delivery
from actors.ports.journal import Commit, Delivery, IdempotencyClaim
from actors.preferences import permitted_symbols
from actors.quota import crossings_by_change, usage_at
from actors.refusals import cause_of
from actors.services import Services
from actors.strategies.base import Intent, PortfolioView, Strategy, StrategyConfig
from actors.strategies.chance import stream_of
from actors.strategies.registry import BrokenPluginError
from supervisor import Actor, ActorRef, Refusal, handles
from supervisor.errors import MailboxFull, SupervisorError

RETRY_US: Final = 5_000_000
"""How soon an agent looks again after its orders were refused for a passing reason."""

FINISH_AGAIN_S: Final = 1.0
"""How soon a liquidation that could not be committed is tried again."""

_log = logging.getLogger(__name__)


class AgentActor(Actor):
    """Takes an agent's trades, from its owner and from its strategy, and changes its status and settings."""

    _agent_id: str
    _rng: np.random.Generator
    _known: Agent
    """The agent as this actor last acted on it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._strategy: Strategy | None = None
        self._decisions = 0
        self._last_refusal: str | None = None

    def inspect(self) -> Mapping[str, object]:
        """Show the agent's standing and its strategy's last word."""
        agent = self._agent
        return {
            "name": agent.name,
            "status": agent.status.value,
            "strategy": agent.strategy.value,
            "decisions": self._decisions,
            "last_refusal": self._last_refusal,
        }

    async def started(self) -> None:
        """Take up what a crash or a restart left: pending approvals, an unfinished stop, the strategy's turn."""
        self._agent_id = paths.agent_id_of(self.ctx.path)
        self._rng = stream_of(self._services.seed, self._agent_id)
        self._known = self._agent
        for request_id in self._book.approvals:
            self._start_approval(request_id)
        if self._agent.status is AgentStatus.ACTIVE:
            self._wake_itself()
        elif self._agent.status is AgentStatus.STOPPED:
            await self._finish_stop(_by_itself(self._agent))

    @handles(SubmitTrade)
    async def submit_trade(self, message: SubmitTrade) -> Trade:
        """Trade what the owner, or the owner's program, asks for."""
        return await self._submit(message.order, message.principal, message.claim)

    @handles(CancelTrade)
    async def cancel_trade(self, message: CancelTrade) -> Trade:
        """Take an open trade back. Raises IllegalTransition when it has ended, TradeNotFound when there is none."""
        reason = f"cancelled by {message.principal.name}"
        try:
            return await ask(self._portfolio, CancelOpenTrade(message.trade_id, reason, message.principal))
        except TradeNotFound:
            trade = await self._services.history.trade(self._agent_id, message.trade_id)
            if trade is not None:
                next_trade_state(trade.status, TradeEvent.CANCEL)
            raise

    @handles(ChangeStatus)
    async def change_status(self, message: ChangeStatus) -> Agent:
        """Pause, resume, stop or delete the agent. A change to the status it has already is no event."""
        agent = self._agent
        status = next_agent_status(agent.status, message.event)
        if status is agent.status:
            return agent
        if status is AgentStatus.DELETED and self._holds_anything():
            # First, since nobody looks after an agent once it is deleted.
            await ask(self._portfolio, Liquidate(message.principal))
        changed = evolve(
            agent, status=status, failure_reason=message.reason, updated_at_us=self._services.clock.now_us()
        )
        await self._commit(changed, (AgentStatusChanged(changed),), message.principal)
        await self._enter_status(message.principal)
        return changed

    @handles(TakeUpChange)
    async def take_up_change(self, _message: TakeUpChange) -> None:
        """Act on a change that became true when nobody waited for it any more."""
        agent = self._agent
        if agent is not self._known:
            self._known = agent
            self._strategy = None
            await self._enter_status(_by_itself(agent))

    @handles(FinishStop)
    async def finish_stop(self, _message: FinishStop) -> None:
        """Liquidate, where that could not be done before."""
        await self._finish_stop(_by_itself(self._agent))

    @handles(ChangeSettings)
    async def change_settings(self, message: ChangeSettings) -> Agent:
        """Go on with other settings; the strategy is made anew from them."""
        agent, settings = self._agent, message.settings
        changed = evolve(
            agent,
            name=settings.name,
            risk_tolerance=settings.risk_tolerance,
            quota=settings.quota,
            preferences=settings.preferences,
            hours=settings.hours,
            oversight_threshold_micros=settings.oversight_threshold_micros,
            updated_at_us=self._services.clock.now_us(),
        )
        deliveries = (quota_delivery(changed),) if changed.quota != agent.quota else ()
        await self._commit(changed, self._update(changed), message.principal, deliveries)
        self._strategy = None
        if changed.status is AgentStatus.ACTIVE:
            self._wake_itself()
        return changed

    @handles(ChangeAlerts)
    async def change_alerts(self, message: ChangeAlerts) -> Agent:
        """Have the owner told of other things, or over other channels."""
        changed = evolve(self._agent, alerts=message.alerts, updated_at_us=self._services.clock.now_us())
        await self._commit(changed, self._update(changed), message.principal)
        return changed

    @handles(Wake)
    async def wake(self, _message: Wake) -> None:
        """Let the strategy decide, submit what it wants, and wait for what it wants to see next."""
        agent, market = self._agent, self._services.views.market
        if agent.status is not AgentStatus.ACTIVE:
            return
        if agent.hours is not None and not is_open(agent.hours, market.at_us):
            await self._await(AwaitMove(self._agent_id, (), next_open_us(agent.hours, market.at_us)))
            return
        strategy = self._ready_strategy(agent)
        self._decisions += 1
        book, portfolio = self._book, self._portfolio_view()
        intents = strategy.decide(market.view, portfolio, self._rng)
        if intents:
            retry_at_us = await self._try(intents, agent)
            if retry_at_us is not None:
                await self._await(AwaitMove(self._agent_id, (), retry_at_us))
                return
        view = self._services.views.market.view
        if self._book is not book or view is not market.view:
            portfolio = self._portfolio_view()
        wanted = strategy.wake(view, portfolio, self._rng)
        unknown = {band.symbol for band in wanted.bands} - view.prices.keys()
        if unknown:
            raise BrokenPluginError(f"the strategy waits for symbols that the market does not list: {sorted(unknown)}")
        await self._await(AwaitMove(self._agent_id, wanted.bands, wanted.at_us))

    async def _try(self, intents: Sequence[Intent], agent: Agent) -> int | None:
        """Submit what the strategy wants; return when to try again if any of it was refused, None if nothing was.

        A symbol with a trade that waits for approval is left alone. Orders that rest are no obstacle, since somebody
        else placed them.
        """
        orders = [
            # A strategy's number may be one of NumPy's.
            OrderRequest(intent.symbol, intent.action, int(intent.quantity), reason=intent.reason)
            for intent in intents
            if not is_held(self._book, intent.symbol)
        ]
        refusal = await self._submit_all(orders, _by_itself(agent))
        if refusal is None:
            return None
        now_us = self._services.clock.now_us()
        self._last_refusal = str(refusal)
        self._services.refusals.add(self._agent_id, cause_of(refusal), now_us)
        return refusal.reset_at_us if isinstance(refusal, QuotaExceeded) else now_us + RETRY_US

    async def _submit_all(self, orders: Sequence[OrderRequest], principal: Principal) -> Refusal | None:
        """Have the orders of one decision placed together, as far as the quota goes; return what refused the next."""
        granted, refusal = 0, None
        while granted < len(orders):
            try:
                granted += await self._take_quota(len(orders) - granted)
            except Refusal as error:
                refusal = error
                break
        if not granted:
            return refusal
        _log.debug("its strategy wants %d orders, %d are granted", len(orders), granted)
        try:
            placed = await ask(self._portfolio, PlaceOrders(tuple(orders[:granted]), principal))
        except Refusal as error:
            return error
        for trade in placed.trades:
            self._start_approval_of(trade)
        return placed.refusal or refusal

    async def _submit(self, order: OrderRequest, principal: Principal, claim: IdempotencyClaim | None) -> Trade:
        _log.debug("takes an order: %s %d %s", order.action.value, order.quantity, order.symbol)
        await self._take_quota()
        trade = await ask(self._portfolio, PlaceOrder(order, principal, claim))
        self._start_approval_of(trade)
        return trade

    async def _take_quota(self, wanted: int = 1) -> int:
        """Take submissions out of the lease, or ask the facade for one; return how many, of those that are wanted.

        Raises what the facade refuses with.
        """
        leases, now_us = self._services.leases, self._services.clock.now_us()
        granted = leases.take(self._agent_id, now_us, wanted)
        if not granted:
            await ask(self.ctx.ref(paths.METERING), TakeQuota(self._agent_id))
            return 1
        if leases.claim_renewal(self._agent_id, now_us):
            self._renew_lease()
        return granted

    def _renew_lease(self) -> None:
        """Have the facade take out a new lease; where it is too busy for that, the lease is renewed a little later."""
        try:
            self.ctx.ref(paths.METERING).tell_nowait(RenewLease(self._agent_id))
        except SupervisorError as error:
            _log.debug("the lease is renewed later: %s", error)

    def _start_approval_of(self, trade: Trade) -> None:
        request_id = trade.approval_request_id
        if request_id is not None and request_id in self._book.approvals:
            self._start_approval(request_id)

    async def _enter_status(self, principal: Principal) -> None:
        """Do what comes of the agent's status."""
        status = self._agent.status
        if status is AgentStatus.ACTIVE:
            self._wake_itself()
        else:
            await self._rest()
        if status is AgentStatus.STOPPED:
            await self._finish_stop(principal)

    async def _finish_stop(self, principal: Principal) -> None:
        """Liquidate what a stopped agent still holds, again and again until it is done."""
        if not self._holds_anything():
            return
        try:
            await ask(self._portfolio, Liquidate(principal))
        except (JournalUnavailable, FloorBusy) as refusal:
            _log.warning("%s is liquidated later: %s", self._agent_id, refusal)
            self.ctx.tell_later(FINISH_AGAIN_S, FinishStop())

    def _wake_itself(self) -> None:
        """Let the strategy have its turn after the messages that wait; a full mailbox takes it in all the same."""
        wake = Wake(self._services.views.market.tick)
        try:
            self.ctx.self_ref.tell_nowait(wake)
        except MailboxFull:
            self.ctx.tell_later(0, wake)

    def _start_approval(self, request_id: str) -> None:
        start_approval(self.ctx, self._agent_id, request_id, self._services)

    async def _commit(
        self, agent: Agent, events: tuple[Event, ...], principal: Principal, deliveries: tuple[Delivery, ...] = ()
    ) -> None:
        commit = Commit(
            stream=self._agent_id,
            at_us=agent.updated_at_us,
            principal=principal,
            correlation_id=self.ctx.correlation_id,
            events=events,
            agent=agent,
            deliveries=deliveries + news_of(agent, events, agent.updated_at_us, self._services.ids),
        )
        await ask(self.ctx.ref(paths.JOURNAL), Append(commit, base_agent=self._agent))
        self._known = agent

    def _update(self, changed: Agent) -> tuple[Event, ...]:
        """Return the events of a change of settings: it may put a threshold below what was used already."""
        usage = usage_at(self._book.usage, changed.updated_at_us)
        return (AgentUpdated(changed), *crossings_by_change(self._agent, changed, usage))

    def _ready_strategy(self, agent: Agent) -> Strategy:
        if self._strategy is None:
            permitted = permitted_symbols(agent.preferences, tuple(self._services.views.market.prices))
            config = StrategyConfig(
                agent.risk_tolerance, agent.initial_budget_micros, permitted, self._services.pace.review_us
            )
            self._strategy = self._services.make_strategy(agent, config)
        return self._strategy

    def _portfolio_view(self) -> PortfolioView:
        portfolio = self._book.portfolio
        return PortfolioView(
            free_cash_micros=portfolio.free_micros,
            equity_micros=portfolio.equity_micros(self._services.views.market.prices),
            positions=MappingProxyType(portfolio.positions),
        )

    async def _await(self, message: AwaitMove) -> None:
        market = self.ctx.ref(paths.MARKET)
        try:
            market.tell_nowait(message)
        except MailboxFull:
            await market.tell(message)

    async def _rest(self) -> None:
        await self.ctx.ref(paths.MARKET).tell(CancelAwait(self._agent_id))

    def _holds_anything(self) -> bool:
        return bool(self._book.portfolio.positions or self._book.open_trades)

    @property
    def _agent(self) -> Agent:
        return self._services.views.agent(self._agent_id)

    @property
    def _book(self) -> Book:
        return self._services.views.book(self._agent_id)

    @property
    def _portfolio(self) -> ActorRef:
        return self.ctx.ref(paths.portfolio(self._agent_id))


def _by_itself(agent: Agent) -> Principal:
    """Return the agent as the one who asks: its strategy, for its owner."""
    return Principal(agent.user_id, agent.name, Role.TRADER, agent.agent_id)
