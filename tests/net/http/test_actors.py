"""The control plane over HTTP: what an operator sees and does, and what the audit keeps of it."""

import json
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors import paths
from actors.messages import DrainOutbox
from actors.model import Role
from supervisor import Activity
from tests.net.http.harness import Answer, Served, served

AT = "/admin/v1/actors"
AGENT = "/agents/agt_1/agent"


async def control(edge: Served, token: str, verb: str, path: str, reason: str = "a test") -> Answer:
    """Do something to actors."""
    return await edge.call("POST", f"{AT}/{verb}", {"path": path, "reason": reason}, token=token)


async def audited(edge: Served, token: str) -> list[tuple[str, Any]]:
    """Return who did what to actors, as the audit shows it."""
    listed = await edge.call("GET", "/api/v1/audit?limit=200", token=token)
    return [(item["actor"]["name"], item["data"]) for item in listed.json["items"] if item["type"] == "control.action"]


async def test_actors_are_listed_by_what_they_did(mock_clock: MockClock) -> None:
    """Below a path or a pattern, sorted, and no more than asked for."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        for _ in range(3):
            await edge.trade(admin, agent_id)
        listed = (await edge.call("GET", f"{AT}?path=/agents/*&sort=msgs&limit=1", token=admin)).json
        assert listed["total"] == 2
        (row,) = listed["items"]
        assert row["handled"] >= 3
        assert row["path"] in {AGENT, "/agents/agt_1/portfolio"}
        assert row == {
            "path": row["path"],
            "actorClass": row["actorClass"],
            "state": "running",
            "mailbox": 0,
            "oldestAgeSeconds": 0.0,
            "handled": row["handled"],
            "busySeconds": 0.0,
            "restarts": 0,
            "inHand": None,
            "inHandSeconds": 0.0,
        }
        everything = (await edge.call("GET", AT, token=admin)).json
        assert {"/journal", "/market", AGENT} <= {item["path"] for item in everything["items"]}
        assert everything["total"] == len(everything["items"])


async def test_actors_are_listed_by_state(mock_clock: MockClock) -> None:
    """Those in one of the states that are asked for; an unknown one is refused with all there are."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await edge.agent(admin)
        await control(edge, admin, "pause", "/market")
        await control(edge, admin, "stop", AGENT)
        listed = (await edge.call("GET", f"{AT}?state=paused,stopped", token=admin)).json
        assert {item["path"]: item["state"] for item in listed["items"]} == {"/market": "paused", AGENT: "stopped"}
        assert listed["total"] == 2
        none = (await edge.call("GET", f"{AT}?state=failed", token=admin)).json
        assert none == {"items": [], "total": 0}
        for wrong in ("failed,asleep", "", "paused,"):
            refused = await edge.call("GET", f"{AT}?state={wrong}", token=admin)
            assert (refused.status, refused.fields) == (400, {"state": f"must be one of {', '.join(Activity)}"})


async def test_the_tree_is_shown_to_a_depth(mock_clock: MockClock) -> None:
    """Each node before those below it, with how many it has; cut where there are too many."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await edge.agent(admin)
        tree = (await edge.call("GET", f"{AT}/tree?path=/agents&depth=2", token=admin)).json
        assert [(item["path"], item["kind"], item["children"]) for item in tree["items"]] == [
            ("/agents", "supervisor", 1),
            ("/agents/agt_1", "supervisor", 2),
            ("/agents/agt_1/portfolio", "actor", 0),
            (AGENT, "actor", 0),
        ]
        counters = [(item["mailbox"], item["restarts"], item["handled"]) for item in tree["items"]]
        assert counters[:2] == [(None, None, None)] * 2
        assert {(mailbox, restarts) for mailbox, restarts, _ in counters[2:]} == {(0, 0)}
        assert not tree["truncated"]
        cut = (await edge.call("GET", f"{AT}/tree?limit=4", token=admin)).json
        assert (len(cut["items"]), cut["truncated"]) == (4, True)


async def test_a_paused_actor_still_answers_inspect(mock_clock: MockClock) -> None:
    """With its state, and with what waits in its mailbox when that is asked for."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        await edge.trade(admin, agent_id)
        paused = await control(edge, admin, "pause", "/agents", "odd prices")
        assert (paused.status, paused.json) == (
            200,
            {"verb": "pause", "path": "/agents", "reason": "odd prices", "actors": 2, "states": {"paused": 1}},
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(edge.trade, admin, agent_id)
            await wait_all_tasks_blocked()
            seen = (await edge.call("GET", f"{AT}/inspect?path={AGENT}&messages=5", token=admin)).json
            resumed = await control(edge, admin, "resume", AGENT.replace("agt_1", "*"))
            assert resumed.json["actors"] == 1
            await control(edge, admin, "resume", "/agents")
        assert (seen["state"], seen["mailbox"], seen["paused"], seen["handledByType"]) == (
            "paused",
            1,
            True,
            {"SubmitTrade": 1},
        )
        assert [message["type"] for message in seen["messages"]] == ["SubmitTrade"]
        assert seen["inspect"]["name"] == "Test agent"
        assert [event["event"] for event in seen["events"]] == ["paused"]
        listed = await edge.call("GET", f"/api/v1/agents/{agent_id}/trades", token=admin)
        assert [trade["status"] for trade in listed.json["items"]] == ["completed"] * 2


async def test_every_action_is_in_the_audit(autojump_clock: MockClock) -> None:
    """Who, what, to whom, why, and to how many actors."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await edge.agent(admin)
        assert (await control(edge, admin, "pause", "/market", "a")).status == 200
        assert (await control(edge, admin, "resume", "/market", "b")).status == 200
        assert (await control(edge, admin, "restart", "/agents/agt_1", "c")).json["states"] == {"running": 1}
        assert (await control(edge, admin, "stop", "/agents/agt_1", "d")).json["states"] == {"stopped": 1}
        await edge.call("GET", f"{AT}/trace?path=/market&seconds=1&count=1", token=admin)
        assert await audited(edge, admin) == [
            ("boss@example.com", {"verb": verb, "target": target, "reason": reason, "actors": actors})
            for verb, target, reason, actors in (
                ("pause", "/market", "a", 1),
                ("resume", "/market", "b", 1),
                ("restart", "/agents/agt_1", "c", 2),
                ("stop", "/agents/agt_1", "d", 2),
                ("trace", "/market", "not said", 1),
            )
        ]


async def test_the_journal_is_brought_back_before_that_is_recorded(autojump_clock: MockClock) -> None:
    """While it rests nothing else can be done, as nothing could be recorded."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await control(edge, admin, "pause", "/")
        refused = await control(edge, admin, "pause", "/market")
        assert (refused.status, refused.slug) == (503, "unavailable")
        assert (await control(edge, admin, "resume", "/journal")).status == 200
        assert (await control(edge, admin, "resume", "/")).status == 200
        assert [data["verb"] for _, data in await audited(edge, admin)] == ["pause", "resume", "resume"]


async def test_what_cannot_be_done_is_refused(mock_clock: MockClock) -> None:
    """Nothing there, the server itself, and a child whose supervisor is down; none of it is recorded."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await edge.agent(admin)
        for path in ("/nobody", "/nobody/*", "/agents/*x*"):
            answer = await control(edge, admin, "pause", path)
            assert (answer.status, answer.slug) == (404, "actor-not-found")
        for address in ("?path=/x", "/tree?path=/x", "/inspect?path=/x", "/stats?path=/x", "/trace?path=/x"):
            assert (await edge.call("GET", AT + address, token=admin)).slug == "actor-not-found"
        missing = await edge.call("POST", f"{AT}/pause", {"path": "agents"}, token=admin)
        assert missing.fields == {
            "path": "must be a path such as /agents/agt_1, or a pattern such as /agents/*",
            "reason": "is required",
        }
        assert await audited(edge, admin) == []


async def test_the_server_that_answers_is_not_stopped(mock_clock: MockClock) -> None:
    """Nor restarted, nor anything above it; it can be paused, which does it nothing."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        await edge.carrier()
        for path in ("/edge/http", "/edge", "/", "/**", "/edge/*"):
            answer = await control(edge, admin, "stop", path)
            assert (answer.status, answer.slug) == (409, "control-refused")
        await control(edge, admin, "stop", "/agents")
        (answer, other) = [await control(edge, admin, "restart", path) for path in ("/agents", "/market")]
        assert (answer.json["states"], other.json["states"]) == ({"running": 1}, {"running": 1})


async def test_a_trace_is_lines_of_json(autojump_clock: MockClock) -> None:
    """Each a message that was taken in hand; the last one says how many there were."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        answers: list[Answer] = []

        async def trace() -> None:
            url = f"{AT}/trace?path=/agents&count=10&seconds=5&perSecond=2&reason=slow"
            answers.append(await edge.call("GET", url, token=admin))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(trace)
            await wait_all_tasks_blocked()
            for _ in range(3):
                await edge.trade(admin, agent_id)
        (answer,) = answers
        assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson")
        lines = [json.loads(line) for line in answer.body.splitlines()]
        assert [line["type"] for line in lines] == ["SubmitTrade", "PlaceOrder", None]
        assert lines[0]["path"] == AGENT
        assert lines[0]["message"].startswith("SubmitTrade(")
        assert (lines[-1]["seen"], lines[-1]["skipped"]) == (6, 4)


async def test_a_trace_ends_with_its_count(mock_clock: MockClock) -> None:
    """Before its time is over."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        answers: list[Answer] = []

        async def trace() -> None:
            answers.append(await edge.call("GET", f"{AT}/trace?path=/floor&count=1", token=admin))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(trace)
            await wait_all_tasks_blocked()
            await edge.agent(admin)
        assert [json.loads(line)["type"] for line in answers[0].body.splitlines()] == ["CreateAgent", None]


async def test_dead_letters_waits_stats_and_threads_are_shown(mock_clock: MockClock) -> None:
    """What nobody handled, who waits for whom, sums and limits."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        edge.floor.system.ref("/nobody").tell_nowait(DrainOutbox())
        letters = (await edge.call("GET", f"{AT}/dead-letters", token=admin)).json
        assert letters["total"] == 1
        assert letters["items"] == [
            {
                "agoSeconds": 0.0,
                "path": "/nobody",
                "type": "DrainOutbox",
                "message": "DrainOutbox()",
                "reason": "no such actor",
            }
        ]
        edge.floor.store.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(edge.trade, admin, agent_id)
            await wait_all_tasks_blocked()
            waits = (await edge.call("GET", f"{AT}/waits", token=admin)).json["items"]
            inspected = (await edge.call("GET", f"{AT}/inspect?path=/agents/agt_1", token=admin)).json
            edge.floor.store.gate.set()
        assert [(wait["path"], wait["target"], wait["message"]) for wait in waits] == [
            ("/agents/agt_1/portfolio", paths.JOURNAL, "Append"),
            (AGENT, "/agents/agt_1/portfolio", "PlaceOrder"),
        ]
        assert (inspected["kind"], inspected["inspect"], inspected["strategy"]) == ("supervisor", {}, "one_for_one")
        stats = (await edge.call("GET", f"{AT}/stats?path=/agents", token=admin)).json
        assert (stats["actors"], stats["handled"], stats["states"]) == (2, 2, {"running": 2})
        threads = (await edge.call("GET", f"{AT}/threads", token=admin)).json["items"]
        assert [limit["name"] for limit in threads] == ["default", "passwords"]
        assert threads[0] == {"name": "default", "inUse": 0, "limit": 40, "waiting": 0}


async def test_an_actor_that_is_stuck_is_shown_without_its_own_words(autojump_clock: MockClock) -> None:
    """It does not come to answer, and everything else is known."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        edge.floor.store.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(edge.trade, admin, agent_id)
            await trio.sleep(3)
            seen = (await edge.call("GET", f"{AT}/inspect?path={AGENT}", token=admin)).json
            edge.floor.store.gate.set()
        assert (seen["state"], seen["inHand"], seen["inspect"]) == ("busy", "SubmitTrade", None)
        assert seen["inHandSeconds"] == pytest.approx(3.0, abs=0.1)
        assert seen["waits"][0]["target"] == "/agents/agt_1/portfolio"


async def test_who_is_busy_is_ranked_window_by_window(autojump_clock: MockClock) -> None:
    """A line a window; also who did nothing before it."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        quiet = await edge.agent(admin)
        busy = await edge.agent(admin)
        edge.floor.store.delay_s = 0.1
        for _ in range(3):
            await edge.trade(admin, quiet)
        answers: list[Answer] = []

        async def watch() -> None:
            url = f"{AT}/top?path=/agents/*/agent&limit=1&windows=2&intervalMs=1000"
            answers.append(await edge.call("GET", url, token=admin))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            await wait_all_tasks_blocked()
            await edge.trade(admin, busy)
        first, second = [json.loads(line) for line in answers[0].body.splitlines()]
        (row,) = first["items"]
        assert (first["total"], first["seconds"]) == (2, pytest.approx(1.0))
        assert (row["path"], row["rate"], row["busyShare"]) == (
            f"/agents/{busy}/agent",
            pytest.approx(1.0),
            pytest.approx(0.1),
        )
        assert second["items"][0]["rate"] == 0.0


async def test_watching_ends_with_what_is_watched(autojump_clock: MockClock) -> None:
    """And what is not there is said at once."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        answers: list[Answer] = []

        async def watch() -> None:
            answers.append(await edge.call("GET", f"{AT}/top?path=/agents/{agent_id}/agent&windows=9", token=admin))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            await trio.sleep(1.5)
            await control(edge, admin, "stop", f"/agents/{agent_id}")
        assert len(answers[0].body.splitlines()) == 1
        assert (await edge.call("GET", f"{AT}/top?path=/nobody", token=admin)).slug == "actor-not-found"
