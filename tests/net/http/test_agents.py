"""Agents over HTTP."""

from typing import Any

import pytest
from trio.testing import MockClock

from tests.net.http.harness import served

AT = "/api/v1/agents"


async def test_an_agent_is_shown_as_the_contract_says(mock_clock: MockClock) -> None:
    """All fields are there; those without a value are null."""
    async with served() as edge:
        token = await edge.user("ann")
        agent = (await edge.call("GET", f"{AT}/{await edge.agent(token)}", token=token)).json
        created = agent["createdAt"]
        assert created.startswith("2026-02-17T12:00:00")
        assert agent == {
            "agentId": "agt_1",
            "name": "Test agent",
            "strategy": "custom",
            "status": "paused",
            "riskTolerance": 5,
            "createdAt": created,
            "updatedAt": created,
            "portfolio": {"value": 100000.0, "cash": 100000.0, "positions": []},
            "quotaConfig": {
                "apiCalls": 10000,
                "budgetPerMonth": 10000.0,
                "usage": {"apiCalls": 0, "budgetSpent": 0.0},
            },
            "assetPreferences": None,
            "tradingHours": None,
            "oversightThreshold": None,
            "failureReason": None,
        }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Third", "Second", "First"]),
        ("?status=active", ["Second"]),
        ("?strategy=balanced", ["Third"]),
        ("?search=IRS", ["First"]),
        ("?createdAfter=2026-02-17T12:00:01.5Z", ["Third"]),
        ("?createdBefore=2026-02-17T12:00:01.5%2B00:00", ["Second", "First"]),
        ("?search=s&status=paused", ["First"]),
        ("?status=deleted", []),
    ],
)
async def test_agents_are_found(query: str, names: list[str], mock_clock: MockClock) -> None:
    """Filters narrow the list together; the newest comes first."""
    async with served() as edge:
        token = await edge.user("ann")
        for name, strategy in (("First", "custom"), ("Second", "custom"), ("Third", "balanced")):
            agent_id = await edge.agent(token, name=name, strategy=strategy)
            if name == "Second":
                await edge.call("POST", f"{AT}/{agent_id}/resume", token=token)
            mock_clock.jump(1)
        found = await edge.call("GET", AT + query, token=token)
        assert [agent["name"] for agent in found.json["items"]] == names


async def test_pages_follow_each_other(mock_clock: MockClock) -> None:
    """Every agent stands on one page, and the last has no cursor."""
    async with served() as edge:
        token = await edge.user("ann")
        made = [await edge.agent(token) for _ in range(5)]
        seen: list[str] = []
        path = f"{AT}?limit=2"
        for expected in (2, 2, 1):
            page = (await edge.call("GET", path, token=token)).json
            assert len(page["items"]) == expected
            seen += [agent["agentId"] for agent in page["items"]]
            path = f"{AT}?limit=2&cursor={page['nextCursor']}"
        assert page["nextCursor"] is None
        assert sorted(seen) == sorted(made)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?limit=0", "limit"),
        ("?limit=201", "limit"),
        ("?limit=5&limit=6", "limit"),
        ("?cursor=x", "cursor"),
        ("?cursor=eA==", "cursor"),
        ("?cursor=%C3%A9", "cursor"),
        ("?status=", "status"),
        ("?colour=red", "colour"),
        ("?createdAfter=yesterday", "createdAfter"),
        ("?search=%FF", ""),
    ],
)
async def test_queries_at_fault_are_named(query: str, field: str, mock_clock: MockClock) -> None:
    """The parameter at fault is named."""
    async with served() as edge:
        token = await edge.user("ann")
        answer = await edge.call("GET", AT + query, token=token)
        assert (answer.status, list(answer.fields)) == (400, [field])


async def test_an_agent_is_changed(mock_clock: MockClock) -> None:
    """What is said changes, what is not stays."""
    async with served() as edge:
        token = await edge.user("ann")
        agent_id = await edge.agent(token, oversightThreshold=5000)
        changes: dict[str, Any] = {"name": "Other", "oversightThreshold": None, "quotaConfig": {"apiCalls": 2000}}
        answer = await edge.call("PATCH", f"{AT}/{agent_id}", changes, token=token)
        assert answer.status == 200
        assert (answer.json["name"], answer.json["riskTolerance"]) == ("Other", 5)
        assert (answer.json["oversightThreshold"], answer.json["quotaConfig"]["apiCalls"]) == (None, 2000)


async def test_the_life_of_an_agent(mock_clock: MockClock) -> None:
    """Resumed, paused, stopped, and deleted; then it is not there any more."""
    async with served() as edge:
        token = await edge.user("ann")
        agent_id = await edge.agent(token)
        for step, status in (("resume", "active"), ("pause", "paused"), ("stop", "stopped")):
            answer = await edge.call("POST", f"{AT}/{agent_id}/{step}", token=token)
            assert (answer.status, answer.json["status"]) == (200, status)
        answer = await edge.call("POST", f"{AT}/{agent_id}/resume", token=token)
        assert (answer.status, answer.slug) == (409, "illegal-transition")
        assert (await edge.trade(token, agent_id)).slug == "agent-not-trading"
        deleted = await edge.call("DELETE", f"{AT}/{agent_id}", token=token)
        assert (deleted.status, deleted.body) == (204, b"")
        assert (await edge.call("GET", f"{AT}/{agent_id}", token=token)).slug == "agent-not-found"
        assert (await edge.call("DELETE", f"{AT}/{agent_id}", token=token)).status == 404
        assert (await edge.call("GET", AT, token=token)).json["items"] == []


async def test_creation_is_once_under_one_key(mock_clock: MockClock) -> None:
    """The same request again replays the answer; another one under the key is refused."""
    async with served() as edge:
        token = await edge.user("ann")
        wanted = {"name": "Once", "strategy": "custom", "initialBudget": 1000, "riskTolerance": 5}
        key = {"Idempotency-Key": "k1"}
        first = await edge.call("POST", AT, wanted, token=token, headers=key)
        again = await edge.call("POST", AT, dict(reversed(wanted.items())), token=token, headers=key)
        assert (first.status, again.status, first.json) == (201, 201, again.json)
        assert again.headers["location"] == first.headers["location"]
        other = await edge.call("POST", AT, wanted | {"name": "Twice"}, token=token, headers=key)
        assert (other.status, other.slug) == (422, "idempotency-mismatch")
        assert len((await edge.call("GET", AT, token=token)).json["items"]) == 1
