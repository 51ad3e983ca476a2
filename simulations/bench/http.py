"""Durable trades and portfolio reads a second over real sockets, against a bare answer on the same Hypercorn.

The server runs in a process of its own, as users start it, and the client in this one. Fifty agents trade over sixteen
connections; each trade is committed at `synchronous=FULL` before it is answered.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import trio
from attrs import frozen

from simulations.bench.report import Figure
from simulations.bench.wire_client import Load, drive, encode, read_answer

AGENTS: Final = 50
CONNECTIONS: Final = 16
SECONDS: Final = 10.0
SECONDS_QUICK: Final = 1.0
WARM_UP_S: Final = 1.0
LOGIN: Final = {"email": "demo@example.com", "password": "demo123"}
NEW_AGENT: Final = {
    "name": "Benchmark",
    "strategy": "custom",
    "initialBudget": 100_000,
    "riskTolerance": 5,
    "quotaConfig": {"apiCalls": 100_000, "budgetPerMonth": 100_000},
}
RATIO_TRADES_MIN: Final = 0.35
RATIO_READS_MIN: Final = 0.5
SEED_TRADES: Final = 275.0
"""What the stack this product replaces does on a machine where a bare Hypercorn answers 2,000 requests a second."""


@frozen
class Address:
    """Where a server listens, and which process it is."""

    host: str
    port: int
    process_id: int

    @property
    def authority(self) -> str:
        """Return `host:port`."""
        return f"{self.host}:{self.port}"


def run(*, quick: bool = False) -> list[Figure]:
    """Measure, and return the figures."""
    seconds = SECONDS_QUICK if quick else SECONDS
    with serving([sys.executable, "-m", "simulations.bench.bare_asgi"]) as address:
        bare = trio.run(_bare, address, seconds)
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tradefloor", "serve", "--port", "0", "--no-demo", "--log-level", "error"]
        limits = ["--rate-limit-user-max", "100000000", "--rate-limit-max", "1000000"]
        with serving([*command, *limits, "--database-path", f"{folder}/floor.db"]) as address:
            reads, trades = trio.run(_floor, address, seconds)
    return [
        *_figures("GET portfolio", reads, bare, RATIO_READS_MIN),
        *_figures("durable trades", trades, bare, RATIO_TRADES_MIN),
    ]


@contextmanager
def serving(command: Sequence[str]) -> Iterator[Address]:
    """Start a server that prints `... is open at URL`, and end it afterwards. Raises RuntimeError when it does not."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own commands
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if " is open at " in line:
                    url = urlsplit(line.rsplit(" ", 1)[1].strip())
                    yield Address(url.hostname or "", url.port or 0, process.pid)
                    return
            raise RuntimeError(f"{' '.join(command)} ended before it was open")
        finally:
            process.terminate()
            process.communicate()


async def _bare(address: Address, seconds: float) -> Load:
    request = encode("GET", "/", address.authority)
    requests: list[Callable[[int], bytes]] = [lambda _count: request] * CONNECTIONS
    await drive(address.host, address.port, requests, min(seconds, WARM_UP_S))
    return await drive(address.host, address.port, requests, seconds)


async def _floor(address: Address, seconds: float) -> tuple[Load, Load]:
    token = (await call(address, "/api/v1/auth/login", LOGIN, None, 200))["token"]
    agents = [(await call(address, "/api/v1/agents", NEW_AGENT, token, 201))["agentId"] for _ in range(AGENTS)]
    reads = [_reader(address, token, agents, number) for number in range(CONNECTIONS)]
    trades = [_trader(address, token, agents, number) for number in range(CONNECTIONS)]
    await drive(address.host, address.port, trades, min(seconds, WARM_UP_S))
    return (
        await drive(address.host, address.port, reads, seconds),
        await drive(address.host, address.port, trades, seconds),
    )


def _reader(address: Address, token: str, agents: Sequence[str], number: int) -> Callable[[int], bytes]:
    requests = [encode("GET", f"/api/v1/agents/{agent_id}/portfolio", address.authority, token) for agent_id in agents]
    return lambda count: requests[(number + count * CONNECTIONS) % len(requests)]


def _trader(address: Address, token: str, agents: Sequence[str], number: int) -> Callable[[int], bytes]:
    """Buy a share and sell it again, so that a long run does not run out of cash."""
    requests = [
        encode("POST", f"/api/v1/agents/{agent_id}/trades", address.authority, token, orjson.dumps(_order(action)))
        for agent_id in agents[number::CONNECTIONS]
        for action in ("buy", "sell")
    ]
    return lambda count: requests[count % len(requests)]


def _order(action: str) -> dict[str, object]:
    return {"symbol": "KO", "action": action, "quantity": 1, "orderType": "market", "timeInForce": "day"}


async def call(address: Address, path: str, body: object, token: str | None, status: int) -> Any:
    """Send one POST, or a GET without a body, on a connection of its own, and return the JSON answer."""
    request = encode("GET" if body is None else "POST", path, address.authority, token, _encoded(body))
    stream = await trio.open_tcp_stream(address.host, address.port)
    async with stream:
        await stream.send_all(request)
        return orjson.loads(await read_answer(stream, status))


def _encoded(body: object) -> bytes:
    return b"" if body is None else orjson.dumps(body)


def _figures(name: str, load: Load, bare: Load, ratio_min: float) -> list[Figure]:
    rate = Figure(name, load.rate, "1/s", bare.rate, "bare ASGI", ratio_min)
    latencies = [
        Figure(f"{name}, p{percent}", load.percentile_ms(percent), "ms", bare.percentile_ms(percent), "bare ASGI")
        for percent in (50, 95, 99)
    ]
    return [rate, *latencies]
