"""Whether the API declares what its operations refuse: each problem that any test sees has to be among its route's."""

import re
from typing import Any, Final

from net.http.app import ROUTES
from net.http.causes import causes_of
from net.http.problems import TYPE_BASE
from net.http.routing import PART, Route

PLACES: Final = [(route, re.compile(PART.sub("[^/]+", route.path))) for route in ROUTES]


def require_declared(method: str, path: str, problem: Any) -> None:
    """Check the problem that an operation answered with; whatever is no operation declares nothing."""
    route = _route_of(method, path)
    if route is not None:
        declared = {(cause.status, TYPE_BASE + cause.slug) for cause in causes_of(route)}
        answered = (problem["status"], problem["type"])
        assert answered in declared, f"{route.handler.__name__} does not declare {answered}: {problem['detail']}"


def _route_of(method: str, path: str) -> Route | None:
    """Return the operation at a path; one without parts goes before one that would take its name for a part."""
    found = [route for route, place in PLACES if route.method == method and place.fullmatch(path)]
    return min(found, key=lambda route: len(PART.findall(route.path)), default=None)
