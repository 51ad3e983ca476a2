"""Agents whose strategy keeps raising, as their owner meets them: they trade no more, and all else works."""

from typing import NoReturn

import pytest
from trio.testing import MockClock

from tests.actors.scripted import FIRST
from tests.net.http.harness import Served, served

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
