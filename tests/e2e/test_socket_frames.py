"""Every frame that the real program sends is as the AsyncAPI document describes it."""

from pathlib import Path
from typing import Any, Final

import pytest
import trio
from attrs import Factory, define

from net.websocket.asyncapi import document
from tests.e2e.program import Api, Program, Socket, running, signed_in, socket
from tests.net.websocket.frame_schemas import validate

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

NEW_AGENT: Final = {
    "name": "Frames",
    "strategy": "custom",
    "initialBudget": 100_000,
    "riskTolerance": 5,
    "quotaConfig": {"apiCalls": 1_000},
}
ORDER: Final = {"symbol": "AAPL", "action": "buy", "quantity": 1, "orderType": "market"}
LARGE: Final = {**ORDER, "symbol": "TSLA", "quantity": 400}
RESTING: Final = {**ORDER, "orderType": "limit", "limitPrice": 1.25}

NOT_HERE: Final = {"lagged", "trade.failed"}
"""What takes a client that does not read, and a price that moves while an approval waits."""


@define
class Witness:
    """Reads a socket's frames, each of which has to keep its schema."""

    socket: Socket
    seen: set[str] = Factory(set)

    async def wait_for(self, kind: str) -> Any:
        """Return the next frame of a type, having checked it and those before it."""
        with trio.fail_after(20):
            while True:
                frame = await self.socket.receive()
                validate(frame["type"], frame)
                self.seen.add(frame["type"])
                if frame["type"] == kind:
                    return frame

    async def ask(self, answer: str, **frame: object) -> Any:
        """Send a frame, and return its answer."""
        validate(str(frame["action"]), frame)
        await self.socket.send(**frame)
        return await self.wait_for(answer)


async def test_frames_keep_their_schemas(tmp_path: Path) -> None:
    """Whatever can happen to an agent and its trades, and whatever a client may ask."""
    settings = {"TICK_INTERVAL_MS": "100", "APPROVAL_TTL": "3"}
    with running(tmp_path, "--no-demo", env=settings) as program:
        async with signed_in(program.url) as api:
            agent_id = (await api.made("/agents", NEW_AGENT, 201))["agentId"]
            async with socket(api, "portfolio", "trades", "oversight", "market") as ws:
                witness = Witness(ws)
                await ask_everything(witness, api, agent_id)
                await trade_in_every_way(witness, api, agent_id)
                await end(witness, program, api, agent_id)
    asked = {"authenticate", "subscribe", "unsubscribe", "ping", "trade.submit"}
    assert document("")["components"]["messages"].keys() - asked - NOT_HERE == witness.seen


async def ask_everything(witness: Witness, api: Api, agent_id: str) -> None:
    """Use every action, and make a mistake."""
    await witness.ask("authenticated", action="authenticate", token=api.token, id=1)
    await witness.ask("subscribed", action="subscribe", channels=[f"agent:{agent_id}"], after=0, id="a")
    await witness.ask("unsubscribed", action="unsubscribe", channels=[f"agent:{agent_id}"])
    await witness.ask("pong", action="ping", id=2)
    await witness.wait_for("market.update")
    await witness.ask("trade.submitted", action="trade.submit", id="t", agentId=agent_id, trade=ORDER)
    await witness.ask("error", action="trade.submit", id="e", agentId="agt_unknown", trade=ORDER)
    await witness.socket.send(action="unheard of")
    assert (await witness.wait_for("error"))["data"]["errors"][0]["field"] == "action"


async def trade_in_every_way(witness: Witness, api: Api, agent_id: str) -> None:
    """Let trades be executed, cancelled, approved, rejected and forgotten, and an alert be raised."""
    trades = f"/agents/{agent_id}/trades"
    resting = await api.made(trades, RESTING)
    await api.client.delete(f"/api/v1{trades}/{resting['tradeId']}")
    await witness.wait_for("trade.cancelled")
    for verb, outcome in (("approve", "oversight.approved"), ("reject", "oversight.rejected")):
        held = await api.made(trades, LARGE if verb == "approve" else {**LARGE, "action": "sell"})
        await api.made(f"/oversight/requests/{held['approvalRequestId']}/{verb}", {"reason": "fine"})
        await witness.wait_for(outcome)
    await api.made(trades, {**LARGE, "action": "sell"})
    await witness.wait_for("oversight.expired")
    thresholds = {"thresholds": {"apiCalls": 1}}
    assert (await api.client.put(f"/api/v1/agents/{agent_id}/alerts", json=thresholds)).status_code == 200
    for _ in range(8):
        await api.made(trades, ORDER)
    await witness.wait_for("usage.alert")


async def end(witness: Witness, program: Program, api: Api, agent_id: str) -> None:
    """Stop the agent, whose shares are sold, and the program."""
    await api.made(f"/agents/{agent_id}/stop", {})
    await witness.wait_for("agent.status")
    assert program.stop() == 0
