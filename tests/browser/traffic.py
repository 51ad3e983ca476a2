"""What happens on a floor while its dashboard is measured: many agents, and trades that go out when they are due."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import httpx
import trio

from tests.browser.floor_api import api
from tests.soak.pauses import pause

CONNECTIONS: Final = 16
TIMEOUT_S: Final = 60
SYMBOL: Final = "INTC"
"""Cheap beside the budget, so that money lasts for an hour of purchases."""


def make_agents(url: str, count: int) -> list[str]:
    """Make so many agents, and return their ids."""
    with api(url) as admin:
        headers = dict(admin.headers)
    made: list[str] = []

    async def make(client: httpx.AsyncClient, numbers: Iterator[int]) -> None:
        for number in numbers:
            wanted = {"name": f"Agent {number:05}", "strategy": "custom", "initialBudget": 100_000, "riskTolerance": 5}
            answer = await client.post("/agents", json=wanted)
            made.append(answer.raise_for_status().json()["agentId"])

    async def main() -> None:
        async with _client(url, headers) as client, trio.open_nursery() as nursery:
            numbers = iter(range(count))
            for _ in range(CONNECTIONS):
                nursery.start_soon(make, client, numbers)

    trio.run(main)
    return made


@contextmanager
def trading(url: str, agent_ids: Sequence[str], per_second: float) -> Iterator[None]:
    """Buy a share for one agent after the other, so many times a second, in a thread until the end of the context.

    Purchases go out when they are due, however slowly the ones before are answered.
    """
    with api(url) as admin:
        headers = dict(admin.headers)
    ended = threading.Event()

    async def buy(client: httpx.AsyncClient, agent_id: str) -> None:
        order = {"symbol": SYMBOL, "action": "buy", "quantity": 1}
        (await client.post(f"/agents/{agent_id}/trades", json=order)).raise_for_status()

    async def main() -> None:
        async with _client(url, headers) as client, trio.open_nursery() as nursery:
            began, sent = trio.current_time(), 0
            while not ended.is_set():
                nursery.start_soon(buy, client, agent_ids[sent % len(agent_ids)])
                sent += 1
                await pause(max(0, began + sent / per_second - trio.current_time()))

    with ThreadPoolExecutor(max_workers=1) as threads:
        running = threads.submit(trio.run, main)
        try:
            yield
        finally:
            ended.set()
        running.result()


def _client(url: str, headers: dict[str, str]) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    return httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=TIMEOUT_S, limits=limits)
