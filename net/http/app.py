"""The Quart app of the edge: routes to handlers, and everything else to problems."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from quart import Response, request
from quart.routing import QuartMap, QuartRule
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
    sockets,
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


ADDRESSES: Final = (*ROUTES, *dashboard.routes.collected, *simulations.pages.collected, *sockets.routes.collected)
"""Everything that is answered, with the pages and files that are no operations."""


class EdgeApp(QuartTrio):
    """Quart on trio, with the edge's own way in and out: it matches paths, and answers where there is no operation."""

    asgi_http_class = EdgeConnection

    def __init__(self, edge: Edge, auth: Auth) -> None:
        super().__init__("tradefloor", static_folder=None)
        self.edge = edge
        self.gate = Gate(edge, auth)
        self.cors = Cors(edge.settings.client_origins)
        self.dispatcher = Dispatcher(edge, auth)
        self.meter = edge.meter
        self.url_map = _url_map()
        self._adapter = self.url_map.bind("edge")
        self.operation = lru_cache(PATHS_REMEMBERED_MAX)(self._find_operation)
        """Return the operation that a method and a path ask for, with the parts of the path; None: Quart answers."""

    def _find_operation(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """Find an operation, which needs neither Quart's request nor its contexts: they cost as much as the answer."""
        if method == "OPTIONS":
            return None
        try:
            name, parts = self._adapter.match(path, method)
        except HTTPException:
            return None
        return _by_name()[name], parts


def create_app(edge: Edge, auth: Auth | None = None) -> EdgeApp:
    """Return the app; `auth` is given where the sockets share it."""
    app = EdgeApp(edge, auth or Auth(edge))

    async def refuse(error: Exception) -> Response:
        return _response(app.dispatcher.problem(error, _exchange()))

    app.register_error_handler(Exception, refuse)
    return app


@cache
def _by_name() -> Mapping[str, Route]:
    return {f"{route.method} {route.path}": route for route in ADDRESSES}


@cache
def _url_map() -> QuartMap:
    """Return the map of all addresses, made once for all apps: compiling its rules takes longer than all else."""
    rules = [
        QuartRule(
            route.path,
            endpoint=name,
            methods=[route.method, "OPTIONS"],
            strict_slashes=True,
            provide_automatic_options=True,
        )
        for name, route in _by_name().items()
    ]
    return QuartMap(rules, merge_slashes=False)


def _exchange() -> Exchange:
    exchange: Exchange = request.scope[SCOPE_KEY]  # type: ignore[typeddict-item]  # A key of our own.
    return exchange


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
