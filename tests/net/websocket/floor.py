"""A floor in miniature for the sockets' tests: commits events, keeps them, shows them, and publishes them."""

from collections.abc import Callable, Sequence
from functools import partial

import trio
from attrs import evolve

from actors.book import open_book
from actors.events import (
    AgentCreated,
    ApprovalCancelled,
    ApprovalRequested,
    Event,
    Recorded,
    TradeCreated,
    TradeExecuted,
)
from actors.model import (
    FLOOR,
    Action,
    Agent,
    AgentStatus,
    Approval,
    ApprovalStatus,
    OrderRequest,
    OrderType,
    Principal,
    QuotaConfig,
    Role,
    StrategyKind,
    TimeInForce,
    Trade,
    TradeStatus,
)
from actors.risk import PortfolioImpact, RiskAssessment, RiskLevel
from actors.strategies.base import MarketView
from actors.views import FloorViews, MarketSnapshot
from net.auth.errors import TokenInvalid
from net.auth.identity import Identity
from net.websocket.hub import Hub
from net.websocket.limits import DEFAULT_LIMITS, Limits
from net.websocket.ports import Services
from net.websocket.trading import visible_agent

NOW_US = 1_770_000_000_000_000
FOREVER_US = 4_000_000_000_000_000


class MiniFloor:
    """Agents, their events and the hub. Ids are readable; times do not move by themselves."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.views = FloorViews()
        self.limits = limits
        self.hub = Hub(self.views, limits)
        self.log: list[Recorded] = []
        self.unavailable: Exception | None = None
        """When set, reading what was committed raises it."""
        self.reads = 0
        self.reading: trio.Event | None = None
        """When set, reading what was committed waits for it."""
        self.unpublished: list[Callable[[], None]] | None = None
        """While a list, commits are stored but not shown: the moment between the transaction and its publication."""
        self.identities: dict[str, Identity] = {}
        self.now_us_value = NOW_US
        self._ids = 0

    def services(self) -> Services:
        """Return what a session works with."""
        return Services(self.recognise, self.submit, self, self, self, self.limits)  # type: ignore[arg-type]  # One query of History is asked.

    def now_us(self) -> int:
        """Return the floor's time."""
        return self.now_us_value

    def new(self, prefix: str) -> str:
        """Return the next id."""
        self._ids += 1
        return f"{prefix}_{self._ids}"

    async def recognise(self, credential: str) -> Identity:
        """Return whose credential it is."""
        if self.unavailable is not None:
            raise self.unavailable
        identity = self.identities.get(credential)
        if identity is None:
            raise TokenInvalid("the token was not issued here")
        return identity

    def let_in(
        self, user_id: str, role: Role = Role.TRADER, agent_id: str | None = None, good_until_us: int = FOREVER_US
    ) -> str:
        """Return a token of a user, which a later one for the same user and agent replaces."""
        token = f"token-of-{agent_id or user_id}"
        principal = Principal(user_id, user_id, role, agent_id)
        self.identities[token] = Identity(principal, f"{user_id}@example.com", None, good_until_us, None)
        return token

    async def submit(self, agent_id: str, order: OrderRequest, identity: Identity) -> Trade:
        """Commit an order as filled."""
        visible_agent(agent_id, identity.principal, self.views)
        return self.trade(agent_id, order.symbol)[-1]

    async def events(self, streams: Sequence[str] | None, after_seq: int, limit: int) -> Sequence[Recorded]:
        """Return events by sequence, as `History.events` does."""
        self.reads += 1
        await trio.lowlevel.checkpoint()
        if self.unavailable is not None:
            raise self.unavailable
        found = [item for item in self.log[after_seq:] if streams is None or item.stream in streams]
        page = found[:limit]
        if self.reading is not None:
            await self.reading.wait()
        return page

    def add_agent(self, agent_id: str, user_id: str) -> Agent:
        """Commit a new agent."""
        agent = Agent(
            agent_id=agent_id,
            user_id=user_id,
            name=agent_id,
            strategy=StrategyKind.CUSTOM,
            status=AgentStatus.PAUSED,
            risk_tolerance=5,
            initial_budget_micros=100_000_000_000,
            quota=QuotaConfig(),
            created_at_us=NOW_US,
            updated_at_us=NOW_US,
        )
        self.commit(agent_id, AgentCreated(agent), agent=agent)
        return agent

    def trade(self, agent_id: str, symbol: str = "AAPL") -> tuple[Trade, ...]:
        """Commit a trade that fills at once: two events, and a changed book."""
        created = Trade(
            trade_id=self.new("trd"),
            agent_id=agent_id,
            symbol=symbol,
            action=Action.BUY,
            quantity=1,
            order_type=OrderType.MARKET,
            time_in_force=TimeInForce.DAY,
            status=TradeStatus.PENDING,
            submitted_at_us=NOW_US,
            reference_price_micros=150_000_000,
        )
        executed = evolve(created, status=TradeStatus.COMPLETED, executed_at_us=NOW_US)
        self.commit(agent_id, TradeCreated(created), TradeExecuted(executed), changes_book=True)
        return created, executed

    def request_approval(self, agent_id: str) -> Approval:
        """Commit an approval request, and no other change."""
        trade = evolve(self.trade(agent_id)[0], status=TradeStatus.PENDING_APPROVAL)
        approval = Approval(
            request_id=self.new("ovr"),
            agent_id=agent_id,
            user_id=self.views.agents[agent_id].user_id,
            trade_id=trade.trade_id,
            status=ApprovalStatus.PENDING,
            reason="the notional exceeds the threshold",
            estimated_value_micros=75_000_000_000,
            price_tolerance_ppm=20_000,
            risk=RiskAssessment(RiskLevel.LOW, 0.1, 0.1, 0.1, None, None, ()),
            impact=PortfolioImpact(0, 0, 0, 0, 0.0, 0.0, 0, 0, 0.0),
            created_at_us=NOW_US,
            expires_at_us=NOW_US + 600_000_000,
        )
        self.commit(agent_id, ApprovalRequested(approval, trade))
        return approval

    def cancel_approval(self, approval: Approval) -> None:
        """Commit an event that stays inside."""
        trade = self.trade(approval.agent_id)[0]
        self.commit(approval.agent_id, ApprovalCancelled(approval, trade), changes_book=True)

    def commit(self, stream: str, *events: Event, agent: Agent | None = None, changes_book: bool = False) -> int:
        """Commit events, show and publish them as the journal does, and return the last sequence."""
        recorded = []
        for event in events:
            item = Recorded(len(self.log) + 1, stream, 1, self.now_us_value, None, FLOOR, event)
            self.log.append(item)
            recorded.append(item)
        show = partial(self._show, stream, recorded, agent, changes_book)
        if self.unpublished is None:
            show()
        else:
            self.unpublished.append(show)
        return self.log[-1].seq

    def publish_all(self) -> None:
        """Show and publish what was held back, and hold nothing back any more."""
        waiting, self.unpublished = self.unpublished or [], None
        for show in waiting:
            show()

    def _show(self, stream: str, recorded: Sequence[Recorded], agent: Agent | None, changes_book: bool) -> None:
        """Each change of a book adds a micro-dollar of fees, so that portfolios can be told apart."""
        book = None
        if agent is not None:
            book = open_book(agent)
        elif changes_book:
            before = self.views.books[stream]
            ledger = before.portfolio
            book = evolve(before, portfolio=evolve(ledger, fees_micros=ledger.fees_micros + 1))
        self.views.publish(agent, book)
        self.views.last_seq = recorded[-1].seq
        self.hub.publish(recorded, agent, book)

    def tick(self, price_micros: int) -> None:
        """Publish prices."""
        snapshot = MarketSnapshot(1, MarketView(self.now_us_value, {"AAPL": price_micros}), {"AAPL": 150_000_000}, 1.0)
        self.views.market = snapshot
        self.hub.publish_market(snapshot)
