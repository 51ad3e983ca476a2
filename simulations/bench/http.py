"""Durable trades and portfolio reads a second over real sockets, against a bare answer on the same Hypercorn.

Each server runs in a process of its own, as users start it, and the client in this one. Fifty agents trade over sixteen
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
from simulations.bench.wire_client import Load, drive, encode, read_answer, together

AGENTS: Final = 50
CONNECTIONS: Final = 16
ROUND_S: Final = 1.5
ROUND_QUICK_S: Final = 0.3
ROUNDS: Final = 10
"""Trades, reads and bare answers take turns: a machine that is shared is now slow and now fast, for seconds on end, and
of what is measured one after the other the ratio would differ by a third from run to run."""

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
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tradefloor", "serve", "--port", "0", "--no-demo", "--log-level", "error"]
        limits = ["--rate-limit-user-max", "100000000", "--rate-limit-max", "1000000"]
        with (
            serving([*command, *limits, "--database-path", f"{folder}/floor.db"]) as floor,
            serving([sys.executable, "-m", "simulations.bench.bare_asgi"]) as bare_asgi,
        ):
            turns = (1, ROUND_QUICK_S) if quick else (ROUNDS, ROUND_S)
            trades, reads, bare = trio.run(_measure, floor, bare_asgi, *turns)
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


async def _measure(floor: Address, bare_asgi: Address, rounds: int, round_s: float) -> list[Load]:
    """Return what trades, reads and bare answers measured; usage of the trades is delivered during the reads."""
    token = (await call(floor, "/api/v1/auth/login", LOGIN, None, 200))["token"]
    agents = [(await call(floor, "/api/v1/agents", NEW_AGENT, token, 201))["agentId"] for _ in range(AGENTS)]
    bare = encode("GET", "/", bare_asgi.authority)
    kinds: list[tuple[Address, list[Callable[[int], bytes]]]] = [
        (floor, [_trader(floor, token, agents, number) for number in range(CONNECTIONS)]),
        (floor, [_reader(floor, token, agents, number) for number in range(CONNECTIONS)]),
        (bare_asgi, [lambda _count: bare] * CONNECTIONS),
    ]
    for address, requests in kinds:
        await drive(address.host, address.port, requests, min(round_s, WARM_UP_S))
    loads: list[list[Load]] = [[] for _ in kinds]
    for _ in range(rounds):
        for (address, requests), measured in zip(kinds, loads, strict=True):
            measured.append(await drive(address.host, address.port, requests, round_s))
    return [together(measured) for measured in loads]


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
