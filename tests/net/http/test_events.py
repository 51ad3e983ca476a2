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


async def test_they_are_read_from_their_end(mock_clock: MockClock) -> None:
    """Newest first, page by page down to the first; both ends at once are refused."""
    async with served() as edge:
        token = await edge.user("ann")
        await edge.agent(token)
        await edge.trade(token, "agt_1")
        items = (await edge.call("GET", AT, token=token)).json["items"]
        newest = (await edge.call("GET", f"{AT}?limit=2&before={2**53}", token=token)).json
        older = (await edge.call("GET", f"{AT}?limit=2&before={newest['nextCursor']}", token=token)).json
        both = await edge.call("GET", f"{AT}?after=1&before=2", token=token)
    assert [*newest["items"], *older["items"]] == items[::-1]
    assert (older["nextCursor"], both.status, both.json["errors"][0]["field"]) == (None, 400, "before")
