"""The bodies of requests: frozen classes whose annotations are the rules, and what they say to trading.

Money is micro-dollars once it is parsed. A field that may be left out has a default; null means the same as leaving it
out, except in `AgentChanges`, where null clears what was set.
"""

from enum import Enum, StrEnum
from typing import Annotated, Any, ClassVar, Final

from attrs import evolve, frozen

from actors import preferences
from actors.hours import InvalidHoursError, TradingHours
from actors.messages import AgentSettings, NewAgent
from actors.model import Action, Agent, OrderRequest, OrderType, QuotaConfig, Role, StrategyKind, TimeInForce, User
from actors.money import MICROS_PER_DOLLAR
from actors.preferences import AssetPreferences, InvalidPreferencesError
from actors.strategies.registry import StrategyError, require_plugin
from net.wire.rules import TRIMMED, Choice, Doc, FieldError, Flag, Integer, ListOf, Money, Text

BUDGET: Final = Money(100 * MICROS_PER_DOLLAR, 100_000 * MICROS_PER_DOLLAR)
THRESHOLD: Final = Money(0, 10_000_000 * MICROS_PER_DOLLAR)
PRICE: Final = Money(10_000, 1_000_000 * MICROS_PER_DOLLAR)
NAME: Final = Text(
    min_length=3,
    max_length=100,
    pattern=TRIMMED,
    wanted="one line of text without control characters, or spaces around it",
)
SYMBOL: Final = Text(max_length=12, pattern=r"^[A-Z][A-Z0-9.\-]*$", wanted="a symbol in capitals, such as AAPL")
REASON: Final = Text(max_length=500)
RISK_TOLERANCE: Final = Integer(1, 10)
QUANTITY_MAX: Final = 1_000_000


class Absent(Enum):
    """Marks a field of a change that was left out, which null is not."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@frozen
class QuotaBody:
    """What an agent may use in a month. What is left out keeps its value, which is the default for a new agent."""

    api_calls: Annotated[int | None, Integer(1_000, 100_000), Doc("API calls a month.", 10_000)] = None
    budget_per_month: Annotated[
        int | None,
        Money(1_000 * MICROS_PER_DOLLAR, 100_000 * MICROS_PER_DOLLAR),
        Doc("Metered cost a month, in dollars.", 10_000),
    ] = None

    def quota(self, before: QuotaConfig) -> QuotaConfig:
        """Return the quota that follows from `before`."""
        return evolve(
            before,
            api_calls=before.api_calls if self.api_calls is None else self.api_calls,
            budget_per_month_micros=(
                before.budget_per_month_micros if self.budget_per_month is None else self.budget_per_month
            ),
        )


@frozen
class PreferencesBody:
    """Which symbols an agent may trade by itself; empty lists mean all of the market."""

    symbols: Annotated[
        tuple[str, ...], ListOf(SYMBOL, preferences.NAMES_MAX), Doc("Symbols that are permitted.", ["AAPL", "MSFT"])
    ] = ()
    sectors: Annotated[
        tuple[str, ...],
        ListOf(Text(max_length=40), preferences.NAMES_MAX),
        Doc("Sectors that are permitted.", ["technology"]),
    ] = ()
    excluded_symbols: Annotated[
        tuple[str, ...], ListOf(SYMBOL, preferences.NAMES_MAX), Doc("Symbols that are not.", ["TSLA"])
    ] = ()

    def __attrs_post_init__(self) -> None:
        """Refuse preferences that the market cannot meet."""
        try:
            preferences.check(self.preferences())
        except InvalidPreferencesError as error:
            raise FieldError(str(error), error.field) from error

    def preferences(self) -> AssetPreferences:
        """Return the preferences as trading knows them."""
        return AssetPreferences(self.symbols, self.sectors, self.excluded_symbols)


_CLOCK: Final = Text(
    min_length=5, max_length=5, pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", wanted="a time of day such as 09:30"
)

_ZONE: Final = Text(max_length=64, pattern=r"^[A-Z][A-Za-z0-9_+\-/]*$", wanted="an IANA name such as Europe/Paris")
"""Files beside the zones, such as `localtime`, begin small, and each machine has its own."""


@frozen
class HoursBody:
    """The part of each day in which an agent trades by itself; an end before the start runs over midnight."""

    start: Annotated[str, _CLOCK, Doc("The first minute, local time.", "09:30")]
    end: Annotated[str, _CLOCK, Doc("The first minute after it, local time.", "16:00")]
    timezone: Annotated[str, _ZONE, Doc("The time zone's IANA name.", "America/New_York")] = "UTC"

    def __attrs_post_init__(self) -> None:
        """Refuse a time zone that nobody knows."""
        try:
            self.hours()
        except InvalidHoursError as error:
            raise FieldError(str(error), error.field) from error

    def hours(self) -> TradingHours:
        """Return the hours as trading knows them."""
        return TradingHours(self.start, self.end, self.timezone)


@frozen
class AgentBody:
    """An agent that is to be made."""

    name: Annotated[str, NAME, Doc("What the agent is called.", "Growth desk")]
    strategy: Annotated[StrategyKind, Choice(StrategyKind), Doc("What drives it.", "balanced")]
    initial_budget: Annotated[int, BUDGET, Doc("Its cash at the start, in dollars.", 100_000)]
    risk_tolerance: Annotated[int, RISK_TOLERANCE, Doc("From cautious (1) to bold (10).", 5)]
    quota_config: Annotated[QuotaBody | None, Doc("What it may use in a month.")] = None
    asset_preferences: Annotated[PreferencesBody | None, Doc("Which symbols it may trade.")] = None
    trading_hours: Annotated[HoursBody | None, Doc("When it may trade.")] = None
    oversight_threshold: Annotated[
        int | None, THRESHOLD, Doc("A trade above this many dollars waits for approval; null: the floor's.", 50_000)
    ] = None
    strategy_name: Annotated[
        str | None,
        Text(min_length=1, max_length=100),
        Doc("Of a custom agent: the installed strategy that drives it; null: programs over the API do.", None),
    ] = None

    def __attrs_post_init__(self) -> None:
        """Refuse a strategy that no installed package offers."""
        if self.strategy_name is not None:
            try:
                require_plugin(self.strategy, self.strategy_name)
            except StrategyError as error:
                raise FieldError(str(error), "strategyName") from error

    def new_agent(self) -> NewAgent:
        """Return what trading is asked for."""
        return NewAgent(
            name=self.name,
            strategy=self.strategy,
            initial_budget_micros=self.initial_budget,
            risk_tolerance=self.risk_tolerance,
            quota=(self.quota_config or QuotaBody()).quota(QuotaConfig()),
            preferences=None if self.asset_preferences is None else self.asset_preferences.preferences(),
            hours=None if self.trading_hours is None else self.trading_hours.hours(),
            oversight_threshold_micros=self.oversight_threshold,
            strategy_name=self.strategy_name,
        )


@frozen
class AgentChanges:
    """What is to change of an agent; what is left out stays, null clears."""

    name: Annotated[str | Absent, NAME, Doc("What the agent is called.", "Growth desk")] = ABSENT
    risk_tolerance: Annotated[int | Absent, RISK_TOLERANCE, Doc("From cautious (1) to bold (10).", 5)] = ABSENT
    quota_config: Annotated[QuotaBody | Absent, Doc("What it may use in a month.")] = ABSENT
    asset_preferences: Annotated[PreferencesBody | Absent | None, Doc("Which symbols it may trade.")] = ABSENT
    trading_hours: Annotated[HoursBody | Absent | None, Doc("When it may trade.")] = ABSENT
    oversight_threshold: Annotated[
        int | Absent | None,
        THRESHOLD,
        Doc("A trade above this many dollars waits for approval; null: the floor's.", 50_000),
    ] = ABSENT

    def settings(self, agent: Agent) -> AgentSettings:
        """Return the agent's settings with the changes made."""
        hours, assets = self.trading_hours, self.asset_preferences
        return AgentSettings(
            name=agent.name if self.name is ABSENT else self.name,
            risk_tolerance=agent.risk_tolerance if self.risk_tolerance is ABSENT else self.risk_tolerance,
            quota=agent.quota if self.quota_config is ABSENT else self.quota_config.quota(agent.quota),
            preferences=agent.preferences if assets is ABSENT else None if assets is None else assets.preferences(),
            hours=agent.hours if hours is ABSENT else None if hours is None else hours.hours(),
            oversight_threshold_micros=(
                agent.oversight_threshold_micros if self.oversight_threshold is ABSENT else self.oversight_threshold
            ),
        )


def _belongs(price: str, *kinds: OrderType) -> dict[str, Any]:
    """Say in JSON Schema that a price is given for these types of order, and for no others."""
    of_these = {"properties": {"orderType": {"enum": [kind.value for kind in kinds]}}, "required": ["orderType"]}
    given = {"properties": {price: {"type": "number"}}, "required": [price]}
    return {"if": of_these, "then": given, "else": {"properties": {price: {"type": "null"}}}}


@frozen
class TradeBody:
    """An order. `limitPrice` belongs to limit and stop_limit orders, `stopPrice` to stop and stop_limit orders."""

    SCHEMA: ClassVar = {
        "allOf": [
            _belongs("limitPrice", OrderType.LIMIT, OrderType.STOP_LIMIT),
            _belongs("stopPrice", OrderType.STOP, OrderType.STOP_LIMIT),
        ]
    }

    symbol: Annotated[str, SYMBOL, Doc("What is traded.", "AAPL")]
    action: Annotated[Action, Choice(Action), Doc("Whether it is bought or sold.", "buy")]
    quantity: Annotated[int, Integer(1, QUANTITY_MAX), Doc("How many shares.", 10)]
    order_type: Annotated[OrderType, Choice(OrderType), Doc("When it fills.", "market")] = OrderType.MARKET
    limit_price: Annotated[int | None, PRICE, Doc("The worst price that is accepted, in dollars.")] = None
    stop_price: Annotated[int | None, PRICE, Doc("The price that triggers the order, in dollars.")] = None
    time_in_force: Annotated[TimeInForce, Choice(TimeInForce), Doc("How long a resting order waits.", "day")] = (
        TimeInForce.DAY
    )
    client_order_id: Annotated[
        str | None,
        Text(max_length=64, pattern=r"^[A-Za-z0-9._:\-]+$", wanted="letters, digits and any of . _ : -"),
        Doc("The client's own name for the order, unique for the agent.", "order-0001"),
    ] = None
    reason: Annotated[str | None, REASON, Doc("Why, for whoever looks at it.", "rebalancing")] = None

    def __attrs_post_init__(self) -> None:
        """Refuse prices that do not belong to the type of order, and the absence of those that do."""
        limited = self.order_type in {OrderType.LIMIT, OrderType.STOP_LIMIT}
        stopped = self.order_type in {OrderType.STOP, OrderType.STOP_LIMIT}
        for name, price, wanted in (("limitPrice", self.limit_price, limited), ("stopPrice", self.stop_price, stopped)):
            if wanted and price is None:
                raise FieldError(f"is required for a {self.order_type} order", name)
            if price is not None and not wanted:
                raise FieldError(f"must not be given for a {self.order_type} order", name)

    def order(self) -> OrderRequest:
        """Return the order as trading knows it."""
        return OrderRequest(
            symbol=self.symbol,
            action=self.action,
            quantity=self.quantity,
            order_type=self.order_type,
            limit_price_micros=self.limit_price,
            stop_price_micros=self.stop_price,
            time_in_force=self.time_in_force,
            client_order_id=self.client_order_id,
            reason=self.reason,
        )


class DecisionResult(StrEnum):
    """What an approver may say."""

    APPROVED = "approved"
    REJECTED = "rejected"


@frozen
class DecisionBody:
    """What an approver says, and why."""

    decision: Annotated[DecisionResult, Choice(DecisionResult), Doc("What is decided.", "approved")]
    reason: Annotated[str | None, REASON, Doc("Why.", "within the mandate")] = None


@frozen
class ReasonBody:
    """Why something is decided."""

    reason: Annotated[str | None, REASON, Doc("Why.", "within the mandate")] = None


EMAIL: Final = Text(
    min_length=3,
    max_length=254,
    pattern=r"^[^@\x00-\x20\x7f]+@[^@\x00-\x20\x7f]+$",
    wanted="an e-mail address",
)
ANY_LINE: Final = r"^[^\x00-\x1f\x7f]+$"
"""Nobody reads it, so it may hold what other text may not."""


@frozen
class LoginBody:
    """An address and its password."""

    email: Annotated[str, EMAIL, Doc("The e-mail address.", "demo@example.com")]
    password: Annotated[str, Text(max_length=256, pattern=ANY_LINE), Doc("The password.", "demo123")]


@frozen
class RefreshBody:
    """A refresh token."""

    refresh_token: Annotated[
        str, Text(max_length=512), Doc("The newest refresh token of the sign-in.", "ses_8c1d0f5e7a92.b3BhcXVl")
    ]


NEW_PASSWORD: Final = Text(min_length=8, max_length=256, pattern=ANY_LINE)


@frozen
class UserBody:
    """A person who is to be added."""

    email: Annotated[str, EMAIL, Doc("The e-mail address, which they sign in with.", "ada@example.com")]
    role: Annotated[Role, Choice(Role), Doc("What they may do.", "trader")]
    password: Annotated[str, NEW_PASSWORD, Doc("Their first password.", "correct horse battery")]


@frozen
class UserChanges:
    """What is to change of a person; what is left out stays."""

    role: Annotated[Role | None, Choice(Role), Doc("What they may do.", "approver")] = None
    disabled: Annotated[bool | None, Flag(), Doc("Whether they are shut out.", False)] = None
    password: Annotated[str | None, NEW_PASSWORD, Doc("A new password.")] = None

    def changed(self, user: User, password_hash: str | None) -> User:
        """Return the person with the changes made."""
        return evolve(
            user,
            role=user.role if self.role is None else self.role,
            disabled=user.disabled if self.disabled is None else self.disabled,
            password_hash=user.password_hash if password_hash is None else password_hash,
        )


@frozen
class KeyBody:
    """A key that is to be made for an agent's program."""

    name: Annotated[str, NAME, Doc("What the key is for.", "rebalancing bot")]
