"""The contract at the edge, walked line by line over real sockets: calls, parameters, statuses, events and actions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.e2e.contract import (
    ACTIONS,
    ADDED,
    ADDED_QUERIES,
    ADMIN,
    CALLS,
    CHANNELS,
    CONTROL,
    EVENTS,
    PROBLEMS,
    SETTINGS,
)
from tests.e2e.matrix import SLACK_SECRET, buy, slack_form
from tests.e2e.people import PASSWORD
from tests.e2e.program import Api, Program, eventually, running, verify
from tests.e2e.record import Ear, Record, listener, recorded, uncovered
from tests.e2e.services import services

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

NEW_AGENT: Final = {
    "name": "Contract",
    "strategy": "custom",
    "initialBudget": 100_000,
    "riskTolerance": 5,
    "quotaConfig": {"apiCalls": 1_000, "budgetPerMonth": 1_000},
}
ALERT_PERCENT: Final = 1
ALERT_CALLS: Final = 10
"""One per cent of the agent's calls."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Run the floor, with prices that come quickly."""
    folder = tmp_path_factory.mktemp("contract")
    env = {"TICK_INTERVAL_MS": "100", "SLACK_SIGNING_SECRET": SLACK_SECRET}
    with running(folder, "--no-demo", env=env) as program:
        yield program
        assert program.stop() == 0
    verify(folder / "floor.db")


def test_the_document_has_the_contract(program: Program) -> None:
    """Its calls, with their parameters and statuses, and no others than more verbs for admins."""
    document = httpx.get(f"{program.url}/openapi.json").json()
    described = {
        (method.upper(), plain(path)): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    listed = {(call.method, call.path): call for call in CALLS}
    beyond = {name for name in described if not name[1].startswith(ADMIN)} - set(listed)
    assert (set(listed) - set(described), beyond) == (set(), set(ADDED))
    for name, call in listed.items():
        if name[1] == CONTROL:
            continue
        assert str(call.status) in described[name]["responses"], name
        parameters = {part["name"] for part in described[name]["parameters"] if part["in"] == "query"}
        assert (name, parameters) == (name, {*call.query, *ADDED_QUERIES.get(name, ())})


async def test_the_contract_holds(program: Program, tmp_path: Path) -> None:
    """One story makes every call with every parameter, meets every error, and hears every event."""
    record = Record()
    async with recorded(program.url, record) as api, listener(api, record, *CHANNELS) as ear:
        await read_what_is_open(api)
        await people(api, program.url, record)
        agent_id = await trades(api, ear)
        await oversight(api, ear, agent_id)
        await usage_and_alerts(api, ear, agent_id)
        await charts_and_logs(api, agent_id)
        await talk_on_the_socket(ear, agent_id)
        await meet_refusals(api, agent_id)
        await end_agents(api, ear, agent_id)
    await call_too_often(program.url, record)
    await run_short_of_things(tmp_path, record)

    assert uncovered(record) == []
    assert set(PROBLEMS) - record.problems == set()
    assert record.events == set(EVENTS)
    assert record.actions == set(ACTIONS)


def plain(path: str) -> str:
    """Return a path with `{}` for each part that varies."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


async def read_what_is_open(api: Api) -> None:
    """Probes, metrics and documents take no token."""
    async with httpx.AsyncClient(base_url=api.client.base_url, event_hooks=api.client.event_hooks) as stranger:
        for path in ("/health/live", "/health/ready", "/metrics", "/api", "/api/docs", "/openapi.json"):
            await stranger.get(path)
        dashboard = await stranger.get("/")
    assert (dashboard.status_code, dashboard.headers["content-type"]) == (200, "text/html; charset=utf-8")
    ready = (await api.client.get("/health/ready")).json()
    assert ready["checks"] == {"database": "ok", "grpc": "ok", "market": "ok"}


async def people(api: Api, url: str, record: Record) -> None:
    """Somebody is added, signs in, prolongs that, reads, is refused, signs out, and is shut out."""
    viewer = {"email": "viewer@example.com", "password": PASSWORD}
    user = await api.made("/users", viewer | {"role": "viewer"}, 201)
    assert user["userId"] in {item["userId"] for item in (await api.get("/users"))["items"]}
    async with recorded(url, record, viewer) as theirs:
        assert (await theirs.get("/auth/me"))["role"] == "viewer"
        await theirs.made("/agents", NEW_AGENT, 403)
        session = await theirs.made("/auth/login", viewer)
        assert {"token", "refreshToken", "expiresIn", "user"} == set(session)
        await theirs.made("/auth/refresh", {"refreshToken": session["refreshToken"]})
        await theirs.made("/auth/refresh", {"refreshToken": session["refreshToken"]}, 401)
        assert (await theirs.post("/auth/logout", None)).status_code == 204
        assert (await theirs.client.get("/api/v1/auth/me")).status_code == 401
    await changed(api, "PATCH", f"/users/{user['userId']}", {"disabled": True})


async def trades(api: Api, ear: Ear) -> str:
    """Make an agent, change it, trade, cancel, and give it a key; return its id."""
    response = await api.post("/agents", NEW_AGENT)
    agent_id = str(response.json()["agentId"])
    assert (response.status_code, response.headers["Location"]) == (201, f"/api/v1/agents/{agent_id}")
    made_at = response.json()["createdAt"]
    await api.made("/agents", NEW_AGENT | {"name": "Contract too"}, 201)
    await changed(api, "PATCH", f"/agents/{agent_id}", {"name": "Contract renamed"})
    span = "createdAfter=2020-01-01T00:00:00Z&createdBefore=2200-01-01T00:00:00Z"
    query = f"status=paused&strategy=custom&search=contract&{span}"
    page = await api.get(f"/agents?{query}&limit=1")
    following = await api.get(f"/agents?{query}&limit=1&cursor={page['nextCursor']}")
    assert [item["name"] for item in page["items"] + following["items"]] == ["Contract too", "Contract renamed"]
    assert (await api.get(f"/agents/{agent_id}"))["name"] == "Contract renamed"

    way = f"/agents/{agent_id}/trades"
    await api.made(way, buy("KO", 1) | {"clientOrderId": "first"})
    await ear.hear("trade.created", agent_id)
    await ear.hear("trade.executed", agent_id)
    resting = await api.made(way, buy("KO", 1) | {"orderType": "limit", "limitPrice": 1})
    assert resting["status"] == "pending"
    assert (await api.get(f"{way}/{resting['tradeId']}"))["orderType"] == "limit"
    await changed(api, "DELETE", f"{way}/{resting['tradeId']}")
    await ear.hear("trade.cancelled", agent_id)
    query = f"status=cancelled&symbol=KO&from={made_at}&to=2200-01-01T00:00:00Z&limit=1"
    assert [item["tradeId"] for item in (await api.get(f"{way}?{query}"))["items"]] == [resting["tradeId"]]
    page = await api.get(f"{way}?limit=1")
    await api.get(f"{way}?limit=1&cursor={page['nextCursor']}")
    key = await api.made(f"/agents/{agent_id}/keys", {"name": "contract"}, 201)
    shown = (await api.get(f"/agents/{agent_id}/keys"))["items"]
    assert [(item["keyId"], "key" in item) for item in shown] == [(key["keyId"], False)]
    await changed(api, "DELETE", f"/agents/{agent_id}/keys/{key['keyId']}", status=204)
    return agent_id


async def oversight(api: Api, ear: Ear, agent_id: str) -> None:
    """Have trades wait for approval, and decide in each way; the last one spends most of the cash."""
    ways = {
        "reject": ({}, "rejected"),
        "decision": ({"decision": "rejected"}, "rejected"),
        "approve": ({"reason": "fine"}, "approved"),
    }
    for way, (body, outcome) in ways.items():
        held = await api.made(f"/agents/{agent_id}/trades", buy("TSLA", 400))
        assert held["status"] == "pending_approval"
        request_id = held["approvalRequestId"]
        await ear.hear("oversight.request", agent_id)
        assert request_id in {
            item["requestId"] for item in (await api.get("/oversight/requests?status=pending"))["items"]
        }
        assert (await api.get(f"/oversight/requests/{request_id}"))["riskAssessment"] is not None
        assert (await api.made(f"/oversight/requests/{request_id}/{way}", body))["status"] == outcome
        await ear.hear(f"oversight.{outcome}", agent_id)
        await api.made(f"/oversight/requests/{request_id}/{way}", body)
        other = "reject" if outcome == "approved" else "approve"
        await api.made(f"/oversight/requests/{request_id}/{other}", {}, 409)
    slack = slack_form(str(api.client.base_url), 1)
    assert (await api.client.post("/api/v1/integrations/slack/actions", **slack)).status_code == 200


async def usage_and_alerts(api: Api, ear: Ear, agent_id: str) -> None:
    """Usage is counted here and in the metering service, and an alert comes where its owner wants it."""
    thresholds = (await api.get(f"/agents/{agent_id}/alerts"))["thresholds"]
    assert (thresholds["apiCalls"], thresholds["budget"]) == (80, 80)
    await changed(api, "PUT", f"/agents/{agent_id}/alerts", {"thresholds": {"apiCalls": ALERT_PERCENT}})
    used = (await api.get(f"/agents/{agent_id}/usage"))["currentUsage"]["apiCalls"]
    for _ in range(max(1, ALERT_CALLS - used)):
        await api.made(f"/agents/{agent_id}/trades", buy("KO", 1))
    assert (await ear.hear("usage.alert", agent_id))["data"]["kind"] == "apiCalls"
    month = (await api.get(f"/agents/{agent_id}/usage"))["resetDate"][:4]
    assert (await api.get(f"/agents/{agent_id}/usage?period={int(month) - 2}-01"))["currentUsage"]["apiCalls"] == 0
    event = {"eventId": "evt_contract", "agentId": agent_id, "type": "report", "apiCalls": 1, "cost": 0.1}
    for _ in range(2):
        await api.made("/metering/events", event, 202)
    assert (await api.get(f"/metering/agents/{agent_id}/usage"))["totalCalls"] >= 1
    assert (await api.get(f"/metering/agents/{agent_id}/quota"))["allowed"] is True


async def charts_and_logs(api: Api, agent_id: str) -> None:
    """Look back: bars, the equity curve, figures, events, the audit; and at what the actors are doing."""
    since = (await api.get(f"/agents/{agent_id}"))["createdAt"]
    span = f"from={since}&to=2200-01-01T00:00:00Z&interval=1m"
    portfolio = (await api.get(f"/agents/{agent_id}/portfolio"))["portfolio"]
    assert "KO" in {position["symbol"] for position in portfolio["positions"]}
    await api.get(f"/agents/{agent_id}/portfolio/history?{span}")
    assert {"roi", "volatility", "sharpe", "sortino", "maxDrawdown", "winRate", "turnover"} <= set(
        await api.get(f"/agents/{agent_id}/performance")
    )
    prices = {item["symbol"] for item in (await api.get("/market/prices"))["items"]}
    assert {"AAPL", "TSLA"} <= prices
    assert len(prices) == 20
    assert (await api.get("/market/prices/AAPL"))["price"] > 0
    await api.get(f"/market/history/AAPL?{span}")
    events = await api.get(f"/agents/{agent_id}/events?limit=2")
    following = await api.get(f"/agents/{agent_id}/events?after={events['nextCursor']}&limit=200")
    assert events["items"][-1]["seq"] < following["items"][0]["seq"]
    audit = await api.get("/audit?limit=1")
    entries = (await api.get(f"/audit?limit=200&after={audit['nextCursor']}"))["items"]
    assert {True} == {bool(entry["correlationId"]) for entry in entries if entry["type"] == "user.signed_in"}
    await api.client.get(CONTROL)


async def talk_on_the_socket(ear: Ear, agent_id: str) -> None:
    """Every action is answered under its id, and prices and portfolios come by."""
    await ear.ask("ping", "pong")
    trade = await ear.ask("trade.submit", "trade.submitted", agentId=agent_id, trade=buy("KO", 1))
    assert trade["status"] == "completed"
    await ear.hear("market.update")
    await ear.ask("unsubscribe", "unsubscribed", channels=["market"])


async def meet_refusals(api: Api, agent_id: str) -> None:
    """Each kind of refusal that a single request brings about; the recorder checks what they look like."""
    way = f"/agents/{agent_id}/trades"
    await api.made(way, buy("NOPE", 1), 400)
    await api.made(way, buy("KO", 1) | {"surprise": True}, 400)
    await api.made(way, buy("KO", 1_000_000), 402)
    await api.made(way, buy("KO", 1) | {"clientOrderId": "first"}, 409)
    await api.made("/agents/agt_nobody/trades", buy("KO", 1), 404)
    assert (await api.client.put(f"/api/v1{way}")).status_code == 405
    for content, media_type, status in (
        (b" " * (1_048_576 + 1), "application/json", 413),
        (b"{}", "text/plain", 415),
    ):
        headers = {"Content-Type": media_type}
        response = await api.client.post(f"/api/v1{way}", content=content, headers=headers)
        assert response.status_code == status, response.text
    key = {"Idempotency-Key": "contract"}
    first, again = [await api.made(way, buy("KO", 1), headers=key) for _ in range(2)]
    assert first["tradeId"] == again["tradeId"]
    await api.made(way, buy("KO", 2), 422, headers=key)
    fresh = (await api.made("/agents", NEW_AGENT, 201))["agentId"]
    event = {"eventId": "evt_all_of_it", "agentId": fresh, "type": "report", "apiCalls": 1_000}
    await api.made("/metering/events", event, 202)
    await api.made(f"/agents/{fresh}/trades", buy("KO", 1), 429)


async def end_agents(api: Api, ear: Ear, agent_id: str) -> None:
    """Let an agent trade by itself, rest, stop, and be gone."""
    for verb, status in (("resume", "active"), ("pause", "paused"), ("stop", "stopped")):
        assert (await api.made(f"/agents/{agent_id}/{verb}", {}))["status"] == status
        assert (await ear.hear("agent.status", agent_id))["data"]["status"] == status
    await api.made(f"/agents/{agent_id}/trades", buy("KO", 1), 409)
    await changed(api, "DELETE", f"/agents/{agent_id}", status=204)
    assert (await api.client.get(f"/api/v1/agents/{agent_id}")).status_code == 404


async def call_too_often(url: str, record: Record) -> None:
    """Without a token an address gets a hundred answers, and then has to wait."""
    async with httpx.AsyncClient(base_url=url, event_hooks={"response": [record.response]}) as stranger:
        for _ in range(int(SETTINGS["RATE_LIMIT_MAX"] or 0) + 1):
            response = await stranger.get("/api/v1/auth/me")
        assert response.status_code == 429
        assert response.headers["RateLimit-Policy"] == '"ip";q=100;w=900'


async def run_short_of_things(folder: Path, record: Record) -> None:
    """Let an approved trade fail on a moved price, an approval expire, and the services be away."""
    env = {"APPROVAL_PRICE_TOLERANCE": "0", "APPROVAL_TTL": "3", "TICK_INTERVAL_MS": "50"}
    with services(folder) as processes:
        flags = ("--metering-grpc-address", processes.metering, "--oversight-grpc-address", processes.oversight)
        with running(folder, "--no-demo", *flags, env=env) as program:
            async with recorded(program.url, record) as api, listener(api, record, *CHANNELS) as ear:
                agent_id, other = [(await api.made("/agents", NEW_AGENT, 201))["agentId"] for _ in range(2)]
                held = await api.made(f"/agents/{agent_id}/trades", buy("TSLA", 400))
                await eventually(lambda: has_moved(api, held))
                await api.made(f"/oversight/requests/{held['approvalRequestId']}/approve", {})
                assert (await ear.hear("trade.failed", agent_id))["data"]["tradeId"] == held["tradeId"]
                await api.made(f"/agents/{agent_id}/trades", buy("TSLA", 400))
                await ear.hear("oversight.expired", agent_id)
                processes.kill()
                await api.made(f"/agents/{other}/trades", buy("KO", 1), 503)
                await eventually(lambda: is_not_ready(api))
            assert program.stop() == 0
    verify(folder / "floor.db")


async def has_moved(api: Api, held: dict[str, Any]) -> bool:
    """Say whether the price is another one than when a trade was submitted."""
    request = await api.get(f"/oversight/requests/{held['approvalRequestId']}")
    price = (await api.get("/market/prices/TSLA"))["price"]
    return bool(abs(price * held["quantity"] - request["estimatedValue"]) >= 1)


async def is_not_ready(api: Api) -> bool:
    """Say whether the probe names what is missing."""
    response = await api.client.get("/health/ready")
    return response.status_code == 503 and "metering" in response.json()["checks"]["grpc"]


async def changed(api: Api, method: str, path: str, body: object = None, status: int = 200) -> None:
    """Change something, which must work."""
    response = await api.client.request(method, f"/api/v1{path}", json=body)
    assert response.status_code == status, response.text
