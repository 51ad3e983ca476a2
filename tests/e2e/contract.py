"""The contract at the edge, line by line: every call, setting, status, event and action that clients may count on."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

API: Final = "/api/v1"
ADMIN: Final = "/admin/v1/"
"""Admins' verbs stand below this. The contract names the supervisor's and leaves their number open, so that what else
controls a running floor (its market, its simulations, its shutters) may stand beside them."""

CONTROL: Final = f"{ADMIN}actors"
"""Where the control verbs of the supervisor begin."""


@frozen
class Call:
    """One call of HTTP: its path with `{}` for each part that varies, its query, and its success status."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    status: int = 200


def _api(method: str, path: str, *query: str, status: int = 200) -> Call:
    return Call(method, API + path, query, status)


CALLS: Final = (
    _api("POST", "/auth/login"),
    _api("POST", "/auth/refresh"),
    _api("POST", "/auth/logout", status=204),
    _api("GET", "/auth/me"),
    _api("GET", "/users"),
    _api("POST", "/users", status=201),
    _api("PATCH", "/users/{}"),
    _api("POST", "/agents", status=201),
    _api("GET", "/agents", "status", "strategy", "search", "createdAfter", "createdBefore", "limit", "cursor"),
    _api("GET", "/agents/{}"),
    _api("PATCH", "/agents/{}"),
    _api("DELETE", "/agents/{}", status=204),
    _api("POST", "/agents/{}/pause"),
    _api("POST", "/agents/{}/resume"),
    _api("POST", "/agents/{}/stop"),
    _api("GET", "/agents/{}/portfolio"),
    _api("GET", "/agents/{}/portfolio/history", "from", "to", "interval"),
    _api("GET", "/agents/{}/performance"),
    _api("POST", "/agents/{}/trades"),
    _api("GET", "/agents/{}/trades", "status", "symbol", "from", "to", "limit", "cursor"),
    _api("GET", "/agents/{}/trades/{}"),
    _api("DELETE", "/agents/{}/trades/{}"),
    _api("GET", "/agents/{}/usage", "period"),
    _api("GET", "/agents/{}/alerts"),
    _api("PUT", "/agents/{}/alerts"),
    _api("GET", "/agents/{}/events", "after", "limit"),
    _api("POST", "/agents/{}/keys", status=201),
    _api("GET", "/agents/{}/keys"),
    _api("DELETE", "/agents/{}/keys/{}", status=204),
    _api("GET", "/oversight/requests", "status"),
    _api("GET", "/oversight/requests/{}"),
    _api("POST", "/oversight/requests/{}/decision"),
    _api("POST", "/oversight/requests/{}/approve"),
    _api("POST", "/oversight/requests/{}/reject"),
    _api("GET", "/metering/agents/{}/usage"),
    _api("GET", "/metering/agents/{}/quota"),
    _api("POST", "/metering/events", status=202),
    _api("GET", "/market/prices"),
    _api("GET", "/market/prices/{}"),
    _api("GET", "/market/history/{}", "from", "to", "interval"),
    _api("GET", "/audit", "after", "limit"),
    _api("POST", "/integrations/slack/actions"),
    Call("GET", "/health/live"),
    Call("GET", "/health/ready"),
    Call("GET", "/metrics"),
    Call("GET", "/openapi.json"),
    Call("GET", "/api"),
    Call("GET", "/api/docs"),
    Call("GET", CONTROL),
)
"""Every call of programs. The dashboard at `/` is for people, so the document lacks it; it is asked for by itself."""

ADDED: Final = {
    ("GET", "/asyncapi.json"): "describes the WebSocket, as OpenAPI has no words for it",
}
"""Calls that the project has beyond the contract, and why."""

ADDED_QUERIES: Final = {
    ("GET", f"{API}/agents/{{}}/performance"): ("from", "to", "interval"),
    ("GET", f"{API}/agents/{{}}/events"): ("before",),
    ("GET", f"{API}/oversight/requests"): ("limit", "cursor"),
    ("GET", f"{API}/metering/agents/{{}}/usage"): ("period",),
    ("GET", f"{API}/audit"): ("before",),
}
"""Parameters that the project has beyond the contract: a span as for charts, pages as elsewhere, GetUsage's, and where
to read a log from its end."""

PROBLEMS: Final[Mapping[int, tuple[str, ...]]] = {
    400: (),
    401: ("WWW-Authenticate",),
    402: (),
    403: (),
    404: (),
    405: ("Allow",),
    409: (),
    413: (),
    415: (),
    422: (),
    429: ("Retry-After", "RateLimit"),
    503: ("Retry-After",),
}
"""Every status of an error that a client can bring about, and the headers that come with it."""

EVENTS: Final = frozenset(
    {
        "portfolio.update",
        "trade.created",
        "trade.executed",
        "trade.cancelled",
        "trade.failed",
        "oversight.request",
        "oversight.approved",
        "oversight.rejected",
        "oversight.expired",
        "usage.alert",
        "agent.status",
        "market.update",
    }
)
"""Every type of event on the WebSocket."""

ACTIONS: Final = frozenset({"authenticate", "subscribe", "unsubscribe", "ping", "trade.submit"})
"""Everything that a client may say on the WebSocket."""

CHANNELS: Final = ("portfolio", "trades", "oversight", "market")
"""Every channel besides those of single agents."""

SETTINGS: Final[Mapping[str, str | None]] = {
    "PORT": "3000",
    "HOST": "127.0.0.1",
    "TRADEFLOOR_ENV": "development",
    "DATABASE_PATH": "./data/tradefloor.db",
    "CLIENT_URL": "http://localhost:5173",
    "METERING_GRPC_ADDRESS": None,
    "OVERSIGHT_GRPC_ADDRESS": None,
    "JWT_SECRET": None,
    "OVERSIGHT_THRESHOLD": "50000",
    "OVERSIGHT_AUTO_APPROVE_BELOW": "10000",
    "APPROVAL_TTL": "600",
    "APPROVAL_PRICE_TOLERANCE": "0.02",
    "TICK_INTERVAL_MS": "1000",
    "MARKET_SEED": None,
    "RATE_LIMIT_MAX": "100",
    "RATE_LIMIT_WINDOW": "900",
    "RATE_LIMIT_USER_MAX": "6000",
    "SLACK_WEBHOOK_URL": None,
    "SLACK_SIGNING_SECRET": None,
    "SOCKETIO_PING_INTERVAL": "25000",
    "SOCKETIO_PING_TIMEOUT": "60000",
    "LOG_FORMAT": "console",
    "LOG_LEVEL": None,
}
"""Every setting, and its default where the contract has one."""


def flag_of(setting: str) -> str:
    """Return the flag of `tradefloor serve` that goes with a variable."""
    return "--" + setting.removeprefix("TRADEFLOOR_").lower().replace("_", "-")
