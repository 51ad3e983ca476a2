"""The README's tour, over HTTP in process."""

from trio.testing import MockClock

from actors.model import Role
from tests.net.http.harness import PASSWORD, served


async def test_the_tour(mock_clock: MockClock) -> None:
    """Sign in, make an agent, buy, wait for approval, approve, and see all of it counted."""
    async with served() as edge:
        await edge.user("demo", Role.ADMIN)
        login = await edge.call("POST", "/api/v1/auth/login", {"email": "Demo@example.com", "password": PASSWORD})
        assert login.status == 200
        token = login.json["token"]
        wanted = {"name": "Growth", "strategy": "custom", "initialBudget": 100000, "riskTolerance": 5}
        created = await edge.call("POST", "/api/v1/agents", wanted, token=token)
        assert created.status == 201
        agent = created.json
        at = f"/api/v1/agents/{agent['agentId']}"
        assert created.headers["location"] == at

        bought = await edge.trade(token, agent["agentId"])
        assert (bought.status, bought.json["status"]) == (200, "completed")
        portfolio = (await edge.call("GET", f"{at}/portfolio", token=token)).json["portfolio"]
        assert portfolio["cash"] == 100000 - 1502.5 - 1.5025

        held = (await edge.trade(token, agent["agentId"], "TSLA", 500)).json
        assert held["status"] == "pending_approval"
        request_id = held["approvalRequestId"]
        portfolio = (await edge.call("GET", f"{at}/portfolio", token=token)).json["portfolio"]
        assert portfolio["reserved"] == 75075

        pending = await edge.call("GET", "/api/v1/oversight/requests?status=pending", token=token)
        assert [item["requestId"] for item in pending.json["items"]] == [request_id]
        decided = await edge.call("POST", f"/api/v1/oversight/requests/{request_id}/approve", token=token)
        assert decided.status == 200, decided.body
        assert (decided.json["status"], decided.json["trade"]["status"]) == ("approved", "completed")

        usage = (await edge.call("GET", f"{at}/usage", token=token)).json
        assert usage["currentUsage"] == {"apiCalls": 2, "budgetSpent": 0.2}
