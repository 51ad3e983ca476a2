"""What the floor keeps: agents, trades, approvals, usage and people, as frozen classes.

Times are microseconds since the Unix epoch (UTC), money is micro-dollars, quantities are whole shares.
"""

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from actors.alerts import ALERTS_DEFAULT, AlertConfig
from actors.hours import TradingHours
from actors.money import MICROS_PER_DOLLAR
from actors.orders import EXECUTED_TRADE_COST_MICROS
from actors.preferences import AssetPreferences
from actors.quick import quick
from actors.risk import PortfolioImpact, RiskAssessment


class AgentStatus(StrEnum):
    """Where an agent is in its life; `actors.lifecycle` has the steps between."""

    PAUSED = "paused"
    ACTIVE = "active"
    STOPPED = "stopped"
    FAILED = "failed"
    DELETED = "deleted"


class StrategyKind(StrEnum):
    """What drives an agent."""

    BALANCED = "balanced"
    AGGRESSIVE = "aggressive"
    CONSERVATIVE = "conservative"
    CUSTOM = "custom"


class Action(StrEnum):
    """The side of an order."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """When an order fills: at once, or when the price reaches its limit or stop."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class TimeInForce(StrEnum):
    """How long a resting order waits: to the end of the day (UTC), or until it is cancelled."""

    DAY = "day"
    GTC = "gtc"


class TradeStatus(StrEnum):
    """Where a trade is in its life; `actors.lifecycle` has the steps between."""

    PENDING = "pending"
    PENDING_APPROVAL = "pending_approval"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class ApprovalStatus(StrEnum):
    """Where an approval is: waiting, or resolved once and for all."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Role(StrEnum):
    """What a person may do; each role may do what the ones before it may."""

    VIEWER = "viewer"
    TRADER = "trader"
    APPROVER = "approver"
    ADMIN = "admin"


@frozen
class QuotaConfig:
    """What an agent may use in a month, API calls and metered cost; and what a trade costs of that (micro-dollars)."""

    api_calls: int = 10_000
    budget_per_month_micros: int = 10_000 * MICROS_PER_DOLLAR
    submission_cost_micros: int = 0
    execution_cost_micros: int = EXECUTED_TRADE_COST_MICROS

    @property
    def trade_cost_micros(self) -> int:
        """Return the metered cost of a trade that is submitted and executed."""
        return self.submission_cost_micros + self.execution_cost_micros


@quick
@frozen
class Agent:
    """One agent: whose it is, how it trades, and what limits it. `oversight_threshold_micros` None: the floor's."""

    agent_id: str
    user_id: str
    name: str
    strategy: StrategyKind
    status: AgentStatus
    risk_tolerance: int
    initial_budget_micros: int
    quota: QuotaConfig
    created_at_us: int
    updated_at_us: int
    preferences: AssetPreferences | None = None
    hours: TradingHours | None = None
    oversight_threshold_micros: int | None = None
    strategy_name: str | None = None
    failure_reason: str | None = None
    alerts: AlertConfig = ALERTS_DEFAULT


@quick
@frozen
class OrderRequest:
    """What somebody asks an agent to trade, validated but not decided."""

    symbol: str
    action: Action
    quantity: int
    order_type: OrderType = OrderType.MARKET
    limit_price_micros: int | None = None
    stop_price_micros: int | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    client_order_id: str | None = None
    reason: str | None = None


@quick
@frozen
class Trade:
    """One order and what became of it.

    `reference_price_micros` is the price when it was submitted or, of a resting order that is held for approval, when
    that was asked for. `triggered_at_us` is when the price reached the stop of a stop-limit order, which waits for its
    limit from then on. `submission_cost_micros` and `execution_cost_micros` are what it is metered with when it is
    submitted and when it is filled, by its agent's quota. `reserved_micros` and `reserved_quantity` are what it holds
    of the portfolio while it is open, zero afterwards.
    """

    trade_id: str
    agent_id: str
    symbol: str
    action: Action
    quantity: int
    order_type: OrderType
    time_in_force: TimeInForce
    status: TradeStatus
    submitted_at_us: int
    reference_price_micros: int
    autonomous: bool = False
    limit_price_micros: int | None = None
    stop_price_micros: int | None = None
    executed_at_us: int | None = None
    executed_price_micros: int | None = None
    fee_micros: int | None = None
    total_cost_micros: int | None = None
    approval_request_id: str | None = None
    failure_reason: str | None = None
    reason: str | None = None
    client_order_id: str | None = None
    reserved_micros: int = 0
    reserved_quantity: int = 0
    triggered_at_us: int | None = None
    submission_cost_micros: int = 0
    execution_cost_micros: int = EXECUTED_TRADE_COST_MICROS


@frozen
class Decision:
    """Who resolved an approval, how, over which channel (`http`, `slack`, `oversight`, `auto`), and why."""

    approved: bool
    approver_id: str
    approver_name: str
    channel: str
    reason: str | None
    at_us: int


@frozen
class Approval:
    """A trade that waits for a human: what it would do, until when, and what was decided."""

    request_id: str
    agent_id: str
    user_id: str
    trade_id: str
    status: ApprovalStatus
    reason: str
    estimated_value_micros: int
    price_tolerance_ppm: int
    risk: RiskAssessment
    impact: PortfolioImpact
    created_at_us: int
    expires_at_us: int
    decision: Decision | None = None


@quick
@frozen
class UsageLine:
    """Calls and metered cost of one kind of usage event."""

    calls: int
    cost_micros: int


@quick
@frozen
class Usage:
    """What an agent has used in one month (`period`, `YYYY-MM`, UTC)."""

    agent_id: str
    period: str
    api_calls: int = 0
    spent_micros: int = 0
    breakdown: Mapping[str, UsageLine] = field(factory=dict)


@frozen
class User:
    """A person who may sign in. `password_hash` is argon2id's encoded form."""

    user_id: str
    email: str
    role: Role
    password_hash: str
    created_at_us: int
    disabled: bool = False


@frozen
class Principal:
    """Who asks: a signed-in person, an agent's own key, an agent's strategy, or the floor itself."""

    user_id: str
    name: str
    role: Role
    agent_id: str | None = None


FLOOR = Principal(user_id="usr_floor", name="Tradefloor", role=Role.ADMIN)
"""The floor acting by itself: expiry, quarantine, purge."""
