"""The shapes of the contract: what an answer of the edge contains, as frozen classes.

Field names are those of the API in snake case. A field without a value is null on the wire, never absent.
"""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from attrs import frozen

from actors.hours import TradingHours
from actors.model import Action, AgentStatus, ApprovalStatus, OrderType, Role, StrategyKind, TimeInForce, TradeStatus
from actors.preferences import AssetPreferences
from actors.risk import RiskLevel
from net.wire.scalars import Dollars, Timestamp

ItemT = TypeVar("ItemT")


@frozen
class Listing(Generic[ItemT]):
    """A page of a listing. `next_cursor` asks for the page that follows; null: this was the last."""

    items: tuple[ItemT, ...]
    next_cursor: str | None


@frozen
class PositionShape:
    """Shares of one symbol. `price` is null, and the position counts at cost, where the market lists it no more."""

    symbol: str
    quantity: int
    average_cost: Dollars
    price: Dollars | None
    market_value: Dollars
    unrealized_pnl: Dollars


@frozen
class PortfolioShape:
    """A portfolio at current prices. `cash` includes what is `reserved`; `realized_pnl` is before fees."""

    value: Dollars
    cash: Dollars
    reserved: Dollars
    positions: tuple[PositionShape, ...]
    realized_pnl: Dollars
    unrealized_pnl: Dollars
    fees: Dollars


@frozen
class PortfolioReply:
    """A portfolio, under its name."""

    portfolio: PortfolioShape


@frozen
class AgentPortfolioShape:
    """The portfolio in brief, as part of an agent."""

    value: Dollars
    cash: Dollars
    positions: tuple[PositionShape, ...]


@frozen
class QuotaUsageShape:
    """What was used this month."""

    api_calls: int
    budget_spent: Dollars


@frozen
class QuotaShape:
    """What an agent may use in a month, and has used in this one."""

    api_calls: int
    budget_per_month: Dollars
    usage: QuotaUsageShape


@frozen
class AgentShape:
    """An agent. `oversight_threshold` null: the floor's default."""

    agent_id: str
    name: str
    strategy: StrategyKind
    status: AgentStatus
    risk_tolerance: int
    created_at: Timestamp
    updated_at: Timestamp
    portfolio: AgentPortfolioShape
    quota_config: QuotaShape
    asset_preferences: AssetPreferences | None
    trading_hours: TradingHours | None
    oversight_threshold: Dollars | None
    failure_reason: str | None


@frozen
class TradeShape:
    """One order and what became of it. `total_cost` of a sale is what it brought in, fees taken off."""

    trade_id: str
    agent_id: str
    symbol: str
    action: Action
    quantity: int
    order_type: OrderType
    limit_price: Dollars | None
    stop_price: Dollars | None
    time_in_force: TimeInForce
    status: TradeStatus
    submitted_at: Timestamp
    executed_at: Timestamp | None
    executed_price: Dollars | None
    fees: Dollars | None
    total_cost: Dollars | None
    approval_request_id: str | None
    failure_reason: str | None
    reason: str | None
    client_order_id: str | None


@frozen
class PriceShape:
    """A price, and how far it is from the first one of the day (UTC)."""

    symbol: str
    price: Dollars
    change: Dollars
    change_percent: float
    timestamp: Timestamp


@frozen
class RiskShape:
    """How risky a trade is. Shares are fractions of 1; `volatility` is per year, null where too little is known."""

    level: RiskLevel
    concentration: float
    herfindahl_index: float
    budget_share: float
    volatility: float | None
    worst_day_loss: Dollars | None
    factors: tuple[str, ...]


@frozen
class ImpactShape:
    """What a trade would do to the portfolio. Concentrations are fractions of the portfolio's value."""

    cash_before: Dollars
    cash_after: Dollars
    position_before: int
    position_after: int
    concentration_before: float
    concentration_after: float
    exposure_before: Dollars
    exposure_after: Dollars
    herfindahl_index_after: float


@frozen
class DecisionShape:
    """Who decided, what, and over which channel."""

    result: str
    approver_id: str
    approver_name: str
    channel: str
    reason: str | None
    timestamp: Timestamp


@frozen
class ApprovalShape:
    """A trade that waits, or waited, for a human."""

    request_id: str
    agent_id: str
    trade: TradeShape
    reason: str
    status: ApprovalStatus
    risk_assessment: RiskShape
    portfolio_impact: ImpactShape
    estimated_value: Dollars
    created_at: Timestamp
    expires_at: Timestamp
    decision: DecisionShape | None


@frozen
class QuotaLimitsShape:
    """What an agent may use in a month."""

    api_calls: int
    budget_per_month: Dollars


@frozen
class UsageLineShape:
    """What one kind of use amounts to."""

    calls: int
    cost: Dollars


@frozen
class UsageShape:
    """What an agent used in a month. `reset_date` is the start of the next month (UTC)."""

    agent_id: str
    period: str
    current_usage: QuotaUsageShape
    quota: QuotaLimitsShape
    breakdown: Mapping[str, UsageLineShape]
    reset_date: Timestamp


@frozen
class UserShape:
    """A person who may sign in."""

    user_id: str
    email: str
    role: Role


@frozen
class SessionShape:
    """A sign-in. `expires_in` is the time the token lives, in seconds."""

    token: str
    refresh_token: str
    expires_in: int
    user: UserShape


@frozen
class HealthShape:
    """How the program is. Each check is `ok`, or what is wrong."""

    status: str
    checks: Mapping[str, str]
    timestamp: Timestamp


@frozen
class AccountShape:
    """A person as an admin sees them."""

    user_id: str
    email: str
    role: Role
    disabled: bool
    created_at: Timestamp


@frozen
class KeyShape:
    """A key of an agent's program; `hint` is how the secret ends."""

    key_id: str
    agent_id: str
    name: str
    hint: str
    created_at: Timestamp


@frozen
class NewKeyShape:
    """A key that was just made, with its secret, which is shown this once."""

    key_id: str
    agent_id: str
    name: str
    hint: str
    created_at: Timestamp
    key: str


@frozen
class MeteredLineShape:
    """What one type of usage event amounts to at the metering service."""

    events: int
    api_calls: int
    cost: Dollars


@frozen
class MeteredUsageShape:
    """What the metering service knows of an agent's month."""

    agent_id: str
    period: str
    total_cost: Dollars
    total_calls: int
    breakdown: Mapping[str, MeteredLineShape]


@frozen
class MeteredQuotaShape:
    """What the metering service says is left of an agent's month."""

    agent_id: str
    allowed: bool
    remaining_api_calls: int
    remaining_budget: Dollars
    reset_date: Timestamp


@frozen
class AcceptedShape:
    """A usage event that was taken."""

    event_id: str


@frozen
class AgentRecordShape:
    """An agent as an event of the log has it: without portfolio and usage, which have events of their own."""

    agent_id: str
    name: str
    strategy: StrategyKind
    status: AgentStatus
    risk_tolerance: int
    created_at: Timestamp
    updated_at: Timestamp
    quota_config: QuotaLimitsShape
    asset_preferences: AssetPreferences | None
    trading_hours: TradingHours | None
    oversight_threshold: Dollars | None
    failure_reason: str | None


@frozen
class UsageAlertShape:
    """A threshold that was crossed; amounts of money are dollars."""

    kind: str
    percent: int
    used: float
    limit: float
    period: str


@frozen
class ActorShape:
    """Who did something."""

    user_id: str
    name: str
    role: Role
    agent_id: str | None


@frozen
class EventShape:
    """An event of the log in its place; `data` is what it is about, as it stood afterwards."""

    type: str
    agent_id: str | None
    seq: int
    timestamp: Timestamp
    correlation_id: str | None
    actor: ActorShape
    data: dict[str, Any]


@frozen
class VersionShape:
    """Which program this is, and where its documents are."""

    name: str
    version: str
    documentation: str
    openapi: str
    asyncapi: str
