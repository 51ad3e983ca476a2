"""What the tests in Chromium have happen on the floor, over the public API."""

from collections.abc import Mapping
from typing import Any

import httpx

from tests.e2e.program import DEMO


def api(url: str, login: Mapping[str, str] = DEMO) -> httpx.Client:
    """Return a client that is signed in."""
    session = httpx.post(f"{url}/api/v1/auth/login", json=dict(login), timeout=30).raise_for_status().json()
    return httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {session['token']}"}, timeout=30)


def make_agent(client: httpx.Client, name: str) -> str:
    """Make an agent with $100,000, and return its id."""
    wanted = {"name": name, "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}
    agent_id: str = client.post("/agents", json=wanted).raise_for_status().json()["agentId"]
    return agent_id


def buy(client: httpx.Client, agent_id: str, symbol: str, quantity: int) -> Any:
    """Buy for an agent, and return the trade."""
    order = {"symbol": symbol, "action": "buy", "quantity": quantity, "reason": "conviction"}
    return client.post(f"/agents/{agent_id}/trades", json=order).raise_for_status().json()
