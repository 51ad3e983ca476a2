"""What the two services need of a store. Implementations are called from many threads at once."""

from collections.abc import Callable, Sequence
from typing import Protocol

from actors.ports.metering import QuotaLimits, QuotaState, UsageEvent, UsageReport
from actors.ports.oversight import Decision, DecisionRecord, OversightRequestRecord, RequestStatus

Clock = Callable[[], int]
"""Tells the time in microseconds since the epoch, UTC."""


class MeteringStore(Protocol):
    """Durable state of metering. Every method raises `MeteringUnavailable` while it cannot read or write."""

    def set_limits(self, agent_id: str, limits: QuotaLimits) -> None:
        """Record an agent's monthly limits in place of earlier ones."""
        ...

    def quota(self, agent_id: str, at_us: int) -> QuotaState:
        """Return what is left in the month of ``at_us``. Raises `QuotaUnknown`."""
        ...

    def record(self, events: Sequence[UsageEvent]) -> int:
        """Record the events whose id is new, all or none, and return how many there were."""
        ...

    def usage(self, agent_id: str, period: str) -> UsageReport:
        """Sum an agent's usage in a month (``YYYY-MM``)."""
        ...


class OversightStore(Protocol):
    """Durable state of oversight. Every method raises `OversightUnavailable` while it cannot read or write."""

    def create(self, request: OversightRequestRecord, decision: DecisionRecord | None, at_us: int) -> RequestStatus:
        """Record a new request, with its decision if it has one; a known id returns what is recorded.

        Raises `RequestMismatch` if the id is known with other contents.
        """
        ...

    def decide(self, request_id: str, decision: DecisionRecord, at_us: int) -> RequestStatus:
        """Record the decision of a pending request; the same result again returns what is recorded.

        Raises `RequestUnknown`, `RequestExpired`, and `AlreadyDecided` if it was decided otherwise.
        """
        ...

    def status(self, request_id: str, at_us: int) -> RequestStatus:
        """Return how a request stands at a time. Raises `RequestUnknown`."""
        ...

    def decisions_after(self, sequence: int, limit: int) -> Sequence[Decision]:
        """Return at most ``limit`` decisions after a sequence number, in order; all after one beyond the last."""
        ...
