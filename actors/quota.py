"""Quotas of the month: what has been used, what is left, and which thresholds a step crosses."""

from collections.abc import Iterator

from attrs import evolve, frozen

from actors.errors import QuotaExceeded
from actors.events import UsageAlert
from actors.model import QuotaConfig, Usage, UsageLine
from actors.money import format_dollars
from actors.orders import EXECUTED_TRADE_COST_MICROS
from actors.ports.periods import next_period_us, period_of

ALERT_PERCENT_DEFAULT = 80
NO_USAGE = UsageLine(calls=0, cost_micros=0)


@frozen
class Lease:
    """A share of an agent's quota granted to the floor: calls and cost that it may use until `valid_until_us`."""

    calls_left: int
    budget_left_micros: int
    valid_until_us: int

    def covers(self, now_us: int) -> bool:
        """Say whether one more trade fits."""
        return (
            now_us < self.valid_until_us
            and self.calls_left > 0
            and self.budget_left_micros >= EXECUTED_TRADE_COST_MICROS
        )

    def take(self) -> "Lease":
        """Return what is left after one trade."""
        return Lease(self.calls_left - 1, self.budget_left_micros - EXECUTED_TRADE_COST_MICROS, self.valid_until_us)


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
    return evolve(
        current,
        api_calls=current.api_calls + calls,
        spent_micros=current.spent_micros + cost_micros,
        breakdown={**current.breakdown, kind: total},
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
    if current.spent_micros + EXECUTED_TRADE_COST_MICROS > quota.budget_per_month_micros:
        raise QuotaExceeded(
            f"{format_dollars(current.spent_micros)} of {format_dollars(quota.budget_per_month_micros)} metered cost "
            f"of {current.period} is spent; raise quotaConfig.budgetPerMonth or wait for the new month",
            next_period_us(at_us),
        )


def crossings(before: Usage, after: Usage, quota: QuotaConfig, percent: int) -> Iterator[UsageAlert]:
    """Yield an alert for each quota whose threshold lies between two usages; once per crossing, hence per month."""
    base = before if before.period == after.period else Usage(after.agent_id, after.period)
    for kind, used_before, used, limit in (
        ("apiCalls", base.api_calls, after.api_calls, quota.api_calls),
        ("budget", base.spent_micros, after.spent_micros, quota.budget_per_month_micros),
    ):
        if used_before * 100 < limit * percent <= used * 100:
            yield UsageAlert(after.agent_id, kind, percent, used, limit, after.period)
