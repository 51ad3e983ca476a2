"""The log over HTTP: its events line by line, one in its chain, and a portfolio at two moments."""

import json
from typing import Any

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.model import Role
from tests.net.http.harness import Answer, Served, served

AT = "/admin/v1/events"


async def tail(edge: Served, token: str, query: str = "") -> list[Any]:
    """Return the events of a finite tail."""
    answer = await edge.call("GET", f"{AT}{query}", token=token)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.body.splitlines()]


async def test_the_last_events_come_oldest_first(mock_clock: MockClock) -> None:
    """As many as asked for, or all after a sequence."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        await edge.trade(admin, agent_id)
        assert [(event["seq"], event["type"]) for event in await tail(edge, admin)] == [
            (1, "agent.created"),
            (2, "trade.created"),
            (3, "trade.executed"),
        ]
        assert [event["seq"] for event in await tail(edge, admin, "?lines=2")] == [2, 3]
        assert [event["seq"] for event in await tail(edge, admin, "?lines=0")] == []
        assert [event["seq"] for event in await tail(edge, admin, "?after=1")] == [2, 3]


async def test_events_are_filtered(mock_clock: MockClock) -> None:
    """By agent, by a pattern of types, by the request that led to them; also where they are far back."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        first, second = await edge.agent(admin), await edge.agent(admin)
        order = {"symbol": "AAPL", "action": "buy", "quantity": 1, "orderType": "market"}
        path = f"/api/v1/agents/{first}/trades"
        await edge.call("POST", path, order, token=admin, headers={"X-Correlation-ID": "cor_mine"})
        for _ in range(110):
            await edge.trade(admin, second, quantity=1)
        assert [event["seq"] for event in await tail(edge, admin, f"?agentId={first}")] == [1, 3, 4]
        assert [event["seq"] for event in await tail(edge, admin, "?type=agent.*&lines=5")] == [1, 2]
        assert [event["seq"] for event in await tail(edge, admin, "?correlationId=cor_mine")] == [3, 4]
        assert [event["seq"] for event in await tail(edge, admin, "?type=agent.*&after=1")] == [2]
        assert [event["seq"] for event in await tail(edge, admin, "?after=220")] == [221, 222, 223, 224]
        wrong = await edge.call("GET", f"{AT}?type=Trade!", token=admin)
        assert wrong.fields == {"type": "must be a type such as trade.executed, or a pattern such as trade.*"}


async def test_who_follows_hears_of_what_is_committed(mock_clock: MockClock) -> None:
    """Each event once, in order, until the client goes."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        heard: list[Any] = []
        headers = {"Authorization": f"Bearer {admin}"}
        async with edge.client.request(f"{AT}?lines=1&follow=true&type=*ed", headers=headers) as connection:
            await connection.send_complete()
            heard.append(json.loads(await connection.receive()))
            for _ in range(2):
                await edge.trade(admin, agent_id)
                heard += [json.loads(await connection.receive()) for _ in range(2)]
            await connection.disconnect()
        await wait_all_tasks_blocked()
        assert [(event["seq"], event["type"]) for event in heard] == [
            (1, "agent.created"),
            (2, "trade.created"),
            (3, "trade.executed"),
            (4, "trade.created"),
            (5, "trade.executed"),
        ]


async def test_a_floor_that_stops_ends_what_follows_it(mock_clock: MockClock) -> None:
    """In order, so that its stop need not wait."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        answers: list[Answer] = []

        async def follow() -> None:
            answers.append(await edge.call("GET", f"{AT}?follow=true", token=admin))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(follow)
            await wait_all_tasks_blocked()
            edge.edge.closing.set()
        assert (answers[0].status, answers[0].body) == (200, b"")


async def test_an_event_is_shown_with_its_place_in_the_chain(mock_clock: MockClock) -> None:
    """And with whether it holds."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        await edge.trade(admin, agent_id)
        first, second = [(await edge.call("GET", f"{AT}/{seq}", token=admin)).json for seq in (1, 2)]
        assert (first["previousHash"], second["previousHash"]) == ("0" * 64, first["hash"])
        assert (second["type"], second["stream"], second["streamSeq"], second["holds"]) == (
            "trade.created",
            agent_id,
            2,
            True,
        )
        for seq in ("0", "99", "x", "1e3"):
            missing = await edge.call("GET", f"{AT}/{seq}", token=admin)
            assert (missing.status, missing.slug) == (404, "event-not-found")


async def diff(edge: Served, token: str, query: str) -> Answer:
    """Compare a portfolio at two moments."""
    return await edge.call("GET", f"/admin/v1/diff?{query}", token=token)


async def test_a_portfolio_is_compared_at_two_moments(mock_clock: MockClock) -> None:
    """Cash, positions and trades as the log leads to them; what is reserved for an approval, too."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        await edge.trade(admin, agent_id)
        await edge.trade(admin, agent_id, symbol="TSLA", quantity=500)
        found = (await diff(edge, admin, f"path=/agents/{agent_id}/portfolio&from=3")).json
        before, after = found["before"], found["after"]
        assert (before["seq"], before["cash"], before["reserved"], before["openTrades"]) == (3, 98_495.9975, 0.0, 0)
        assert before["positions"] == [
            {"symbol": "AAPL", "quantity": 10, "reserved": 0, "averageCost": 150.25, "costBasis": 1_502.5}
        ]
        assert (after["seq"], after["cash"], after["reserved"], after["approvals"]) == (5, 98_495.9975, 75_075.0, 1)
        (change,) = found["trades"]
        assert (change["before"], change["after"]["status"]) == (None, "pending_approval")
        whole = (await diff(edge, admin, f"path=/agents/{agent_id}")).json
        assert (whole["before"], whole["events"], whole["tradesTotal"]) == (None, 5, 2)


async def test_what_cannot_be_compared_is_said(mock_clock: MockClock) -> None:
    """Nobody's path, nobody there, not there yet, and a range that ends before it begins."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await edge.agent(admin)
        agent_id = await edge.agent(admin)
        expected = {
            "path=/market": (404, "actor-not-found"),
            "path=/agents/agt_none": (404, "agent-not-found"),
            f"path=/agents/{agent_id}&to=1": (404, "event-not-found"),
            f"path=/agents/{agent_id}&from=2&to=1": (400, "range-reversed"),
        }
        for query, problem in expected.items():
            answer = await diff(edge, admin, query)
            assert (answer.status, answer.slug) == problem


async def test_stacks_name_the_actors_whose_tasks_wait(mock_clock: MockClock) -> None:
    """And the lines."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await wait_all_tasks_blocked()
        found = (await edge.call("GET", "/admin/v1/stacks?path=/market", token=admin)).json
        assert found["total"] >= 1
        assert {"task": "/market", "actor": "/market"} in [name for item in found["items"] for name in item["names"]]
        assert found["items"][0]["lines"][0].startswith("supervisor/")
        missing = await edge.call("GET", "/admin/v1/stacks?path=/nobody", token=admin)
        assert missing.slug == "actor-not-found"


async def test_waiting_for_the_log_to_go_on(mock_clock: MockClock) -> None:
    """Only those are woken for whom it has; nobody waits for what is there already."""
    async with served() as edge:
        views = edge.floor.views
        await views.wait_beyond(-1)
        woken: list[int] = []

        async def wait(seq: int) -> None:
            await views.wait_beyond(seq)
            woken.append(seq)

        async with trio.open_nursery() as nursery:
            for seq in (1, 0):
                nursery.start_soon(wait, seq)
            for seq in (1, 2):
                await wait_all_tasks_blocked()
                views.last_seq = seq
                await wait_all_tasks_blocked()
                assert woken == [0, 1][:seq]
