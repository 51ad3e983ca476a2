"""Quotas of the month: what has been used, what is left, and which thresholds a step crosses."""

from collections.abc import Iterator
from typing import Final

from attrs import evolve, frozen

from actors.alerts import AlertThresholds
from actors.errors import QuotaExceeded
from actors.events import UsageAlert
from actors.model import Agent, QuotaConfig, Usage, UsageLine
from actors.money import format_dollars
from actors.orders import EXECUTED_TRADE_COST_MICROS
from actors.ports.periods import next_period_us, period_of
from actors.quick import quick

NEVER_US: Final = 1 << 62
NONE_LEFT: Final = -1
RENEW_AGAIN_US: Final = 5_000_000
"""How soon a lease whose renewal was asked for is worn again, should nothing come of it."""


@quick
@frozen
class Lease:
    """A share of an agent's quota granted to the floor: calls and cost that it may use until `valid_until_us`.

    `trade_cost_micros` is the metered cost of a trade. From `renew_at_us` on, or with no more than `renew_calls` left,
    it is time for a new one, so that no trade waits for that.
    """

    calls_left: int
    budget_left_micros: int
    valid_until_us: int
    trade_cost_micros: int = EXECUTED_TRADE_COST_MICROS
    renew_at_us: int = NEVER_US
    renew_calls: int = NONE_LEFT

    def room(self, now_us: int) -> int:
        """Return how many more trades fit."""
        if now_us >= self.valid_until_us:
            return 0
        if not self.trade_cost_micros:
            return self.calls_left
        return min(self.calls_left, self.budget_left_micros // self.trade_cost_micros)

    def take(self, trades: int = 1) -> "Lease":
        """Return what is left after so many trades."""
        return Lease(
            self.calls_left - trades,
            self.budget_left_micros - trades * self.trade_cost_micros,
            self.valid_until_us,
            self.trade_cost_micros,
            self.renew_at_us,
            self.renew_calls,
        )

    def is_worn(self, now_us: int) -> bool:
        """Say whether it is time for a new one."""
        return now_us >= self.renew_at_us or self.calls_left <= self.renew_calls


class Leases:
    """The leases of all agents: the metering facade takes them out, agents take submissions from them."""

    def __init__(self) -> None:
        self._leases: dict[str, Lease] = {}

    def __len__(self) -> int:
        return len(self._leases)

    def __contains__(self, agent_id: str) -> bool:
        return agent_id in self._leases

    def put(self, agent_id: str, lease: Lease) -> None:
        """Put a new lease in the place of an agent's last one."""
        self._leases[agent_id] = lease

    def drop(self, agent_id: str) -> None:
        """Forget an agent's lease, so that the next submission needs a new one."""
        self._leases.pop(agent_id, None)

    def take(self, agent_id: str, now_us: int, wanted: int = 1) -> int:
        """Take submissions from an agent's lease, as many as are wanted and fit; return how many, maybe none."""
        lease = self._leases.get(agent_id)
        if lease is None:
            return 0
        granted = min(wanted, lease.room(now_us))
        if granted:
            self._leases[agent_id] = lease.take(granted)
        return granted

    def claim_renewal(self, agent_id: str, now_us: int) -> bool:
        """Say whether it is time for whoever asks to have an agent's lease renewed; others need not for a while."""
        lease = self._leases.get(agent_id)
        if lease is None or not lease.is_worn(now_us):
            return False
        self._leases[agent_id] = evolve(lease, renew_at_us=now_us + RENEW_AGAIN_US, renew_calls=NONE_LEFT)
        return True


def usage_at(usage: Usage, at_us: int) -> Usage:
    """Return the usage as it stands at a moment: a new month starts from nothing.

    A clock that is set back over the start of the month does not undo it.
    """
    period = period_of(at_us)
    return usage if usage.period >= period else Usage(usage.agent_id, period)


def add_usage(usage: Usage, kind: str, calls: int, cost_micros: int, at_us: int) -> Usage:
    """Return the usage after one usage event of `kind`."""
    current = usage_at(usage, at_us)
    line = current.breakdown.get(kind)
    total = (
        UsageLine(calls, cost_micros) if line is None else UsageLine(line.calls + calls, line.cost_micros + cost_micros)
    )
    return Usage(
        current.agent_id,
        current.period,
        current.api_calls + calls,
        current.spent_micros + cost_micros,
        {**current.breakdown, kind: total},
    )


def require_quota(quota: QuotaConfig, usage: Usage, at_us: int) -> None:
    """Raise QuotaExceeded when another trade does not fit into the month."""
    current = usage_at(usage, at_us)
    if current.api_calls >= quota.api_calls:
        raise QuotaExceeded(
            f"all {quota.api_calls:,} API calls of {current.period} are used; raise quotaConfig.apiCalls "
            "or wait for the new month",
            next_period_us(at_us),
        )
    if current.spent_micros + quota.trade_cost_micros > quota.budget_per_month_micros:
        raise QuotaExceeded(
            f"{format_dollars(current.spent_micros)} of {format_dollars(quota.budget_per_month_micros)} metered cost "
            f"of {current.period} is spent; raise quotaConfig.budgetPerMonth or wait for the new month",
            next_period_us(at_us),
        )


def crossings(before: Usage, after: Usage, quota: QuotaConfig, thresholds: AlertThresholds) -> Iterator[UsageAlert]:
    """Yield an alert for each quota whose threshold lies between two usages; once per crossing, hence per month."""
    reached = tuple(_reached(after, quota, thresholds))
    if not reached:
        return iter(())  # As after nearly every trade.
    base = before if before.period == after.period else Usage(after.agent_id, after.period)
    known = {alert.kind for alert in _reached(base, quota, thresholds)}
    return (alert for alert in reached if alert.kind not in known)


def crossings_by_change(before: Agent, after: Agent, usage: Usage) -> Iterator[UsageAlert]:
    """Yield an alert for each threshold that usage is beyond since the agent's quota or threshold was changed."""
    known = {alert.kind for alert in _reached(usage, before.quota, before.alerts.thresholds)}
    return (alert for alert in _reached(usage, after.quota, after.alerts.thresholds) if alert.kind not in known)


def _reached(usage: Usage, quota: QuotaConfig, thresholds: AlertThresholds) -> Iterator[UsageAlert]:
    for kind, percent, used, limit in (
        ("apiCalls", thresholds.api_calls_percent, usage.api_calls, quota.api_calls),
        ("budget", thresholds.budget_percent, usage.spent_micros, quota.budget_per_month_micros),
    ):
        if percent is not None and used * 100 >= limit * percent:
            yield UsageAlert(usage.agent_id, kind, percent, used, limit, usage.period)
