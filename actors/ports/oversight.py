"""The port to the oversight service: approval of trades by people, or by the service where little is at stake."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Literal, Protocol

from attrs import Factory, field, frozen
from attrs.validators import ge, gt, min_len

from supervisor.errors import Refusal

AUTO_APPROVE_BELOW_MICROS_DEFAULT = 10_000_000_000

TradeAction = Literal["buy", "sell"]
RiskLevel = Literal["low", "medium", "high", "critical"]
DecisionResult = Literal["approved", "rejected"]


class RequestState(StrEnum):
    """Where a request for approval stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@frozen
class OversightRequestRecord:
    """A trade that waits for approval; the approval covers exactly this order."""

    request_id: str = field(validator=min_len(1))
    agent_id: str = field(validator=min_len(1))
    trade_id: str = field(validator=min_len(1))
    symbol: str = field(validator=min_len(1))
    action: TradeAction
    quantity: int = field(validator=gt(0))
    """Shares."""
    price_micros: int = field(validator=gt(0))
    """Micro-dollars per share when approval was asked for."""
    estimated_value_micros: int = field(validator=gt(0))
    reason: str
    """Why approval is needed."""
    risk_level: RiskLevel
    created_at_us: int = field(validator=ge(0))
    expires_at_us: int = field(validator=ge(0))
    """From this time on the request is expired, unless it was decided before."""
    metadata: Mapping[str, str] = Factory(dict)
    """Further details for the approver; never interpreted."""


@frozen
class DecisionRecord:
    """Who decided what, where, when and why."""

    result: DecisionResult
    approver_id: str = field(validator=min_len(1))
    approver_name: str
    channel: str
    """Where it was decided: ``api``, ``slack``, ``auto`` and the like."""
    reason: str
    at_us: int = field(validator=ge(0))


@frozen
class RequestStatus:
    """How a request stands; it has a decision once it is approved or rejected."""

    request_id: str
    state: RequestState
    decision: DecisionRecord | None = None


@frozen
class Decision:
    """A decision in the order in which the service recorded it; ``sequence`` is what to resume watching after."""

    sequence: int
    request_id: str
    record: DecisionRecord


class OversightError(Refusal):
    """The oversight service did not do what it was asked to."""


class OversightUnavailable(OversightError):
    """The service cannot be reached, or cannot use its state just now.

    Not raised for a request the service understood and refused. ``retry_after_s`` is when to ask again, in seconds.
    """

    def __init__(self, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(f"oversight is unavailable: {detail}")
        self.detail = detail
        self.retry_after_s = retry_after_s


class RequestUnknown(OversightError):
    """No request has this id."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"no oversight request {request_id}")
        self.request_id = request_id


class RequestMismatch(OversightError):
    """The id is known already, with other contents."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"oversight request {request_id} is known with other contents")
        self.request_id = request_id


class RequestExpired(OversightError):
    """A decision came after the request's time had run out."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"oversight request {request_id} has expired")
        self.request_id = request_id


class AlreadyDecided(OversightError):
    """The request was decided otherwise; ``recorded`` says how."""

    def __init__(self, recorded: RequestStatus) -> None:
        super().__init__(f"oversight request {recorded.request_id} is already {recorded.state}")
        self.recorded = recorded


class OversightRefused(OversightError):
    """The request is malformed; repeating it will not help."""


def status_at(request: OversightRequestRecord, decision: DecisionRecord | None, at_us: int) -> RequestStatus:
    """Derive how a request stands at a time: as decided, else expired from ``expires_at_us`` on, else pending."""
    if decision is not None:
        return RequestStatus(request.request_id, RequestState(decision.result), decision)
    expired = at_us >= request.expires_at_us
    return RequestStatus(request.request_id, RequestState.EXPIRED if expired else RequestState.PENDING)


def check_decidable(status: RequestStatus, result: DecisionResult) -> bool:
    """Say whether a decision may be recorded; false if the same one is recorded already.

    Raises `AlreadyDecided` if another one is, and `RequestExpired` if the time for one has run out.
    """
    if status.decision is not None:
        if status.decision.result != result:
            raise AlreadyDecided(status)
        return False
    if status.state is RequestState.EXPIRED:
        raise RequestExpired(status.request_id)
    return True


def auto_decision(request: OversightRequestRecord, below_micros: int, at_us: int) -> DecisionRecord | None:
    """Decide as the service does by itself: approved if less than ``below_micros`` is at stake, else left to people."""
    if request.estimated_value_micros >= below_micros or at_us >= request.expires_at_us:
        return None
    return DecisionRecord(
        result="approved",
        approver_id="oversight",
        approver_name="Oversight service",
        channel="auto",
        reason="The estimated value is below the limit for automatic approval.",
        at_us=at_us,
    )


class OversightService(Protocol):
    """Oversight as the actors see it. Every call may be repeated, and raises `OversightUnavailable` in an outage."""

    async def create(self, request: OversightRequestRecord) -> RequestStatus:
        """File a request, once per id; where little is at stake it comes back approved. Raises `RequestMismatch`."""
        ...

    async def decide(self, request_id: str, decision: DecisionRecord) -> RequestStatus:
        """Decide a request, once; the same result again returns what is recorded.

        Raises `RequestUnknown`, `RequestExpired`, and `AlreadyDecided` if it was decided otherwise.
        """
        ...

    async def status(self, request_id: str) -> RequestStatus:
        """Say how a request stands. Raises `RequestUnknown`."""
        ...

    def watch(self, after_sequence: int = 0) -> AbstractAsyncContextManager[AsyncIterator[Decision]]:
        """Iterate over every decision after a sequence number, old ones first, each once, for as long as it is open.

        Use as ``async with service.watch(seen) as decisions: async for decision in decisions: ...``. An outage is
        waited out: the stream resumes after the last decision delivered, and begins anew where the service no longer
        has that one. Raises `OversightRefused` where the service streams none.
        """
        ...
