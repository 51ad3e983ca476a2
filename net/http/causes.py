"""Why an operation may refuse: by what its route takes along, and by what only it can run into."""

from collections.abc import Iterator, Mapping
from typing import Final

from actors import errors as trading
from net.auth import errors as auth
from net.http import errors as http
from net.http.problems import CAUSES, INTERNAL, NOT_FOUND, Cause
from net.http.routing import PART, Route
from net.wire.decode import MalformedJson
from net.wire.structure import InvalidRequest
from supervisor import SupervisorError

ALWAYS: Final = (
    InvalidRequest,
    http.AmbiguousLength,
    http.BodyTooSlow,
    http.BodyTooLarge,
    http.RateLimited,
    http.Overloaded,
    trading.JournalUnavailable,
    SupervisorError,
)
OF_A_CALLER: Final = (auth.Unauthorized, auth.Forbidden)
OF_A_BODY: Final = (MalformedJson, http.MediaTypeUnsupported)
OF_A_CHANGE: Final = (trading.NotStorable,)
OF_A_KEY: Final = (http.IdempotencyKeyInvalid, http.RequestInFlight, trading.IdempotencyMismatch)

OF_A_PART: Final[Mapping[str, type[Exception]]] = {
    "agent_id": trading.AgentNotFound,
    "trade_id": trading.TradeNotFound,
    "request_id": trading.ApprovalNotFound,
    "simulation_id": trading.SimulationNotFound,
    "event_seq": trading.EventNotFound,
    "user_id": auth.PersonNotFound,
    "key_id": auth.KeyNotFound,
    "symbol": trading.UnknownSymbol,
}
"""What a part of a path may fail to name."""


def causes_of(route: Route) -> tuple[Cause, ...]:
    """Return all that an operation may refuse a request for, each once, by status."""
    found = [CAUSES[kind] for kind in _kinds(route)]
    if PART.search(route.path):
        found.append(NOT_FOUND)  # What stands for the part may hold a slash, and then leads elsewhere.
    return tuple(sorted(dict.fromkeys([*found, INTERNAL]), key=lambda cause: cause.status))


def _kinds(route: Route) -> Iterator[type[Exception]]:
    yield from ALWAYS
    if route.role is not None:
        yield from OF_A_CALLER
    yield from (OF_A_PART[part] for part in PART.findall(route.path))
    if route.method in {"POST", "PUT", "PATCH"}:
        yield from OF_A_BODY
    if route.method != "GET":
        yield from OF_A_CHANGE
    if route.method == "POST":
        yield from OF_A_KEY
    yield from route.refuses
