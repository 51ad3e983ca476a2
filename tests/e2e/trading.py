"""Trading over the API of the real program, as the tests of faults and stops do."""

from typing import Any, Final

import httpx
import trio

from tests.conformance.grpc_reflection import ReflectedService
from tests.e2e.program import Api

NEW_AGENT: Final = {"name": "Steady", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}


async def new_agent(api: Api, **settings: object) -> str:
    """Create an agent and return its id."""
    return str((await api.made("/agents", NEW_AGENT | settings, 201))["agentId"])


async def buy(api: Api, agent_id: str, symbol: str = "KO", quantity: int = 1) -> Any:
    """Buy, which must work, and return the trade."""
    response = await order(api, agent_id, symbol, quantity)
    assert response.status_code == 200, response.text
    return response.json()


async def order(
    api: Api, agent_id: str, symbol: str = "KO", quantity: int = 1, key: str | None = None
) -> httpx.Response:
    """Send an order to buy and return whatever is answered."""
    body = {"symbol": symbol, "action": "buy", "quantity": quantity, "orderType": "market", "timeInForce": "day"}
    return await api.post(f"/agents/{agent_id}/trades", body, headers={"Idempotency-Key": key} if key else None)


async def trades(api: Api, agent_id: str) -> set[str]:
    """Return the ids of an agent's trades."""
    return {trade["tradeId"] for trade in (await api.get(f"/agents/{agent_id}/trades?limit=200"))["items"]}


def check_refusal(response: httpx.Response, reason: str) -> None:
    """Check that a refusal says why, and when to ask again."""
    assert response.status_code == 503, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(response.headers["Retry-After"]) <= 5
    assert reason in response.json()["detail"]


async def says_grpc_is_away(api: Api) -> bool:
    """Say whether the probe names gRPC, and nothing else, as what is missing."""
    response = await api.client.get("/health/ready")
    checks = response.json()["checks"]
    away = [name for name, state in checks.items() if state != "ok"]
    return response.status_code == 503 and away == ["grpc"] and "metering" in checks["grpc"]


async def is_ready(api: Api) -> bool:
    """Say whether the probe finds all well."""
    return (await api.client.get("/health/ready")).status_code == 200


async def can_trade(api: Api, agent_id: str) -> bool:
    """Say whether a trade goes through; one that does not is refused for a passing reason."""
    response = await order(api, agent_id, key="at-last")
    assert response.status_code in {200, 503}, response.text
    return response.status_code == 200


async def usage_is(metering: ReflectedService, agent_id: str, calls: int, executed: int | None = None) -> bool:
    """Say whether as many submissions and executed trades (as many, unless said) are metered; never more."""
    await trio.lowlevel.checkpoint()
    usage = metering.call("GetUsage", agent_id=agent_id)
    events = {line["type"]: int(line["events"]) for line in usage["breakdown"]}
    executed = calls if executed is None else executed
    assert int(usage["total_calls"]) <= calls
    assert events.get("trade.executed", 0) <= executed
    return int(usage["total_calls"]) == calls and events["trade.executed"] == executed
