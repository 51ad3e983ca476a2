"""Agents whose strategy keeps raising, as their owner meets them: they trade no more, and all else works."""

from typing import NoReturn

import pytest
import trio
from trio.testing import MockClock

from actors.model import AgentStatus
from supervisor import Status
from tests.actors.scripted import FIRST
from tests.net.http.harness import Answer, Served, served

AT = "/api/v1/agents/agt_1"
ORDER = {"symbol": "AAPL", "action": "buy", "quantity": 1}
RESTING = ORDER | {"orderType": "limit", "limitPrice": 1}


def broken(*_: object) -> NoReturn:
    """Raise, as a strategy does whose model is missing."""
    raise ZeroDivisionError("no luck")


async def fail(edge: Served, token: str) -> str:
    """Make an agent with an order that rests, let its strategy raise until it is set aside; return the order's id."""
    await edge.agent(token, strategyName="first")
    resting: str = (await edge.call("POST", f"{AT}/trades", RESTING, token=token)).json["tradeId"]
    FIRST.script = broken
    await edge.call("POST", f"{AT}/resume", token=token)
    await edge.floor.advance(30)
    assert (await edge.call("GET", AT, token=token)).json["status"] == "failed"
    return resting


async def test_a_failed_agent_refuses_trades_and_says_why(autojump_clock: MockClock) -> None:
    """It is no defect of the floor's, however often it is asked."""
    async with served() as edge:
        token = await edge.user("ann")
        await fail(edge, token)
        for _ in range(2):
            refused = await edge.call("POST", f"{AT}/trades", ORDER, token=token)
            assert (refused.status, refused.slug) == (409, "agent-not-trading")
            assert refused.json["detail"] == "the agent is failed; only paused and active agents trade"
        assert (await edge.call("GET", AT, token=token)).json["status"] == "failed"


async def test_whoever_asks_an_agent_that_was_just_set_aside_hears_the_same(autojump_clock: MockClock) -> None:
    """Its failure is not committed yet: the order waits for that."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token, strategyName="first")
        FIRST.script = broken
        await edge.call("POST", f"{AT}/resume", token=token)
        edge.floor.store.gate = trio.Event()
        await edge.floor.advance(4)
        assert edge.floor.system.control.info("/agents/agt_1/agent").status is Status.FAILED
        assert edge.floor.agent().status is AgentStatus.ACTIVE
        refused: list[Answer] = []

        async def order() -> None:
            refused.append(await edge.call("POST", f"{AT}/trades", ORDER, token=token))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(order)
            await edge.floor.advance(1)
            answered_early = list(refused)
            edge.floor.store.gate.set()

        assert answered_early == []
        assert [(answer.status, answer.slug) for answer in refused] == [(409, "agent-not-trading")]
        assert refused[0].json["detail"] == "the agent is failed; only paused and active agents trade"
        assert edge.floor.agent().status is AgentStatus.FAILED


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/trades/{}", None),
        ("PUT", "/alerts", {}),
        ("PATCH", "", {"name": "Renamed"}),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("POST", "/stop", None),
        ("DELETE", "", None),
    ],
)
async def test_everything_else_works(method: str, path: str, body: object, autojump_clock: MockClock) -> None:
    """Orders that rest are taken back, settings and alerts changed, and its life goes on or ends."""
    async with served() as edge:
        token = await edge.user("ann")
        resting = await fail(edge, token)
        answer = await edge.call(method, AT + path.format(resting), body, token=token)
    assert answer.status in {200, 204}, answer.body
