"""A pause of all agents: prices go on, mailboxes keep what arrives, and after it nothing is lost or done twice."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.book import replay
from actors.model import Role
from tests.net.http.harness import Answer, Served, served

AT = "/admin/v1/actors"
AGENTS = 8
ORDERS = 3


async def control(edge: Served, token: str, verb: str, path: str) -> Answer:
    """Do something to actors."""
    return await edge.call("POST", f"{AT}/{verb}", {"path": path, "reason": "a drill"}, token=token)


async def test_what_arrives_at_paused_agents_is_done_after_it(autojump_clock: MockClock) -> None:
    """In full and once: every order is answered as completed, and the log replays to what is shown."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agents = [await edge.agent(admin) for _ in range(AGENTS)]
        await edge.trade(admin, agents[0], symbol="TSLA")
        answers: list[Answer] = []

        async def order(agent_id: str) -> None:
            answers.append(await edge.trade(admin, agent_id))

        paused = (await control(edge, admin, "pause", "/agents")).json
        async with trio.open_nursery() as nursery:
            for agent_id in agents * ORDERS:
                nursery.start_soon(order, agent_id)
            await wait_all_tasks_blocked()
            before = edge.floor.views.market.tick
            await trio.sleep(3.5)
            ticks = edge.floor.views.market.tick - before
            waiting = (await edge.call("GET", f"{AT}/stats?path=/agents", token=admin)).json
            seen = (await edge.call("GET", f"{AT}/inspect?path=/agents/{agents[0]}/agent", token=admin)).json
            assert answers == []
            await control(edge, admin, "resume", "/agents")

        assert (paused["actors"], paused["states"]) == (2 * AGENTS, {"paused": 1})
        assert ticks == 3
        assert (waiting["queued"], waiting["states"]) == (AGENTS * ORDERS, {"paused": 2 * AGENTS})
        assert (seen["state"], seen["mailbox"], seen["inspect"]["name"]) == ("paused", ORDERS, "Test agent")
        assert [answer.json["status"] for answer in answers] == ["completed"] * AGENTS * ORDERS
        assert [edge.floor.portfolio(agent_id).position("AAPL").quantity for agent_id in agents] == [
            10 * ORDERS
        ] * AGENTS
        for agent_id in agents:
            assert replay(edge.floor.published(agent_id)) == (edge.floor.agent(agent_id), edge.floor.book(agent_id))


async def test_one_agent_is_paused_and_the_others_go_on(autojump_clock: MockClock) -> None:
    """The one keeps its order until it may go on."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        still, lively = await edge.agent(admin), await edge.agent(admin)
        await control(edge, admin, "pause", f"/agents/{still}")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(edge.trade, admin, still)
            await wait_all_tasks_blocked()
            done = await edge.trade(admin, lively)
            quiet = edge.floor.portfolio(still).positions
            await control(edge, admin, "resume", f"/agents/{still}")

        assert (done.json["status"], dict(quiet)) == ("completed", {})
        assert edge.floor.portfolio(still).position("AAPL").quantity == 10


async def test_who_waits_in_vain_hears_what_to_do(autojump_clock: MockClock) -> None:
    """Whether nobody lets the agent go on, or something below it keeps silent; what was not taken in hand never is."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        await control(edge, admin, "pause", f"/agents/{agent_id}")
        paused = await edge.trade(admin, agent_id)
        await control(edge, admin, "resume", f"/agents/{agent_id}/agent")
        silent: list[Answer] = []

        async def order() -> None:
            silent.append(await edge.trade(admin, agent_id))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(order)
            nursery.start_soon(order)
        await control(edge, admin, "resume", f"/agents/{agent_id}")
        await wait_all_tasks_blocked()

        assert [(answer.status, answer.slug) for answer in (paused, *silent)] == [(503, "unavailable")] * 3
        assert paused.json["detail"].endswith("/agent is paused, and does nothing until an admin resumes it")
        who = {answer.json["detail"].partition(" did not answer in time; ")[0] for answer in silent}
        assert who == {f"/agents/{agent_id}/agent", f"/agents/{agent_id}/portfolio"}
        assert all(answer.json["detail"].endswith("under the same idempotency key") for answer in silent)
        assert dict(edge.floor.portfolio(agent_id).positions) == {}
