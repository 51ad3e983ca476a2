"""The drill: back a floor up while it trades, lose it, restore it elsewhere, and go on."""

import subprocess
import sys
from pathlib import Path

import pytest
import trio

from tests.e2e.program import Api, running, signed_in, verify
from tests.e2e.trading import buy, new_agent, trades

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

AGENTS = 4


def tradefloor(*arguments: str) -> str:
    """Run a command, which must succeed, and return what it printed."""
    command = [sys.executable, "-m", "tradefloor", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


async def trade_on(api: Api, agent_id: str, enough: trio.Event) -> None:
    """Trade until it is enough."""
    while not enough.is_set():
        await buy(api, agent_id)


async def test_the_drill(tmp_path: Path) -> None:
    """Every trade that was answered before the backup began is in it, the floor never stopped, and usage goes on."""
    file, lost, restored = tmp_path / "backup.db", tmp_path / "lost", tmp_path / "restored"
    lost.mkdir()
    restored.mkdir()
    with running(lost, "--no-demo") as program:
        async with signed_in(program.url) as api:
            agents = [await new_agent(api) for _ in range(AGENTS)]
            before = {agent_id: (await buy(api, agent_id))["tradeId"] for agent_id in agents}
            enough = trio.Event()
            async with trio.open_nursery() as nursery:
                for agent_id in agents:
                    nursery.start_soon(trade_on, api, agent_id, enough)
                database = str(lost / "floor.db")
                said = await trio.to_thread.run_sync(tradefloor, "backup", str(file), "--database-path", database)
                enough.set()
            assert "verified" in said
            after = {agent_id: await trades(api, agent_id) for agent_id in agents}
        program.kill()
    tradefloor("restore", str(file), "--database-path", str(restored / "floor.db"))
    with running(restored, "--no-demo") as program:
        async with signed_in(program.url) as api:
            for agent_id in agents:
                found = await trades(api, agent_id)
                assert before[agent_id] in found
                assert found <= after[agent_id]
                await buy(api, agent_id)
                used = (await api.get(f"/agents/{agent_id}/usage"))["currentUsage"]
                assert used["apiCalls"] == len(found) + 1
        assert program.stop() == 0
    verify(restored / "floor.db")
