"""What happens on a floor while its dashboard is measured: many agents, and trades that go out when they are due.

Requests are put together and sent by the client of the benchmarks. A client for every use (httpx) took half a
processor for a hundred trades a second, more than the floor and the page together.
"""

import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import trio
from attrs import frozen

from simulations.bench.wire_client import encode, read_answer
from tests.browser.floor_api import api
from tests.soak.pauses import pause

CONNECTIONS: Final = 16
SYMBOL: Final = "INTC"
"""Cheap beside the budget, so that money lasts for an hour of purchases."""

PURCHASE: Final = {"symbol": SYMBOL, "action": "buy", "quantity": 1}
YIELDING: Final = 10
"""The niceness of what is elsewhere where people look at a floor, so that it does not keep the browser waiting here."""


@frozen
class Caller:
    """Somebody who is signed in to a floor, and posts to it over connections that are kept."""

    host: str
    port: int
    token: str

    @classmethod
    def of(cls, url: str) -> "Caller":
        """Sign in."""
        place = urlsplit(url)
        assert place.hostname is not None
        assert place.port is not None
        with api(url) as admin:
            return cls(place.hostname, place.port, admin.headers["Authorization"].removeprefix("Bearer "))

    async def connect(self) -> trio.SocketStream:
        """Open a connection."""
        return await trio.open_tcp_stream(self.host, self.port)

    async def post(self, stream: trio.SocketStream, path: str, body: object, status: int) -> Any:
        """Post, and return what is answered with this status. Raises UnexpectedAnswer."""
        host = f"{self.host}:{self.port}"
        await stream.send_all(encode("POST", f"/api/v1{path}", host, self.token, orjson.dumps(body)))
        return orjson.loads(await read_answer(stream, status))

    async def buy(self, stream: trio.SocketStream, agent_id: str) -> None:
        """Buy a share for an agent."""
        await self.post(stream, f"/agents/{agent_id}/trades", PURCHASE, 200)


def make_agents(url: str, count: int) -> list[str]:
    """Make so many agents, each with a share, and return their ids."""
    caller = Caller.of(url)
    made: list[str] = []

    async def make(numbers: Iterator[int]) -> None:
        async with await caller.connect() as stream:
            for number in numbers:
                wanted = {
                    "name": f"Agent {number:05}",
                    "strategy": "custom",
                    "initialBudget": 100_000,
                    "riskTolerance": 5,
                }
                agent_id = (await caller.post(stream, "/agents", wanted, 201))["agentId"]
                await caller.buy(stream, agent_id)
                made.append(agent_id)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            numbers = iter(range(count))
            for _ in range(CONNECTIONS):
                nursery.start_soon(make, numbers)

    trio.run(main)
    return made


@contextmanager
def trading(url: str, agent_ids: Sequence[str], per_second: float) -> Iterator[None]:
    """Buy a share for one agent after the other, so many times a second, in a thread until the end of the context.

    Purchases go out when they are due, as long as a connection is free.
    """
    caller = Caller.of(url)
    ended = threading.Event()

    async def trade(numbers: Iterator[int], began: float) -> None:
        async with await caller.connect() as stream:
            for number in numbers:
                await pause(max(0, began + number / per_second - trio.current_time()))
                if ended.is_set():
                    return
                await caller.buy(stream, agent_ids[number % len(agent_ids)])

    async def main() -> None:
        let_others_go_first(threading.get_native_id())
        numbers, began = itertools.count(), trio.current_time()
        async with trio.open_nursery() as nursery:
            for _ in range(CONNECTIONS):
                nursery.start_soon(trade, numbers, began)

    with ThreadPoolExecutor(max_workers=1) as threads:
        running = threads.submit(trio.run, main)
        try:
            yield
        finally:
            ended.set()
        running.result()


def let_others_go_first(thread_id: int) -> None:
    """Lower the priority of a thread. Threads that it starts later inherit that."""
    os.setpriority(os.PRIO_PROCESS, thread_id, YIELDING)


def let_browser_go_first(process_id: int) -> None:
    """Lower the priority of all threads of a process."""
    for thread in Path(f"/proc/{process_id}/task").iterdir():
        let_others_go_first(int(thread.name))
