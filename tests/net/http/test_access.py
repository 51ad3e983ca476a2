"""Who may do what: nobody, viewer, trader, approver, admin, an agent's key, and the owner of something else."""

import pytest
from trio.testing import MockClock

from actors.model import FLOOR, Role
from actors.ports.people import AgentKey
from net.auth.tokens import hash_secret
from net.http.app import ROUTES
from net.http.gate import GUARDED
from net.http.routing import Route
from tests.net.http.harness import Served, served

KEY = "key_of_the_bot"
REQUEST = "ovr_1"
"""Only an order that waits takes an id for a request."""

OPEN = {"sign_in", "refresh", "slack_action"}
"""What needs no token behind the gate; before it stand probes and documents, which are everybody's."""


async def prepared(edge: Served) -> dict[str, str]:
    """Add one caller of each kind; the trader Ann has `agt_1` with a pending request, the key is that agent's."""
    tokens = {role.value: await edge.user(role.value, role) for role in Role}
    tokens["ann"] = await edge.user("ann", Role.TRADER)
    agent_id = await edge.agent(tokens["ann"])
    assert agent_id == "agt_1"
    await edge.trade(tokens["ann"], agent_id)
    await edge.trade(tokens["ann"], agent_id, "TSLA", 400)
    await edge.people.add_key(AgentKey("key_1", "agt_1", "usr_ann", "bot", hash_secret(KEY), "bot", 0), FLOOR, None)
    tokens["key"] = KEY
    return tokens


def path_of(route: Route) -> str:
    """Return a path of a route that leads to Ann's things."""
    path = route.path.replace("<agent_id>", "agt_1").replace("<trade_id>", "trd_1").replace("<key_id>", "key_1")
    return path.replace("<request_id>", REQUEST).replace("<symbol>", "AAPL").replace("<user_id>", "usr_ann")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_every_route_asks_who_is_calling(route: Route, mock_clock: MockClock) -> None:
    """Without a token a route is 401 unless it is open; below its role 403; with a key only where keys will do."""
    async with served() as edge:
        tokens = await prepared(edge)
        nobody = await edge.call(route.method, path_of(route))
        if route.role is None:
            assert route.handler.__name__ in OPEN or not route.path.startswith(GUARDED)
            assert nobody.status != 403
            return
        assert (nobody.status, nobody.slug) == (401, "unauthorized")
        below = [role for role in Role if list(Role).index(role) < list(Role).index(route.role)]
        for role in below:
            refused = await edge.call(route.method, path_of(route), token=tokens[role.value])
            assert (refused.status, refused.slug) == (403, "forbidden")
        by_key = await edge.call(route.method, path_of(route), token=KEY)
        assert (by_key.status == 403) == (not route.keys)


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if "<agent_id>" in route.path], ids=lambda route: f"{route.method} {route.path}"
)
async def test_what_is_anothers_is_not_there(route: Route, mock_clock: MockClock) -> None:
    """Another user's agent is 404 on every route, with a body that would do."""
    async with served() as edge:
        tokens = await prepared(edge)
        bodies = {"submit_trade": {"symbol": "AAPL", "action": "buy", "quantity": 1}, "create_key": {"name": "the bot"}}
        body = bodies.get(route.handler.__name__)
        answer = await edge.call(route.method, path_of(route), body, token=tokens["approver"])
        assert answer.status == 404, answer.body


async def test_a_request_is_seen_by_its_owner_and_by_approvers(mock_clock: MockClock) -> None:
    """Others do not know that it is there."""
    async with served() as edge:
        tokens = await prepared(edge)
        path = f"/api/v1/oversight/requests/{REQUEST}"
        seen = {name: (await edge.call("GET", path, token=token)).status for name, token in tokens.items()}
        assert seen == {"viewer": 404, "trader": 404, "approver": 200, "admin": 200, "ann": 200, "key": 200}
        listed = {
            name: len((await edge.call("GET", "/api/v1/oversight/requests", token=token)).json["items"])
            for name, token in tokens.items()
        }
        assert listed == {"viewer": 0, "trader": 0, "approver": 1, "admin": 1, "ann": 1, "key": 1}


async def test_a_key_trades_for_its_agent_only(mock_clock: MockClock) -> None:
    """Its own agent it reads and trades; another one of the same owner is not there."""
    async with served() as edge:
        tokens = await prepared(edge)
        other = await edge.agent(tokens["ann"])
        assert (await edge.trade(KEY, "agt_1")).json["status"] == "completed"
        assert (await edge.trade(KEY, other)).status == 404
        listed = await edge.call("GET", "/api/v1/agents", token=KEY)
        assert [agent["agentId"] for agent in listed.json["items"]] == ["agt_1"]


async def test_an_admin_sees_everybodys_agents(mock_clock: MockClock) -> None:
    """Others see their own."""
    async with served() as edge:
        tokens = await prepared(edge)
        counts = {
            name: len((await edge.call("GET", "/api/v1/agents", token=tokens[name])).json["items"])
            for name in ("admin", "ann", "trader")
        }
        assert counts == {"admin": 1, "ann": 1, "trader": 0}
