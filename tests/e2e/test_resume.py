"""Clients that drop at random moments while agents trade each see every event exactly once, in order.

A thousand events pass with every `make test`; `make resume` runs ten thousand.
"""

import os
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import trio
from attrs import Factory, define
from trio_websocket import wrap_client_stream

from tests.e2e.program import Api, Socket, running, signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

EVENTS: Final = int(os.environ.get("RESUME_EVENTS", "1000"))
SEED: Final = 20_260_131
AGENTS: Final = 8
FRAMES_BETWEEN_DROPS_MAX: Final = 120
PACE: Final = {"RATE_LIMIT_USER_MAX": "1000000"}
EVERYTHING: Final = ("portfolio", "trades", "oversight")

Event = dict[str, Any]


@define
class Follower:
    """A client that remembers the last sequence, drops its connection now and then, and comes back for the rest."""

    api: Api
    channels: list[str]
    wants: Callable[[Event], bool]
    rng: random.Random
    waits_for: trio.Event | None = None
    """When set, the client does not read its first connection before this has happened."""
    seen: list[int] = Factory(list)
    last_seq: int = 0
    drops: int = 0
    lags: int = 0
    goal: int | None = None
    following: trio.CancelScope = Factory(trio.CancelScope)

    async def follow(self) -> None:
        """See events, by as many connections as it takes, until the goal is reached."""
        with self.following:
            while not self._is_done():
                async with connected(self.api) as (ws, stream):
                    await self._watch(ws)
                    if not self._is_done():
                        self.drops += 1
                        await self._drop(ws, stream)

    def finish(self, goal: int) -> None:
        """Say which event is the last."""
        self.goal = goal
        if self._is_done():
            self.following.cancel()

    async def _watch(self, ws: Socket) -> None:
        """Read so many frames as chance wants, which may be none."""
        await ws.send(action="authenticate", token=self.api.token)
        await self._subscribe(ws)
        if self.waits_for is not None:
            await self.waits_for.wait()
            self.waits_for = None
        for _ in range(self.rng.randrange(FRAMES_BETWEEN_DROPS_MAX)):
            await self._see(ws, await ws.receive())
            if self._is_done():
                return

    async def _subscribe(self, ws: Socket) -> None:
        await ws.send(action="subscribe", channels=self.channels, after=self.last_seq)

    async def _see(self, ws: Socket, frame: Event) -> None:
        kind = frame["type"]
        assert kind != "error", frame
        if kind == "lagged":
            self.lags += 1
            self.last_seq = frame["seq"]
            await self._subscribe(ws)
        elif "seq" in frame:
            self.last_seq = frame["seq"]
            if kind != "portfolio.update":
                self.seen.append(frame["seq"])

    async def _drop(self, ws: Socket, stream: trio.SocketStream) -> None:
        """End the connection: by a closing handshake, without a word, or with a reset that loses what is under way."""
        match self.rng.randrange(3):
            case 0:
                await ws.connection.aclose()
            case 1:
                await stream.aclose()
            case _:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                await stream.aclose()

    def _is_done(self) -> bool:
        return self.goal is not None and bool(self.seen) and self.seen[-1] >= self.goal


@asynccontextmanager
async def connected(api: Api) -> AsyncIterator[tuple[Socket, trio.SocketStream]]:
    """Connect to /ws, and yield the TCP connection too, to be cut off."""
    where = urlsplit(str(api.client.base_url))
    assert where.hostname is not None
    assert where.port is not None
    stream = await trio.open_tcp_stream(where.hostname, where.port)
    async with stream, trio.open_nursery() as nursery:
        connection = await wrap_client_stream(nursery, stream, where.netloc, "/ws")
        yield Socket(connection), stream
        nursery.cancel_scope.cancel()


async def test_everything_once_in_order(tmp_path: Path) -> None:
    """Whichever channels a client listens to, and whether it reads fast or sleeps while everything happens."""
    rng = random.Random(SEED)  # noqa: S311 - the same drops each time
    with running(tmp_path, "--no-demo", env=PACE) as program, trio.fail_after(60 + EVENTS / 50):
        async with signed_in(program.url) as api, trio.open_nursery() as nursery:
            agents = [await make_agent(api, number) for number in range(AGENTS)]
            traded = trio.Event()
            followers = make_followers(api, agents, rng, traded)
            for follower in followers:
                nursery.start_soon(follower.follow)
            async with trio.open_nursery() as trading:
                for agent_id in agents:
                    trading.start_soon(trade, api, agent_id, EVENTS // AGENTS)
            events = await all_events(api, agents)
            expected = [[event["seq"] for event in events if follower.wants(event)] for follower in followers]
            for follower, sequences in zip(followers, expected, strict=True):
                follower.finish(sequences[-1])
            traded.set()
        assert program.stop() == 0
    assert len(events) >= EVENTS
    assert [follower.seen for follower in followers] == expected
    assert all(follower.drops >= len(follower.seen) // FRAMES_BETWEEN_DROPS_MAX > 0 for follower in followers)


def make_followers(api: Api, agents: list[str], rng: random.Random, traded: trio.Event) -> list[Follower]:
    """Return clients of all agents, of one agent, of one topic, and one that sleeps while the agents trade."""

    def follower(*channels: str, wants: Callable[[Event], bool], waits_for: trio.Event | None = None) -> Follower:
        return Follower(api, list(channels), wants, random.Random(rng.random()), waits_for)  # noqa: S311 - as above

    def is_trade(event: Event) -> bool:
        return bool(event["type"].startswith("trade."))

    def is_first(event: Event) -> bool:
        return bool(event["agentId"] == agents[0])

    return [
        *(follower(*EVERYTHING, wants=lambda _event: True) for _ in range(4)),
        *(follower(f"agent:{agents[0]}", wants=is_first) for _ in range(2)),
        *(follower("trades", wants=is_trade) for _ in range(2)),
        follower(*EVERYTHING, wants=lambda _event: True, waits_for=traded),
    ]


async def make_agent(api: Api, number: int) -> str:
    """Create an agent that rests, so that it does what it is told alone."""
    new = {"name": f"Resume {number}", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}
    return str((await api.made("/agents", new, 201))["agentId"])


async def trade(api: Api, agent_id: str, events: int) -> None:
    """Trade until so many events have come of it; some trades are held, and rejected."""
    for count in range(events // 2):
        if count % 25 == 24:
            held = await api.made(f"/agents/{agent_id}/trades", order("TSLA", "buy", 350))
            await api.made(f"/oversight/requests/{held['approvalRequestId']}/reject", {})
        await api.made(f"/agents/{agent_id}/trades", order("KO", "sell" if count % 2 else "buy", 1))


def order(symbol: str, action: str, quantity: int) -> Event:
    """Return the body of a market order."""
    return {"symbol": symbol, "action": action, "quantity": quantity, "orderType": "market"}


async def all_events(api: Api, agents: list[str]) -> list[Event]:
    """Return what the log has of the agents, as far as sockets show it, by sequence."""
    found: list[Event] = []
    for agent_id in agents:
        cursor = 0
        while page := (await api.get(f"/agents/{agent_id}/events?after={cursor}&limit=200"))["items"]:
            found += page
            cursor = page[-1]["seq"]
    return sorted((event for event in found if event["type"] not in INSIDE), key=lambda event: int(event["seq"]))


INSIDE: Final = {"agent.created", "agent.updated", "trade.triggered", "oversight.cancelled"}
"""Types of events that no socket is told of."""
