"""A floor at work: a thousand active agents, a tick every 100 ms, and somebody who reads meanwhile.

What is measured is what a user of a busy floor feels (the latency of reads, readiness) and what an operator fears
(memory that grows). Reads come at a steady rate, whether or not the one before was answered, so that a stall shows.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson
import trio
from attrs import define, field

from simulations.bench.http import LOGIN, Address, call, serving
from simulations.bench.report import Figure
from simulations.bench.wire_client import encode, read_answer

AGENTS: Final = 1_000
AGENTS_QUICK: Final = 50
SECONDS: Final = 300.0
SECONDS_QUICK: Final = 3.0
READS_PER_S: Final = 20
TICK_MS: Final = 100
GET_P99_MS_MAX: Final = 100.0
GROWTH_MAX: Final = 0.10
"""Memory counts as flat when the second half of the run ends at most this much above where it began."""

STRATEGIES: Final = ("balanced", "aggressive", "conservative")


@define
class Watch:
    """What was seen of the floor while it ran."""

    latencies_ms: list[float] = field(factory=list)
    not_ready: int = 0
    resident_mib: list[float] = field(factory=list)


def run(*, quick: bool = False) -> list[Figure]:
    """Measure, and return the figures."""
    seconds, agents = (SECONDS_QUICK, AGENTS_QUICK) if quick else (SECONDS, AGENTS)
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tradefloor", "serve", "--port", "0", "--no-demo", "--log-level", "error"]
        command += ["--tick-interval-ms", str(TICK_MS), "--rate-limit-user-max", "100000000"]
        with serving([*command, "--rate-limit-max", "1000000", "--database-path", f"{folder}/floor.db"]) as address:
            watch, trades = trio.run(_work, address, agents, seconds)
    return _figures(watch, trades, seconds)


async def _work(address: Address, agents: int, seconds: float) -> tuple[Watch, int]:
    token = (await call(address, "/api/v1/auth/login", LOGIN, None, 200))["token"]
    made = [await _make_agent(address, token, number) for number in range(agents)]
    watch = Watch()
    async with trio.open_nursery() as nursery:
        began = time.perf_counter()
        for number in range(int(seconds * READS_PER_S)):
            await trio.sleep(max(0.0, began + number / READS_PER_S - time.perf_counter()))
            nursery.start_soon(_read, address, f"/api/v1/agents/{made[number % agents]}/portfolio", token, watch)
            if number % READS_PER_S == 0:
                watch.resident_mib.append(_resident_mib(address.process_id))
                nursery.start_soon(_check_readiness, address, watch)
    trades = 0
    for agent_id in made:
        usage = await call(address, f"/api/v1/agents/{agent_id}/usage", None, token, 200)
        trades += usage["currentUsage"]["apiCalls"]
    return watch, trades


async def _make_agent(address: Address, token: str, number: int) -> str:
    body = {
        "name": f"Agent {number}",
        "strategy": STRATEGIES[number % len(STRATEGIES)],
        "initialBudget": 50_000,
        "riskTolerance": 1 + number % 10,
    }
    agent_id: str = (await call(address, "/api/v1/agents", body, token, 201))["agentId"]
    await call(address, f"/api/v1/agents/{agent_id}/resume", {}, token, 200)
    return agent_id


async def _read(address: Address, path: str, token: str, watch: Watch) -> None:
    sent = time.perf_counter()
    stream = await trio.open_tcp_stream(address.host, address.port)
    async with stream:
        await stream.send_all(encode("GET", path, address.authority, token))
        await read_answer(stream, 200)
    watch.latencies_ms.append((time.perf_counter() - sent) * 1000)


async def _check_readiness(address: Address, watch: Watch) -> None:
    stream = await trio.open_tcp_stream(address.host, address.port)
    async with stream:
        await stream.send_all(encode("GET", "/health/ready", address.authority))
        document = orjson.loads(await read_answer(stream, None))
    watch.not_ready += document["status"] != "ok"


def _resident_mib(process_id: int) -> float:
    pages = int(Path(f"/proc/{process_id}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _figures(watch: Watch, trades: int, seconds: float) -> list[Figure]:
    ordered = sorted(watch.latencies_ms)
    half = watch.resident_mib[len(watch.resident_mib) // 2]
    growth = watch.resident_mib[-1] / half - 1
    return [
        Figure("GET portfolio meanwhile, p50", ordered[len(ordered) // 2], "ms"),
        Figure("GET portfolio meanwhile, p99", ordered[int(len(ordered) * 0.99)], "ms", value_max=GET_P99_MS_MAX),
        Figure("GET portfolio meanwhile, slowest", ordered[-1], "ms"),
        Figure("moments not ready", watch.not_ready, "", value_max=0),
        Figure("memory at the end", watch.resident_mib[-1], "MiB"),
        Figure("growth in the second half", growth, "", value_max=GROWTH_MAX),
        Figure("autonomous trades", trades / seconds, "1/s"),
    ]
