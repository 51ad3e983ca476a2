"""What actors are asked and told; each message carries the type of its reply."""

from collections.abc import Mapping
from typing import ClassVar

from attrs import field, frozen

from actors.alerts import AlertConfig
from actors.bands import Band
from actors.bars import Bar
from actors.book import Book
from actors.hours import TradingHours
from actors.lifecycle import AgentEvent
from actors.model import Agent, Approval, Decision, OrderRequest, Principal, QuotaConfig, StrategyKind, Trade
from actors.ports.journal import Commit, Committed, IdempotencyClaim
from actors.ports.metering import QuotaState, UsageEvent, UsageReport
from actors.ports.oversight import DecisionRecord
from actors.preferences import AssetPreferences
from actors.quick import quick
from supervisor import Message, Refusal


@frozen
class NewAgent:
    """What a user says of an agent that is to be made."""

    name: str
    strategy: StrategyKind
    initial_budget_micros: int
    risk_tolerance: int
    quota: QuotaConfig = field(factory=QuotaConfig)
    preferences: AssetPreferences | None = None
    hours: TradingHours | None = None
    oversight_threshold_micros: int | None = None
    strategy_name: str | None = None


@frozen
class AgentSettings:
    """What may be changed of an agent afterwards; all of it is given, changed or not."""

    name: str
    risk_tolerance: int
    quota: QuotaConfig
    preferences: AssetPreferences | None
    hours: TradingHours | None
    oversight_threshold_micros: int | None


@frozen
class CreateAgent(Message[Agent]):
    """Asked of `/floor`: make an agent, paused, and its actors."""

    new: NewAgent
    principal: Principal
    claim: IdempotencyClaim | None = None


@frozen
class SubmitTrade(Message[Trade]):
    """Asked of an agent: trade this. The reply is the trade as committed."""

    order: OrderRequest
    principal: Principal
    claim: IdempotencyClaim | None = None


@frozen
class CancelTrade(Message[Trade]):
    """Asked of an agent: take an open trade back."""

    trade_id: str
    principal: Principal


@frozen
class ChangeStatus(Message[Agent]):
    """Asked of an agent: pause, resume, stop or delete yourself; or fail, with the reason."""

    event: AgentEvent
    principal: Principal
    reason: str | None = None


@frozen
class ChangeSettings(Message[Agent]):
    """Asked of an agent: go on with these settings."""

    settings: AgentSettings
    principal: Principal


@frozen
class ChangeAlerts(Message[Agent]):
    """Asked of an agent: have your owner told of these things, over these channels."""

    alerts: AlertConfig
    principal: Principal


@frozen
class Wake(Message[None]):
    """Told to an agent by the market: a band was crossed, or the time has come. Only the newest counts."""

    tick: int


@frozen
class PlaceOrder(Message[Trade]):
    """Asked of a portfolio: decide and commit this order of the owner, or of the owner's program."""

    order: OrderRequest
    principal: Principal
    claim: IdempotencyClaim | None = None


@frozen
class Placed:
    """What became of the orders of one decision: the trades, and what refused the order after them, if one was."""

    trades: tuple[Trade, ...]
    refusal: Refusal | None = None


@frozen
class PlaceOrders(Message[Placed]):
    """Asked of a portfolio by its agent: decide these orders of the strategy in turn, and commit them as one.

    The first order that is refused is the last one looked at.
    """

    orders: tuple[OrderRequest, ...]
    principal: Principal


@frozen
class CancelOpenTrade(Message[Trade]):
    """Asked of a portfolio: take an open trade back."""

    trade_id: str
    reason: str
    principal: Principal


@frozen
class ResolveApproval(Message[Approval]):
    """Asked of a portfolio by the approval's actor: post or void what was held."""

    request_id: str
    decision: Decision
    principal: Principal


@frozen
class ExpireApproval(Message[bool]):
    """Asked of a portfolio by the approval's actor: void what was held, if its time is over; says whether it was."""

    request_id: str


@frozen
class Liquidate(Message[None]):
    """Asked of a portfolio: cancel what is open and sell what is held."""

    principal: Principal


@frozen
class FinishStop(Message[None]):
    """Told to an agent by itself: liquidate, which could not be done when it was stopped."""


@frozen
class Decide(Message[Approval]):
    """Asked of an approval: approve or reject. The same decision again returns the recorded outcome."""

    decision: Decision
    principal: Principal


@frozen
class ReviewExpiry(Message[None]):
    """Told to an approval by its own timer: see whether the time is over."""


@quick
@frozen
class Append(Message[Committed]):
    """Asked of the journal: make this durable. Raises what the store's refusals mean.

    `base_book` and `base_agent` are the states that were decided on; the journal refuses when they are not the last.
    """

    commit: Commit
    base_book: Book | None = None
    base_agent: Agent | None = None


@frozen
class KeepPrices(Message[None]):
    """Told to the journal by the market: keep these prices (micros per share, by symbol) for a restart."""

    prices: Mapping[str, int]
    at_us: int


@frozen
class KeepBars(Message[None]):
    """Told to the journal by the market: store the bars of a minute that is over."""

    bars: tuple[Bar, ...]


@frozen
class DrainOutbox(Message[None]):
    """Told to a facade by the journal: something waits in your channel of the outbox."""

    mailbox_key: ClassVar[str] = "drain"


@frozen
class Tick(Message[None]):
    """Told to the market by its own timer: the next prices are due."""


@frozen
class SampleEquity(Message[None]):
    """Told to `/drawdown` by itself: look at everybody's equity."""


@frozen
class ReviveAgent(Message[None]):
    """Asked of `/floor`: start the actor of a quarantined agent again."""

    agent_id: str


@frozen
class TendAgent(Message[None]):
    """Told to `/floor` by the journal: an agent, its status, or an approval of it has become true.

    Whoever asked for it starts the actor, unless it crashed or gave up while the commit was under way. A deleted agent
    needs none any more.
    """

    agent_id: str


@frozen
class FailAgent(Message[None]):
    """Told to `/floor` by itself: record that an agent failed, and why."""

    agent_id: str
    reason: str


@frozen
class RelayDecision(Message[None]):
    """Told to `/oversight` by itself: the approval's actor was not up yet, tell it again."""

    request_id: str
    decision: DecisionRecord


@frozen
class Purge(Message[int]):
    """Asked of `/floor`: remove the rows of agents deleted long ago; says how many agents."""


@quick
@frozen
class AwaitMove(Message[None]):
    """Told to the market by an agent: wake me once a price leaves its band, or at `at_us`."""

    agent_id: str
    bands: tuple[Band, ...]
    at_us: int | None


@frozen
class CancelAwait(Message[None]):
    """Told to the market by an agent: do not wake me any more."""

    agent_id: str


@frozen
class WatchPrices(Message[None]):
    """Told to the market by a portfolio: tell me of every tick that crosses a band or comes at `at_us` or later.

    This holds until the next one takes its place; without bands and a time it is the end of it. It was decided on the
    prices of `tick`. If there are newer ones by now, the portfolio is told of these at once.
    """

    agent_id: str
    bands: tuple[Band, ...]
    at_us: int | None
    tick: int


@frozen
class PricesMoved(Message[None]):
    """Told to a portfolio by the market: these prices (micros per share, by symbol) may concern your resting orders.

    A portfolio may hear of a tick when the next one has come already, so the message has the prices of its own.
    """

    tick: int
    at_us: int
    prices: Mapping[str, int]


@frozen
class WatchAgain(Message[None]):
    """Told to a portfolio: the market does not know what your resting orders wait for; tell it."""


@frozen
class TakeUpChange(Message[None]):
    """Told to an agent by the journal: its status or its settings have changed.

    It was itself who had them changed, but its ask may have been over before that became true.
    """


@frozen
class RenewLease(Message[None]):
    """Told to the metering facade: an agent's lease is worn, take out a new one before it is used up or over."""

    agent_id: str


@frozen
class TakeQuota(Message[None]):
    """Asked of `/metering` by an agent: let me submit one more trade."""

    agent_id: str


@frozen
class CheckQuota(Message[QuotaState]):
    """Asked of `/metering`: what does the service say is left."""

    agent_id: str


@frozen
class GetUsage(Message[UsageReport]):
    """Asked of `/metering`: what does the service say was used in a month (`YYYY-MM`)."""

    agent_id: str
    period: str


@frozen
class IngestUsage(Message[None]):
    """Asked of `/metering`: pass usage of another program on to the service."""

    events: tuple[UsageEvent, ...]
