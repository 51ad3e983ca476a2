"""Kill -9 while many clients trade: what was answered is there once, and the log verifies.

Three rounds run with every `make test`; `make crash` runs a hundred.
"""

import os
from pathlib import Path
from typing import Final

import httpx
import pytest
import trio
from attrs import Factory, define

from tests.e2e.program import Api, Program, running, signed_in, verify

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

CLIENTS: Final = 16
ROUNDS: Final = int(os.environ.get("CRASH_ROUNDS", "3"))
ANSWERS_BEFORE_KILL: Final = 60


@define
class Ledger:
    """What the clients know: the answers they got, and the requests whose answer never came, by idempotency key."""

    answered: dict[str, str] = Factory(dict)
    unanswered: dict[str, str] = Factory(dict)
    enough: trio.Event = Factory(trio.Event)


# httpx leaves the generator of a request's body behind when the connection breaks under it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_kill_while_trading(tmp_path: Path) -> None:
    """After every kill each answered trade is there once, and each unanswered one at most once under its key."""
    agents: list[str] = []
    ledger = Ledger()
    for round_number in range(ROUNDS):
        with running(tmp_path, "--no-demo") as program:
            async with signed_in(program.url) as api:
                await check(api, ledger)
                agents = agents or await make_agents(api)
                ledger = Ledger()
                await trade_until_killed(program, api, agents, ledger, round_number)
        assert len(ledger.answered) >= ANSWERS_BEFORE_KILL
        verify(tmp_path / "floor.db")
    with running(tmp_path, "--no-demo") as program:
        async with signed_in(program.url) as api:
            await check(api, ledger)
        assert program.stop() == 0
    verify(tmp_path / "floor.db")


async def make_agents(api: Api) -> list[str]:
    """Create one agent for each client."""
    new = {"name": "Crash", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}
    return [(await api.made("/agents", new, 201))["agentId"] for _ in range(CLIENTS)]


async def trade_until_killed(program: Program, api: Api, agents: list[str], ledger: Ledger, round_number: int) -> None:
    """Let every client trade until enough answers have come, then kill the program under their hands."""
    async with trio.open_nursery() as nursery:
        for number, agent_id in enumerate(agents):
            nursery.start_soon(client, api, agent_id, ledger, f"r{round_number}c{number}")
        await ledger.enough.wait()
        program.kill()


async def client(api: Api, agent_id: str, ledger: Ledger, name: str) -> None:
    """Trade one share at a time, each under a key of its own, until the connection breaks."""
    for count in range(10_000):
        key = f"{name}n{count}"
        ledger.unanswered[key] = agent_id
        try:
            trade = await api.made(f"/agents/{agent_id}/trades", ORDER, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return
        del ledger.unanswered[key]
        ledger.answered[key] = trade["tradeId"]
        if len(ledger.answered) >= ANSWERS_BEFORE_KILL:
            ledger.enough.set()


async def check(api: Api, ledger: Ledger) -> None:
    """Repeat every request: an answered one gives the same trade, and none makes a second one under its key."""
    for key, agent_id in ledger.unanswered.items():
        assert await repeat(api, agent_id, key) == await repeat(api, agent_id, key)
    trades = await all_trades(api)
    assert len(trades) == len(set(trades))
    assert set(ledger.answered.values()) <= set(trades)


async def repeat(api: Api, agent_id: str, key: str) -> str:
    """Send a request again under its key and return the trade it stands for."""
    trade = await api.made(f"/agents/{agent_id}/trades", ORDER, headers={"Idempotency-Key": key})
    return str(trade["tradeId"])


async def all_trades(api: Api) -> list[str]:
    """Return the ids of all trades of all agents."""
    found: list[str] = []
    for agent in (await api.get("/agents?limit=200"))["items"]:
        cursor = ""
        while cursor is not None:
            page = await api.get(
                f"/agents/{agent['agentId']}/trades?limit=200" + (f"&cursor={cursor}" if cursor else "")
            )
            found += [trade["tradeId"] for trade in page["items"]]
            cursor = page["nextCursor"]
    return found


ORDER: Final = {"symbol": "KO", "action": "buy", "quantity": 1, "orderType": "market", "timeInForce": "day"}
