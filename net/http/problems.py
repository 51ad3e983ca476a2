"""Problem details (RFC 9457): one table from causes to answers."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from attrs import field, frozen
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from actors import errors as trading
from actors.ports import metering, oversight
from actors.ports.history import BadCursor
from actors.ports.people import EmailTaken
from net.auth import errors as auth
from net.control import ActorNotFound, ControlRefused
from net.http import errors as http
from net.slack.signatures import SlackSignatureRefused
from net.wire.decode import MalformedJson
from net.wire.structure import FieldProblem, InvalidRequest
from supervisor import ActorFailed, ActorQuarantined, SupervisorError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "/api/docs#problem-"
"""Types are relative references to their explanation on the reference page."""


@frozen
class Cause:
    """What a kind of error is to a client. `field` names the part of the request that such an error is always about."""

    status: int
    slug: str
    title: str
    field: str | None = None


@frozen
class Problem:
    """An error as it is answered; `headers` go with it."""

    cause: Cause
    detail: str
    errors: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def status(self) -> int:
        """Return the status code."""
        return self.cause.status

    def document(self, instance: str, correlation_id: str | None) -> dict[str, Any]:
        """Return the JSON document; `instance` is the path that was asked for."""
        document: dict[str, Any] = {
            "type": TYPE_BASE + self.cause.slug,
            "title": self.cause.title,
            "status": self.cause.status,
            "detail": self.detail,
            "instance": instance,
            "correlationId": correlation_id,
        }
        if self.errors:
            document["errors"] = [{"field": error.field, "message": error.message} for error in self.errors]
        return document

    def body(self, instance: str, correlation_id: str) -> bytes:
        """Return the document as it is sent."""
        return orjson.dumps(self.document(instance, correlation_id))


INTERNAL: Final = Cause(500, "internal", "Internal error")
SIGNATURE: Final = Cause(401, "signature", "Signature refused")
NOT_FOUND: Final = Cause(404, "not-found", "Not Found")
UNAVAILABLE: Final = Cause(503, "unavailable", "Service unavailable")
EMAIL_TAKEN: Final = Cause(409, "email-taken", "E-mail address taken", "email")

CAUSES: Final[Mapping[type[Exception], Cause]] = {
    InvalidRequest: Cause(400, "validation", "Validation failed"),
    MalformedJson: Cause(400, "malformed-json", "Malformed JSON"),
    http.AmbiguousLength: Cause(400, "ambiguous-length", "Ambiguous request length"),
    http.IdempotencyKeyInvalid: Cause(400, "idempotency-key", "Invalid idempotency key"),
    trading.NotStorable: Cause(400, "not-storable", "Not storable"),
    trading.UnknownSymbol: Cause(400, "unknown-symbol", "Unknown symbol", "symbol"),
    trading.RangeReversed: Cause(400, "range-reversed", "Range ends before it begins", "from"),
    trading.RangeTooLong: Cause(400, "range-too-long", "Range too long", "from"),
    trading.RangeTooOld: Cause(400, "range-too-old", "Range too old", "from"),
    BadCursor: Cause(400, "cursor", "Invalid cursor", "cursor"),
    metering.MeteringRefused: Cause(400, "usage-event", "Usage event refused"),
    auth.Unauthorized: Cause(401, "unauthorized", "Unauthorized"),
    SlackSignatureRefused: SIGNATURE,
    trading.InsufficientFunds: Cause(402, "insufficient-funds", "Insufficient funds"),
    trading.InsufficientShares: Cause(402, "insufficient-shares", "Insufficient shares"),
    auth.Forbidden: Cause(403, "forbidden", "Forbidden"),
    trading.AgentNotFound: Cause(404, "agent-not-found", "Agent not found"),
    trading.TradeNotFound: Cause(404, "trade-not-found", "Trade not found"),
    trading.ApprovalNotFound: Cause(404, "approval-not-found", "Approval not found"),
    trading.SimulationNotFound: Cause(404, "simulation-not-found", "Simulation not found"),
    trading.ReportNotFound: Cause(404, "report-not-found", "Report not found"),
    trading.EventNotFound: Cause(404, "event-not-found", "Event not found"),
    metering.QuotaUnknown: Cause(404, "quota-not-found", "Quota not found"),
    auth.PersonNotFound: Cause(404, "user-not-found", "User not found"),
    auth.KeyNotFound: Cause(404, "key-not-found", "Key not found"),
    ActorNotFound: Cause(404, "actor-not-found", "Actor not found"),
    http.BodyTooSlow: Cause(408, "request-timeout", "Request timeout"),
    trading.AgentNotTrading: Cause(409, "agent-not-trading", "Agent not trading"),
    trading.AssetNotPermitted: Cause(409, "asset-not-permitted", "Asset not permitted"),
    trading.MarketClosed: Cause(409, "market-closed", "Market closed"),
    trading.TooManyOpenTrades: Cause(409, "too-many-open-trades", "Too many open trades"),
    trading.IllegalTransition: Cause(409, "illegal-transition", "Conflict with the current state"),
    auth.TooManyKeys: Cause(409, "too-many-keys", "Too many keys"),
    auth.OwnStanding: Cause(409, "own-standing", "Conflict with one's own standing"),
    trading.AlreadyDecided: Cause(409, "already-decided", "Already decided"),
    trading.ApprovalOverdue: Cause(409, "approval-expired", "Approval expired"),
    trading.DuplicateClientOrderId: Cause(409, "duplicate-client-order-id", "Duplicate client order id"),
    trading.SimulationsFull: Cause(409, "simulations-full", "Queue of simulations full"),
    trading.SimulationOver: Cause(409, "simulation-over", "Simulation has ended"),
    trading.SimulationNotOver: Cause(409, "simulation-not-over", "Simulation has not ended"),
    ControlRefused: Cause(409, "control-refused", "Control refused"),
    http.RequestInFlight: Cause(409, "request-in-flight", "Request in flight"),
    EmailTaken: EMAIL_TAKEN,
    trading.EmailInUse: EMAIL_TAKEN,
    http.BodyTooLarge: Cause(413, "body-too-large", "Body too large"),
    http.MediaTypeUnsupported: Cause(415, "media-type", "Unsupported media type"),
    trading.IdempotencyMismatch: Cause(422, "idempotency-mismatch", "Idempotency key used for another request"),
    http.UpgradeRequired: Cause(426, "upgrade-required", "Upgrade required"),
    trading.QuotaExceeded: Cause(429, "quota-exceeded", "Quota exceeded"),
    http.RateLimited: Cause(429, "rate-limited", "Rate limited"),
    auth.LoginThrottled: Cause(429, "login-throttled", "Too many attempts to sign in"),
    auth.LoginBusy: UNAVAILABLE,
    http.Overloaded: UNAVAILABLE,
    trading.JournalUnavailable: UNAVAILABLE,
    trading.FloorBusy: UNAVAILABLE,
    trading.SimulationsUnavailable: UNAVAILABLE,
    metering.MeteringUnavailable: UNAVAILABLE,
    oversight.OversightUnavailable: UNAVAILABLE,
    ActorFailed: INTERNAL,
    ActorQuarantined: UNAVAILABLE,
    SupervisorError: UNAVAILABLE,
}
"""Causes by class; a class that is not here counts as its nearest base that is."""

RETRY_AFTER_S_DEFAULT: Final = 1
_INTERNAL_DETAIL: Final = "something went wrong here; the correlation id leads to it in the log"


def problem_of(error: Exception, now_us: int) -> Problem:
    """Return the answer to an error; what is not in the table is internal and keeps its words to itself."""
    if isinstance(error, HTTPException):
        return _routing_problem(error)
    cause = next((CAUSES[kind] for kind in type(error).__mro__ if kind in CAUSES), INTERNAL)
    if cause is INTERNAL:
        return Problem(INTERNAL, _INTERNAL_DETAIL)
    return Problem(cause, str(error), _field_errors(error, cause), _headers(error, cause, now_us))


def _field_errors(error: Exception, cause: Cause) -> tuple[FieldProblem, ...]:
    if isinstance(error, InvalidRequest):
        return error.problems
    return () if cause.field is None else (FieldProblem(cause.field, str(error)),)


def _headers(error: Exception, cause: Cause, now_us: int) -> dict[str, str]:
    if cause is SIGNATURE:
        return {"WWW-Authenticate": "Slack-Signature"}
    if cause.status == 401:
        return {"WWW-Authenticate": 'Bearer realm="tradefloor"'}
    if isinstance(error, http.UpgradeRequired):
        return {"Upgrade": "websocket", "Connection": "Upgrade"}
    if isinstance(error, trading.QuotaExceeded):
        wait_s = max(1, -((now_us - error.reset_at_us) // 1_000_000))
        return {
            "Retry-After": str(wait_s),
            "RateLimit": f'"quota";r=0;t={wait_s}',
        }
    if cause.status in {429, 503} or hasattr(error, "retry_after_s"):
        wait = getattr(error, "retry_after_s", RETRY_AFTER_S_DEFAULT)
        return {"Retry-After": str(max(1, round(wait)))}
    return {}


def _routing_problem(error: HTTPException) -> Problem:
    status = error.code or 500
    if status >= 500:
        return Problem(INTERNAL, _INTERNAL_DETAIL)
    title = error.name
    cause = Cause(status, title.lower().replace(" ", "-"), title)
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return Problem(cause, f"this resource takes {allowed}", headers={"Allow": allowed})
    if status == 404:
        return Problem(NOT_FOUND, _said(error) or "there is nothing at this address; /api/docs lists what there is")
    return Problem(cause, error.description or title)


def _said(error: HTTPException) -> str | None:
    """Return what was said of this error in particular, None where it has but the words of its class."""
    return None if error.description == type(error).description else error.description
