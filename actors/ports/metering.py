"""The port to the metering service: what agents used, against what they may use in a month."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import Factory, field, frozen
from attrs.validators import gt

from actors.quick import quick
from supervisor.errors import Refusal

API_CALLS_DEFAULT = 10_000
BUDGET_MICROS_DEFAULT = 10_000_000_000

EVENT_AMOUNT_MAX = 10**12
"""A million dollars, or as many calls: more in one event is a mistake, and its sums could outgrow 64 bits."""


class MeteringError(Refusal):
    """The metering service did not do what it was asked to."""


class MeteringUnavailable(MeteringError):
    """The service cannot be reached, or cannot use its state just now.

    Not raised for a request the service understood and refused. ``retry_after_s`` is when to ask again, in seconds.
    """

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(f"metering is unavailable: {detail}")
        self.detail = detail
        self.retry_after_s = retry_after_s


class QuotaUnknown(MeteringError):
    """An agent's quota was asked for that was never initialised."""

    def __init__(self, agent_id: str) -> None:
        super().__init__(f"no quota for agent {agent_id}")
        self.agent_id = agent_id


class MeteringRefused(MeteringError):
    """The request is malformed; repeating it will not help."""


@frozen
class QuotaLimits:
    """What an agent may use in a month: calls, and metered cost in micro-dollars."""

    api_calls: int = field(default=API_CALLS_DEFAULT, validator=gt(0))
    budget_micros: int = field(default=BUDGET_MICROS_DEFAULT, validator=gt(0))


@quick
@frozen
class QuotaState:
    """What is left of this month's quota; neither number is negative. ``reset_at_us`` is the start of next month."""

    allowed: bool
    remaining_api_calls: int
    remaining_budget_micros: int
    reset_at_us: int


@quick
@frozen
class UsageEvent:
    """Something an agent did that counts, once per ``event_id``, in the month of ``at_us`` however late it arrives."""

    event_id: str
    agent_id: str
    type: str
    """What happened, such as ``trade.submitted`` or ``trade.executed``."""
    api_calls: int
    cost_micros: int
    at_us: int
    metadata: Mapping[str, str] = Factory(dict)
    """Details for people; never interpreted."""

    def __attrs_post_init__(self) -> None:
        if not (self.event_id and self.agent_id and self.type):
            raise ValueError("a usage event needs an event_id, an agent_id and a type")
        if not (0 <= self.api_calls <= EVENT_AMOUNT_MAX and 0 <= self.cost_micros <= EVENT_AMOUNT_MAX):
            raise ValueError(f"api_calls and cost_micros of a usage event are from 0 to {EVENT_AMOUNT_MAX}")
        if self.at_us < 0:
            raise ValueError("at_us of a usage event is 0 or more")


@frozen
class UsageLine:
    """The part of one event type in an agent's usage."""

    events: int
    api_calls: int
    cost_micros: int


@frozen
class UsageReport:
    """An agent's usage in one month (``YYYY-MM``, UTC); ``breakdown`` is by event type."""

    agent_id: str
    period: str
    total_cost_micros: int
    total_calls: int
    breakdown: Mapping[str, UsageLine]


def quota_left(limits: QuotaLimits, used_calls: int, used_micros: int, reset_at_us: int) -> QuotaState:
    """Subtract what was used from the limits; allowed while both calls and budget are left."""
    calls = max(0, limits.api_calls - used_calls)
    budget_micros = max(0, limits.budget_micros - used_micros)
    return QuotaState(
        allowed=calls > 0 and budget_micros > 0,
        remaining_api_calls=calls,
        remaining_budget_micros=budget_micros,
        reset_at_us=reset_at_us,
    )


class MeteringService(Protocol):
    """Metering as the actors see it. Every call may be repeated, and raises `MeteringUnavailable` in an outage."""

    async def initialize_quota(self, agent_id: str, limits: QuotaLimits) -> None:
        """Give an agent its quota, or replace it; what was used stays used. Raises `MeteringRefused`."""
        ...

    async def check_quota(self, agent_id: str) -> QuotaState:
        """Say what is left of this month's quota, using nothing up. Raises `QuotaUnknown`."""
        ...

    async def ingest(self, events: Sequence[UsageEvent]) -> None:
        """Record usage; an id that is known already is ignored. Raises `MeteringRefused`."""
        ...

    async def usage(self, agent_id: str, period: str) -> UsageReport:
        """Sum an agent's usage in the month ``YYYY-MM``; zero where nothing was used. Raises `MeteringRefused`."""
        ...
