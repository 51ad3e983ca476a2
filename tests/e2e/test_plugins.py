"""Strategies of installed packages drive custom agents, and one that always raises harms nobody but its agent."""

from pathlib import Path

import pytest

from tests.e2e.plugins import install
from tests.e2e.program import Api, eventually, running, signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]


def agent(name: str, **more: object) -> dict[str, object]:
    """Return a new agent."""
    return {"name": name, "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5, **more}


async def activated(api: Api, strategy: str) -> str:
    """Make an agent with a strategy of the package, let it trade by itself, and return its id."""
    made = await api.made("/agents", agent(f"Agent {strategy}", strategyName=strategy), 201)
    agent_id: str = made["agentId"]
    await api.made(f"/agents/{agent_id}/resume", {})
    return agent_id


async def test_strategies_of_a_package(tmp_path: Path) -> None:
    """The broken one's agent fails and says why; the other one trades and looks on."""
    env = {"PYTHONPATH": install(tmp_path / "site")}
    flags = ("--no-demo", "--tick-interval-ms", "100")
    with running(tmp_path, *flags, env=env) as program:
        async with signed_in(program.url) as api:
            watchful = await activated(api, "watchful")
            broken = await activated(api, "broken")

            async def has_failed() -> bool:
                return bool((await api.get(f"/agents/{broken}"))["status"] == "failed")

            await eventually(has_failed, within_s=40)
            reason = (await api.get(f"/agents/{broken}"))["failureReason"]
            assert "the model file is missing" in reason
            refused = await api.post("/agents", agent("Agent nobody", strategyName="nobody"))
            assert refused.status_code == 400
            assert refused.json()["errors"] == [
                {
                    "field": "strategyName",
                    "message": "no installed package offers the strategy 'nobody'; offered are: broken, watchful",
                }
            ]
            before = await decisions(api, watchful)

            async def looks_on() -> bool:
                return await decisions(api, watchful) > before

            await eventually(looks_on)
            shown = await api.get(f"/agents/{watchful}")
            assert (shown["status"], shown["portfolio"]["positions"][0]["symbol"]) == ("active", "AAPL")


async def decisions(api: Api, agent_id: str) -> int:
    """Return how often an agent's strategy was asked, as an operator sees it."""
    response = await api.client.get("/admin/v1/actors/inspect", params={"path": f"/agents/{agent_id}/agent"})
    assert response.status_code == 200, response.text
    count: int = response.json()["inspect"]["decisions"]
    return count
