"""What operations refuse: every cause has its operations, and every test of the API is held to what they declare."""

import pytest

from net.http import sockets
from net.http.app import ROUTES
from net.http.causes import causes_of
from net.http.openapi import document, operation_id
from net.http.problems import CAUSES, TYPE_BASE
from tests.net.http.declared import require_declared

ROUTE_OF = {operation_id(route): route for route in ROUTES}


def test_every_cause_has_an_operation_that_declares_it() -> None:
    """A cause that nothing declares is either gone, or left out of the document."""
    declared = {cause for route in (*ROUTES, *sockets.routes.collected) for cause in causes_of(route)}

    assert {cause.slug for cause in CAUSES.values() if cause not in declared} == set()


def test_the_document_has_a_status_for_each_cause() -> None:
    """Neither more nor less, and in words those that the operation can run into."""
    paths = document(ROUTES, "1.2.3")["paths"]
    operations = {each["operationId"]: each for methods in paths.values() for each in methods.values()}

    for name, route in ROUTE_OF.items():
        statuses = {int(status) for status in operations[name]["responses"] if int(status) >= 400}
        assert (name, statuses) == (name, {cause.status for cause in causes_of(route)})
    conflicts = operations["submitTrade"]["responses"]["409"]["description"]
    assert "Market closed" in conflicts
    assert "Already decided" not in conflicts


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/api/v1/agents/agt_1", 404, "trade-not-found"),
        ("GET", "/api/v1/agents/agt_1", 409, "agent-not-found"),
        ("POST", "/api/v1/auth/login", 402, "insufficient-funds"),
        ("GET", "/admin/v1/actors/tree", 409, "control-refused"),
    ],
)
def test_what_is_not_declared_is_found_out(method: str, path: str, status: int, slug: str) -> None:
    """The check that the tests of the API go through does fail."""
    with pytest.raises(AssertionError, match="does not declare"):
        require_declared(method, path, {"status": status, "type": TYPE_BASE + slug, "detail": ""})


def test_what_is_declared_or_no_operation_is_let_through() -> None:
    """Also where the part of a path looks like another operation."""
    require_declared("GET", "/api/v1/agents/agt_1", {"status": 404, "type": f"{TYPE_BASE}agent-not-found"})
    require_declared("GET", "/nowhere", {"status": 404, "type": f"{TYPE_BASE}not-found"})
    require_declared("DELETE", "/api/v1/users", {"status": 405, "type": f"{TYPE_BASE}method-not-allowed"})
