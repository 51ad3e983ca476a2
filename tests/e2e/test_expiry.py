"""An approval that is pending when the program dies expires at its time all the same: not before, not never."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.program import running, signed_in, socket

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

TTL_S = 5
NEW_AGENT = {"name": "Expiry", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}
HELD = {"symbol": "TSLA", "action": "buy", "quantity": 500, "orderType": "market", "timeInForce": "day"}


async def test_expiry_over_a_kill(tmp_path: Path) -> None:
    """Kill -9, start again: the approval still waits with the time it had, expires, and gives the cash back."""
    settings = {"APPROVAL_TTL": str(TTL_S)}
    with running(tmp_path, "--no-demo", env=settings) as program:
        async with signed_in(program.url) as api:
            agent = await api.made("/agents", NEW_AGENT, 201)
            trade = await api.made(f"/agents/{agent['agentId']}/trades", HELD)
            request = await api.get(f"/oversight/requests/{trade['approvalRequestId']}")
            program.kill()
    with running(tmp_path, "--no-demo", env=settings) as program:
        async with signed_in(program.url) as api, socket(api, f"agent:{agent['agentId']}", after=0) as ws:
            expired = await ws.receive_type("oversight.expired")
            after = await api.get(f"/oversight/requests/{trade['approvalRequestId']}")
            portfolio = (await api.get(f"/agents/{agent['agentId']}/portfolio"))["portfolio"]
    due, came = (datetime.fromisoformat(moment) for moment in (request["expiresAt"], expired["timestamp"]))
    assert came >= due
    assert (after["status"], after["expiresAt"], portfolio["reserved"]) == ("expired", request["expiresAt"], 0)
