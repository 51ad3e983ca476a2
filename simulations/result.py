"""What a run leaves behind: the interface between the runner and everything that is made of its results.

A `RunResult` is frozen and complete: reports, exports and comparisons need nothing else. Its tables are columns, one
numpy array for each field, a row for each trade or approval, in the order in which these ended. Times are microseconds
since the epoch (UTC) of the virtual clock, money is micro-dollars, quantities are whole shares. Agents, symbols, groups
and approvers are known by their place in `agent_ids`, `symbols`, `group_names` and `approver_names`.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from actors.model import ApprovalStatus, TradeStatus
from actors.risk import RiskLevel
from simulations.scenario import Scenario

Ints = NDArray[np.int64]
NONE: Final = -1
"""In a column of places or times: there is none."""

TRADE_STATUSES: Final = (
    TradeStatus.COMPLETED,
    TradeStatus.FAILED,
    TradeStatus.REJECTED,
    TradeStatus.EXPIRED,
    TradeStatus.CANCELLED,
)
"""What a trade can end as, by the numbers of `Trades.status`."""

APPROVAL_STATUSES: Final = (
    ApprovalStatus.APPROVED,
    ApprovalStatus.REJECTED,
    ApprovalStatus.EXPIRED,
    ApprovalStatus.CANCELLED,
    ApprovalStatus.PENDING,
)
"""How an approval stands, by the numbers of `Approvals.status`; pending ones were so when the run ended."""

LEVELS: Final = tuple(level.value for level in RiskLevel)
"""Levels of risk, by the numbers of `Approvals.level`."""


@frozen(eq=False)
class Trades:
    """Trades that ended, in the order in which they did."""

    agent: Ints
    symbol: Ints
    buys: Ints
    """1 for a purchase, 0 for a sale."""
    quantity: Ints
    status: Ints
    """Place in TRADE_STATUSES."""
    submitted_at_us: Ints
    ended_at_us: Ints
    price_micros: Ints
    """A share's price at the fill; 0 where there was none."""
    fee_micros: Ints
    approval: Ints
    """Row in `Approvals`, NONE for a trade that did not wait for anybody."""

    def __len__(self) -> int:
        return len(self.agent)


@frozen(eq=False)
class Approvals:
    """Requests for approval, in the order in which they were made."""

    agent: Ints
    symbol: Ints
    buys: Ints
    quantity: Ints
    level: Ints
    """Place in LEVELS."""
    status: Ints
    """Place in APPROVAL_STATUSES."""
    value_micros: Ints
    requested_at_us: Ints
    expires_at_us: Ints
    taken_at_us: Ints
    """When an approver took it up, NONE if nobody did: an approver is busy from then to `resolved_at_us`."""
    resolved_at_us: Ints
    """When it was decided, expired or cancelled; NONE while pending."""
    approver: Ints
    """Place in `approver_names`, NONE where no person decided."""
    requested_price_micros: Ints
    """A share's price when it was asked for: what an immediate approval would have filled at."""
    resolved_price_micros: Ints
    """A share's price when it was resolved; 0 while pending."""
    executed: Ints
    """1 where the trade was filled, at `resolved_price_micros`."""

    def __len__(self) -> int:
        return len(self.agent)


@frozen(eq=False)
class RefusedOrders:
    """What strategies ordered and did not get, a row for each agent and cause, in the order in which they began.

    `causes` names the causes by the numbers of `cause`.
    """

    causes: tuple[str, ...]
    agent: Ints
    cause: Ints
    orders: Ints
    first_at_us: Ints
    last_at_us: Ints

    def __len__(self) -> int:
        return len(self.agent)

    @property
    def by_cause(self) -> Mapping[str, int]:
        """How many orders were refused for each cause, the most frequent first."""
        counts = np.bincount(self.cause, self.orders, len(self.causes)).astype(np.int64)
        return {self.causes[place]: int(counts[place]) for place in np.argsort(-counts, kind="stable")}


@frozen
class Provenance:
    """What program ran: its version, the commit of its sources (empty where unknown) and the version of Python."""

    version: str
    commit: str
    python: str


@frozen
class Pace:
    """How fast the run was: seconds of real and of virtual time, and ticks of the market.

    `memory_mib_max` is the peak of the memory of its process, or of all its processes together.
    """

    real_s: float
    virtual_s: float
    ticks: int
    memory_mib_max: float


@frozen(eq=False)
class RunResult:
    """One run. `ended_early` is true when somebody stopped it before its horizon."""

    scenario: Scenario
    provenance: Provenance
    digest: str
    """The SHA-256 of the event log, in hexadecimal; the same for the same commit, scenario and seed."""
    events: int
    ended_early: bool
    pace: Pace
    group_names: tuple[str, ...]
    agent_ids: tuple[str, ...]
    symbols: tuple[str, ...]
    approver_names: tuple[str, ...]
    group: Ints
    """The group of each agent, shape (agents,)."""
    budget_micros: Ints
    """What each agent began with, shape (agents,)."""
    sampled_at_us: Ints
    """When samples were taken, shape (samples,): at the opening, every `sample_ticks` ticks, and at the end."""
    equity_micros: Ints
    """The equity of each agent at each sample, shape (samples, agents)."""
    prices_micros: Ints
    """The price of a share of each symbol at each sample, shape (samples, symbols)."""
    trades: Trades
    approvals: Approvals
    calls_used: Ints
    """API calls that each agent used in the last month it used any, shape (agents,)."""
    spent_micros: Ints
    """Metered cost of each agent in that month, shape (agents,)."""
    quota_calls: Ints
    """The monthly quota of API calls of each agent, shape (agents,)."""
    quota_micros: Ints
    """The monthly quota of metered cost of each agent, shape (agents,)."""
    refused: RefusedOrders
    set_aside: Ints
    """How often each agent was set aside since its strategy kept raising, shape (agents,)."""

    @property
    def seed(self) -> int:
        """The seed."""
        return self.scenario.seed

    @property
    def fills(self) -> int:
        """How many trades were filled."""
        return int(np.count_nonzero(self.trades.status == TRADE_STATUSES.index(TradeStatus.COMPLETED)))

    @property
    def agent_ticks_per_s(self) -> float:
        """How many ticks of one agent a second of real time took care of."""
        return len(self.agent_ids) * self.pace.ticks / self.pace.real_s if self.pace.real_s else 0.0


def summary(result: RunResult) -> dict[str, Any]:
    """Return what `run.json` says of a run."""
    return {
        "scenario": result.scenario.name,
        "seed": result.seed,
        "digest": result.digest,
        "version": result.provenance.version,
        "commit": result.provenance.commit,
        "python": result.provenance.python,
        "endedEarly": result.ended_early,
        "agents": len(result.agent_ids),
        "ticks": result.pace.ticks,
        "events": result.events,
        "trades": result.fills,
        "approvals": len(result.approvals),
        "refused": dict(result.refused.by_cause),
        "setAside": int(result.set_aside.sum()),
        "virtualSeconds": round(result.pace.virtual_s, 3),
        "realSeconds": round(result.pace.real_s, 3),
        "agentTicksPerSecond": round(result.agent_ticks_per_s),
        "memoryMebibytes": round(result.pace.memory_mib_max),
    }
