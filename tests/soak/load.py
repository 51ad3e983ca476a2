"""Mixed load that knows what it was promised: trades under keys, approvals, reads, sockets that listen or do not."""

import socket as sockets
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from itertools import count
from random import Random
from typing import Any, Final

import httpx
import trio
from attrs import Factory, define
from trio_websocket import ConnectionClosed, HandshakeError

from simulations.bench.socket_clients import SLOW_BUFFER_BYTES, Crowd, _subscribed
from tests.e2e.program import DEMO, Api, Socket
from tests.e2e.program import socket as open_socket
from tests.soak.pauses import pause

TRADERS: Final = 8
READERS: Final = 2
LISTENERS: Final = 3
DEAF: Final = 4
PACE_S: Final = 0.12
DEAF_FOR_S: Final = 30.0
AGAIN_S: Final = 0.3
QUOTA: Final = {"apiCalls": 100_000, "budgetPerMonth": 100_000}
NEW_AGENT: Final = {
    "name": "Soak",
    "strategy": "custom",
    "initialBudget": 100_000,
    "riskTolerance": 5,
    "quotaConfig": QUOTA,
}
READS: Final = (
    "/agents/{}/portfolio",
    "/agents/{}/trades?limit=50",
    "/agents/{}/events?limit=50",
    "/agents/{}/performance",
    "/agents/{}/usage",
    "/oversight/requests",
    "/market/prices",
)


@define
class Tally:
    """What the clients know: trades by the key they were asked for under, and how often what happened."""

    agents: list[str] = Factory(list)
    acknowledged: dict[str, tuple[str, str]] = Factory(dict)
    counts: Counter[str] = Factory(Counter)
    enough: trio.Event = Factory(trio.Event)


@define
class Client:
    """A user who signs in again when that is needed, and asks again until there is an answer."""

    http: httpx.AsyncClient
    tally: Tally
    token: str = ""

    @property
    def api(self) -> Api:
        """The same user, for those who ask once."""
        return Api(self.http, self.token)

    async def sign_in(self) -> None:
        """Sign in, as soon as the floor is there."""
        response = await self._settled("POST", "/auth/login", DEMO, None)
        self.token = response.json()["token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    async def ask(self, method: str, path: str, body: object = None, key: str | None = None) -> httpx.Response:
        """Ask until there is an answer that is not for later, and return it."""
        while (response := await self._settled(method, path, body, key)).status_code == 401:
            await self.sign_in()
        return response

    async def _settled(self, method: str, path: str, body: object, key: str | None) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            try:
                response = await self.http.request(method, f"/api/v1{path}", json=body, headers=headers)
            except httpx.TransportError:
                self.tally.counts["broken"] += 1
                await pause(AGAIN_S)
                continue
            in_flight = response.status_code == 409 and "Idempotency-Key" in response.text
            if response.status_code != 503 and not in_flight:
                return response
            self.tally.counts["refused for now"] += 1
            await pause(AGAIN_S)


async def trade(client: Client, agent_id: str, name: str) -> None:
    """Buy a share and sell it again, for ever, each order under a key until it is answered."""
    tally = client.tally
    for number in count():
        if tally.enough.is_set():
            return
        key = f"{name}-{number}"
        response = await client.ask(
            "POST", f"/agents/{agent_id}/trades", order("KO", 1, "sell" if number % 2 else "buy"), key
        )
        assert response.status_code == 200, f"{key}: {response.text}"
        tally.acknowledged[key] = (agent_id, response.json()["tradeId"])
        await pause(PACE_S)


async def seek_approval(client: Client, agent_id: str, rng: Random) -> None:
    """Place orders that need a decision, and decide on them; a jump of the clock may have let them expire."""
    for number in count():
        if client.tally.enough.is_set():
            return
        portfolio = (await client.ask("GET", f"/agents/{agent_id}/portfolio")).json()["portfolio"]
        held = sum(position["quantity"] for position in portfolio["positions"])
        body = order("TSLA", held or 350, "sell" if held else "buy")
        key = f"approval-{agent_id}-{number}"
        response = await client.ask("POST", f"/agents/{agent_id}/trades", body, key)
        if response.status_code == HTTPStatus.PAYMENT_REQUIRED:
            # Some fifty dollars of fees for each trade use up a budget within half an hour; another agent goes on.
            agent_id = await _new_agent(client, f"approvals-{number}")
            continue
        assert response.status_code == HTTPStatus.OK, f"{key}: {response.text}"
        placed = response.json()
        client.tally.acknowledged[key] = (agent_id, placed["tradeId"])
        if placed["status"] == "pending_approval":
            decision = rng.choice(("approve", "approve", "reject"))
            path = f"/oversight/requests/{placed['approvalRequestId']}/{decision}"
            response = await client.ask("POST", path, {}, f"{key}-{decision}")
            assert response.status_code in {200, 409}, response.text
            client.tally.counts["approvals decided"] += response.status_code == 200
        await pause(10 * PACE_S)


async def read(client: Client, rng: Random) -> None:
    """Look at everything."""
    while not client.tally.enough.is_set():
        response = await client.ask("GET", rng.choice(READS).format(rng.choice(client.tally.agents)))
        assert response.status_code == 200, response.text
        client.tally.counts["reads"] += 1
        await pause(PACE_S)


async def listen(client: Client) -> None:
    """Hear all trades over /ws, resuming after each end of a connection: none is heard twice, and none out of turn."""
    ear = Ear(client.tally)
    while not client.tally.enough.is_set():
        try:
            with trio.CancelScope() as connected:
                async with open_socket(client.api, "trades", "portfolio", "market", after=ear.last_seq) as ws:
                    try:
                        await ear.hear(ws)
                    finally:
                        # To wait for a floor's farewell, unread frames before it, takes a minute.
                        connected.cancel()
        except* (ConnectionClosed, HandshakeError, OSError, trio.TooSlowError, trio.BrokenResourceError):
            client.tally.counts["sockets broken"] += 1
        await pause(AGAIN_S)


@define
class Ear:
    """Hears trades, and remembers how far it has come."""

    tally: Tally
    last_seq: int | None = None

    async def hear(self, ws: Socket) -> None:
        """Hear until it is enough, or until the floor says that some were left out."""
        while not self.tally.enough.is_set():
            with trio.move_on_after(1):
                frame = await ws.receive()
                self.tally.counts["frames"] += 1
                if frame["type"] == "lagged":
                    return
                if frame["type"].startswith("trade."):
                    assert self.last_seq is None or frame["seq"] > self.last_seq, "an event came twice"
                    self.last_seq = frame["seq"]


async def be_deaf(client: Client, port: int) -> None:
    """Subscribe to everything over /ws, and never read."""
    while not client.tally.enough.is_set():
        crowd = Crowd("127.0.0.1", port, client.token, 0)
        connection: sockets.socket | None = None
        with suppress(OSError):
            connection = await trio.to_thread.run_sync(_subscribed, crowd, SLOW_BUFFER_BYTES)
            client.tally.counts["deaf sockets"] += 1
        with trio.move_on_after(DEAF_FOR_S):
            await client.tally.enough.wait()
        if connection is not None:
            connection.close()


async def open_agents(client: Client) -> str:
    """Make the agents that trade, one that burns CPU, and return the one whose trades need approval."""
    await client.sign_in()
    for number in range(TRADERS):
        client.tally.agents.append(await _new_agent(client, f"agent-{number}"))
    burner = await _new_agent(client, "burner", riskTolerance=10)
    await client.ask("POST", f"/agents/{burner}/resume", None, "burner-resume")
    return await _new_agent(client, "approvals")


async def _new_agent(client: Client, key: str, **settings: Any) -> str:
    response = await client.ask("POST", "/agents", NEW_AGENT | settings, key)
    assert response.status_code == 201, response.text
    return str(response.json()["agentId"])


def order(symbol: str, quantity: int, action: str) -> dict[str, object]:
    """Return a market order."""
    return {"symbol": symbol, "action": action, "quantity": quantity, "orderType": "market", "timeInForce": "day"}
