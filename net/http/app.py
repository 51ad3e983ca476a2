"""The Quart app of the edge: routes to handlers, and everything else to problems."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from quart import Response, request
from quart.routing import QuartRule
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from net.auth.service import Auth
from net.edge import Edge
from net.http import (
    actors,
    agents,
    alerts,
    audit,
    charts,
    dashboard,
    events,
    health,
    integrations,
    journal,
    keys,
    market,
    metering,
    metrics,
    oversight,
    sessions,
    simulations,
    trades,
    usage,
    users,
)
from net.http.answers import Answer
from net.http.asgi import EdgeConnection
from net.http.dispatch import Dispatcher
from net.http.exchange import SCOPE_KEY, Exchange
from net.http.gate import Gate
from net.http.headers import Cors
from net.http.reference import describe
from net.http.routing import Route

PATHS_REMEMBERED_MAX: Final = 1_024
"""Paths whose operation is found without matching again: a flood of long ones holds 16 MB at most."""

PARTS = (
    sessions,
    users,
    agents,
    alerts,
    trades,
    usage,
    events,
    keys,
    oversight,
    metering,
    market,
    charts,
    audit,
    integrations,
    actors,
    simulations,
    journal,
    health,
    metrics,
)

OPERATIONS = tuple(route for part in PARTS for route in part.routes.collected)

ROUTES: tuple[Route, ...] = (*OPERATIONS, *describe(OPERATIONS))
"""Every operation, in the order of the reference."""


class MatchedRule(QuartRule):
    """A rule that requests are matched with.

    Nothing here asks for the URL of a rule, and compiling what would build it takes nine tenths of making an app.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: ARG002 -- Werkzeug calls it so.
        return _no_url


class EdgeApp(QuartTrio):
    """Quart on trio, with the edge's own way in and out."""

    asgi_http_class = EdgeConnection
    url_rule_class = MatchedRule  # type: ignore[assignment]  # Quart narrows it as well.

    def __init__(self, edge: Edge, auth: Auth) -> None:
        super().__init__("tradefloor", static_folder=None)
        self.edge = edge
        self.gate = Gate(edge, auth)
        self.cors = Cors(edge.settings.client_origins)
        self.dispatcher = Dispatcher(edge, auth)
        self.meter = edge.meter
        self._operations: dict[str, Route] = {}
        self._adapter = self.url_map.bind("edge")
        self.operation = lru_cache(PATHS_REMEMBERED_MAX)(self._find_operation)
        """Return the operation that a method and a path ask for, with the parts of the path; None: Quart answers."""

    def add_operation(self, route: Route) -> None:
        """Answer the requests to a route."""
        endpoint = f"{route.handler.__module__}.{route.handler.__name__}"
        self._operations[endpoint] = route

        async def view(**parts: Any) -> Response:
            return _response(await self.dispatcher.dispatch(route, _exchange(), parts))

        self.add_url_rule(route.path, endpoint, view, methods=[route.method], strict_slashes=True)

    def _find_operation(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """Find an operation, which needs neither Quart's request nor its contexts: they cost as much as the answer."""
        if method == "OPTIONS":
            return None
        try:
            endpoint, parts = self._adapter.match(path, method)
        except HTTPException:
            return None
        route = self._operations.get(endpoint)
        return None if route is None else (route, parts)


def create_app(edge: Edge, auth: Auth | None = None) -> EdgeApp:
    """Return the app; `auth` is given where the sockets share it."""
    app = EdgeApp(edge, auth or Auth(edge))
    for route in (*ROUTES, *dashboard.routes.collected, *simulations.pages.collected):
        app.add_operation(route)

    async def refuse(error: Exception) -> Response:
        return _response(app.dispatcher.problem(error, _exchange()))

    app.register_error_handler(Exception, refuse)
    return app


def _no_url(rule: QuartRule, **_parts: Any) -> tuple[str, str]:
    raise LookupError(f"no URL is built of {rule.rule}; write the path")


def _exchange() -> Exchange:
    exchange: Exchange = request.scope[SCOPE_KEY]  # type: ignore[typeddict-item]  # A key of our own.
    return exchange


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
