"""The README's tour against the real program: sockets, gRPC services and database included."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import Api, running, signed_in, socket

pytestmark = pytest.mark.e2e

NEW_AGENT = {"name": "Tour", "strategy": "balanced", "initialBudget": 100_000, "riskTolerance": 5}


async def test_tour(tmp_path: Path) -> None:
    """Log in, create an agent, buy, be held, approve; a socket sees every step in order."""
    with running(tmp_path, "--no-demo") as program:
        async with signed_in(program.url) as api:
            agent = await api.made("/agents", NEW_AGENT, 201)
            agent_id = agent["agentId"]
            async with socket(api, f"agent:{agent_id}") as ws:
                await buy_apples(api, agent_id)
                held = await buy_beyond_the_threshold(api, agent_id)
                await approve(api, agent_id, held["approvalRequestId"])
                usage = await api.get(f"/agents/{agent_id}/usage")
                assert usage["currentUsage"]["apiCalls"] == 2
                steps = [
                    "trade.created",
                    "trade.executed",
                    "trade.created",
                    "oversight.request",
                    "oversight.approved",
                    "trade.executed",
                ]
                frames = [await ws.receive_type(*steps) for _ in steps]
        assert [frame["type"] for frame in frames] == steps
        assert [frame["seq"] for frame in frames] == sorted({frame["seq"] for frame in frames})
        assert program.stop() == 0


async def buy_apples(api: Api, agent_id: str) -> None:
    """Buy 10 AAPL: completed at once, the cash lower by price x 10 plus the fee."""
    trade = await api.made(f"/agents/{agent_id}/trades", order("AAPL", 10))
    assert trade["status"] == "completed"
    portfolio = (await api.get(f"/agents/{agent_id}/portfolio"))["portfolio"]
    cost = round(trade["executedPrice"] * 10 + trade["fees"], 6)
    assert portfolio["cash"] == pytest.approx(100_000 - cost, abs=1e-6)
    assert trade["totalCost"] == pytest.approx(cost, abs=1e-6)


async def buy_beyond_the_threshold(api: Api, agent_id: str) -> Any:
    """Buy 500 TSLA, some $75,000: held for approval, its cost reserved."""
    trade = await api.made(f"/agents/{agent_id}/trades", order("TSLA", 500))
    assert trade["status"] == "pending_approval"
    portfolio = (await api.get(f"/agents/{agent_id}/portfolio"))["portfolio"]
    assert 70_000 < portfolio["reserved"] < 80_000
    return trade


async def approve(api: Api, agent_id: str, request_id: str) -> None:
    """Approve: the trade completes and nothing stays reserved."""
    request = await api.get(f"/oversight/requests/{request_id}")
    assert request["status"] == "pending"
    assert request["riskAssessment"] is not None
    decided = await api.made(f"/oversight/requests/{request_id}/approve", {"reason": "fine"})
    assert decided["status"] == "approved"
    trade = await api.get(f"/agents/{agent_id}/trades/{decided['trade']['tradeId']}")
    assert trade["status"] == "completed"
    portfolio = (await api.get(f"/agents/{agent_id}/portfolio"))["portfolio"]
    assert portfolio["reserved"] == 0


def order(symbol: str, quantity: int) -> dict[str, object]:
    """Return the body of a market order to buy."""
    return {"symbol": symbol, "action": "buy", "quantity": quantity, "orderType": "market", "timeInForce": "day"}
