"""What human oversight asked of people and cost the portfolios, out of the approvals of a run."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from actors.model import ApprovalStatus
from simulations.result import APPROVAL_STATUSES, LEVELS, NONE, Approvals, Ints, RunResult

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

DAY_US: Final = 86_400_000_000


@frozen
class Waiting:
    """How long requests waited until a person had decided, in seconds; None where nobody decided any.

    ``to_taken`` is the part in which nobody looked at them.
    """

    median_s: float | None
    p90_s: float | None
    longest_s: float | None
    to_taken_median_s: float | None


@frozen
class DelayCost:
    """What waiting cost against approval at once, in dollars; a negative cost is a gain.

    ``paid`` is over the trades that were filled after their wait: what the price had moved against them meanwhile.
    ``missed`` is over those that waited in vain (expired, or approved too late to fill): what they would have won or
    saved until their agent asked for the same again, or until the run ended, had they been filled at once; so that an
    agent which asks ten times misses no more than one that asks once. ``paid_bps`` is what was paid in hundredths of a
    per cent of what was asked for. Rejected and withdrawn requests are no matter of delay.
    """

    paid: float
    missed: float
    filled: int
    in_vain: int
    paid_bps: float | None

    @property
    def total(self) -> float:
        """Return both together, in dollars."""
        return self.paid + self.missed


@frozen
class OversightSummary:
    """The approvals of a run in figures. `by_status` and `by_level` count requests, `decided` those people decided."""

    requests: int
    decided: int
    by_status: Mapping[str, int]
    by_level: Mapping[str, int]
    days: float
    waiting: Waiting
    cost: DelayCost
    busy_share: float | None
    """The part of their time on and off shift that approvers spent on requests; None without approvers."""

    @property
    def decided_per_day(self) -> float:
        """How many requests a day people decided."""
        return self.decided / self.days if self.days else 0.0

    @property
    def expired_share(self) -> float:
        """The part of the requests that nobody decided in time."""
        return self.by_status[ApprovalStatus.EXPIRED] / self.requests if self.requests else 0.0


@frozen(eq=False)
class Load:
    """Approvals over time, by the spans between ``edges_us``: what came, what waited, and how busy each approver was.

    ``waiting`` is the mean number of open requests, ``busy`` the part of an approver's time, shape (approvers, spans).
    """

    edges_us: Ints
    requests: Ints
    decided: Ints
    expired: Ints
    waiting: Floats
    busy: Floats


def summarise(result: RunResult) -> OversightSummary:
    """Return the figures of a run's approvals."""
    approvals = result.approvals
    span_us = int(result.sampled_at_us[-1] - result.sampled_at_us[0])
    people = len(result.approver_names)
    busy_us = int(_busy_us(approvals).sum())
    return OversightSummary(
        requests=len(approvals),
        decided=int(_decided(approvals).sum()),
        by_status={status: int((approvals.status == place).sum()) for place, status in enumerate(APPROVAL_STATUSES)},
        by_level={level: int((approvals.level == place).sum()) for place, level in enumerate(LEVELS)},
        days=span_us / DAY_US,
        waiting=_waiting(approvals),
        cost=delay_cost(result),
        busy_share=busy_us / (span_us * people) if people and span_us else None,
    )


def delay_cost(result: RunResult) -> DelayCost:
    """Return what waiting cost against approval at once."""
    approvals = result.approvals
    sign = np.where(approvals.buys == 1, 1, -1)
    filled = approvals.executed == 1
    approved = approvals.status == _place(ApprovalStatus.APPROVED)
    in_vain = (approvals.status == _place(ApprovalStatus.EXPIRED)) | (approved & ~filled)
    paid = sign * (approvals.resolved_price_micros - approvals.requested_price_micros) * approvals.quantity
    missed = sign * (_until_price_micros(result) - approvals.requested_price_micros) * approvals.quantity
    asked = int(approvals.value_micros[filled].sum())
    paid_micros = int(paid[filled].sum())
    return DelayCost(
        paid=paid_micros / 1e6,
        missed=int(missed[in_vain].sum()) / 1e6,
        filled=int(filled.sum()),
        in_vain=int(in_vain.sum()),
        paid_bps=paid_micros / asked * 10_000 if asked else None,
    )


def _until_price_micros(result: RunResult) -> Ints:
    """Return each symbol's price when its agent asked for the same again, or at the end of the run."""
    approvals = result.approvals
    until: Ints = result.prices_micros[-1][approvals.symbol]
    # Sorting is stable and requests are in the order in which they were made, so the next of a kind is the later one.
    order = np.lexsort((approvals.buys, approvals.symbol, approvals.agent))
    first, second = order[:-1], order[1:]
    again = np.ones(len(first), dtype=np.bool_)
    for column in (approvals.agent, approvals.symbol, approvals.buys):
        again &= column[first] == column[second]
    until[first[again]] = approvals.requested_price_micros[second[again]]
    return until


def waits_s(approvals: Approvals) -> Floats:
    """Return how long the requests that people decided had waited by then, in seconds."""
    decided = _decided(approvals)
    waited: Floats = (approvals.resolved_at_us[decided] - approvals.requested_at_us[decided]) / 1e6
    return waited


def load_over_time(result: RunResult, edges_us: Ints) -> Load:
    """Return what was asked of people in each span between edges."""
    approvals = result.approvals
    ends = np.where(approvals.resolved_at_us == NONE, edges_us[-1], approvals.resolved_at_us)
    width_us = np.maximum(1, np.diff(edges_us))  # A run that ended on its first tick took no time.
    busy = np.zeros((len(result.approver_names), len(width_us)))
    for place in range(len(result.approver_names)):
        own = (approvals.approver == place) & (approvals.taken_at_us != NONE)
        busy[place] = _overlap_us(approvals.taken_at_us[own], ends[own], edges_us) / width_us
    resolved = approvals.resolved_at_us
    expired = approvals.status == _place(ApprovalStatus.EXPIRED)
    return Load(
        edges_us=edges_us,
        requests=np.histogram(approvals.requested_at_us, bins=edges_us)[0],
        decided=np.histogram(resolved[_decided(approvals)], bins=edges_us)[0],
        expired=np.histogram(resolved[expired], bins=edges_us)[0],
        waiting=_overlap_us(approvals.requested_at_us, ends, edges_us) / width_us,
        busy=busy,
    )


def _waiting(approvals: Approvals) -> Waiting:
    waited = waits_s(approvals)
    if not len(waited):
        return Waiting(None, None, None, None)
    taken = _decided(approvals) & (approvals.taken_at_us != NONE)
    unseen = (approvals.taken_at_us[taken] - approvals.requested_at_us[taken]) / 1e6
    median, p90 = np.quantile(waited, [0.5, 0.9]).tolist()
    return Waiting(median, p90, float(waited.max()), float(np.median(unseen)) if len(unseen) else None)


def _decided(approvals: Approvals) -> Bools:
    """Return which requests a person decided; what the service approved by itself has no approver."""
    decided: Bools = approvals.approver != NONE
    return decided


def _busy_us(approvals: Approvals) -> Ints:
    """Return how long an approver was busy with each request that was taken up and resolved."""
    seen = (approvals.taken_at_us != NONE) & (approvals.resolved_at_us != NONE)
    spent: Ints = approvals.resolved_at_us[seen] - approvals.taken_at_us[seen]
    return np.maximum(spent, 0)


def _overlap_us(begins: Ints, ends: Ints, edges: Ints) -> Floats:
    """Return how much of some intervals falls into each span between edges, all of them together."""
    lengths = np.maximum(ends - begins, 0)
    before = np.array([np.clip(edge - begins, 0, lengths).sum() for edge in edges], dtype=np.float64)
    return np.diff(before)


def _place(status: ApprovalStatus) -> int:
    return APPROVAL_STATUSES.index(status)
