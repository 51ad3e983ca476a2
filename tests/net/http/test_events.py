"""An agent's events over HTTP."""

from trio.testing import MockClock

from tests.net.http.harness import served

AT = "/api/v1/agents/agt_1/events"


async def test_events_come_in_order_and_by_pages(mock_clock: MockClock) -> None:
    """Each says what, who, when and under which sequence; `after` goes on from there."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        await edge.trade(token, "agt_1")
        await edge.trade(token, "agt_1", "TSLA", 400)
        page = (await edge.call("GET", f"{AT}?limit=3", token=token)).json
        assert [event["type"] for event in page["items"]] == ["agent.created", "trade.created", "trade.executed"]
        first, _, executed = page["items"]
        assert first["data"]["name"] == "Test agent"
        assert first["data"]["quotaConfig"] == {"apiCalls": 10000, "budgetPerMonth": 10000.0}
        assert executed["actor"] == {
            "userId": "usr_ann",
            "name": "ann@example.com",
            "role": "trader",
            "agentId": None,
        }
        assert (executed["agentId"], executed["data"]["status"]) == ("agt_1", "completed")
        assert executed["timestamp"] == "2026-02-17T12:00:00.000000Z"
        rest = (await edge.call("GET", f"{AT}?after={page['nextCursor']}", token=token)).json
        assert [event["type"] for event in rest["items"]] == ["trade.created", "oversight.request"]
        assert rest["items"][1]["data"]["trade"]["status"] == "pending_approval"
        assert rest["nextCursor"] is None
