"""The Quart app of the edge: routes to handlers, and everything else to problems."""

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Response, request
from quart_trio import QuartTrio

from net.auth.service import Auth
from net.edge import Edge
from net.http import (
    agents,
    alerts,
    audit,
    events,
    health,
    integrations,
    keys,
    market,
    metering,
    oversight,
    sessions,
    trades,
    usage,
    users,
)
from net.http.asgi import EdgeConnection
from net.http.dispatch import Dispatcher
from net.http.exchange import SCOPE_KEY
from net.http.gate import Gate
from net.http.headers import Cors
from net.http.reference import describe
from net.http.routing import Route

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
    audit,
    integrations,
    health,
)

OPERATIONS = tuple(route for part in PARTS for route in part.routes.collected)

ROUTES: tuple[Route, ...] = (*OPERATIONS, *describe(OPERATIONS))
"""Every operation, in the order of the reference."""


class EdgeApp(QuartTrio):
    """Quart on trio, with the edge's own way in and out."""

    asgi_http_class = EdgeConnection

    def __init__(self, edge: Edge, auth: Auth) -> None:
        super().__init__("tradefloor", static_folder=None)
        self.edge = edge
        self.gate = Gate(edge, auth)
        self.cors = Cors(edge.settings.client_origins)
        self.dispatcher = Dispatcher(edge, auth)


def create_app(edge: Edge, auth: Auth | None = None) -> EdgeApp:
    """Return the app; `auth` is given where the sockets share it."""
    app = EdgeApp(edge, auth or Auth(edge))
    for route in ROUTES:
        endpoint = f"{route.handler.__module__}.{route.handler.__name__}"
        app.add_url_rule(route.path, endpoint, _view(app, route), methods=[route.method], strict_slashes=True)

    async def refuse(error: Exception) -> Response:
        return app.dispatcher.problem(error, request.scope[SCOPE_KEY])  # type: ignore[typeddict-item]  # Our own key.

    app.register_error_handler(Exception, refuse)
    return app


def _view(app: EdgeApp, route: Route) -> Callable[..., Awaitable[Response]]:
    async def view(**parts: Any) -> Response:
        return await app.dispatcher.dispatch(route, request.scope[SCOPE_KEY], parts)  # type: ignore[typeddict-item]

    return view
