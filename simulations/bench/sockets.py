"""Deliveries a second over the floor's sockets, and how long an event takes to its readers.

Three processes: the server as users start it, the clients, and this one, whose traders trade as fast as they are
answered. Each trade is three frames to each client: created, executed, and the portfolio it led to. With one client
the trades are the limit; with a hundred and a thousand the deliveries are. Latency is from the time in an event, when
it was decided on, to the end of its reading: the commit is part of it, and whatever queues before that.
"""

import resource
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

import orjson
import trio
from attrs import asdict, evolve

from simulations.bench.http import LOGIN, NEW_AGENT, Address, call, serving
from simulations.bench.report import Figure
from simulations.bench.socket_clients import Crowd, Heard
from simulations.bench.wire_client import drive, encode, read_answer

AGENTS: Final = 16
SECONDS: Final = 5.0
SECONDS_QUICK: Final = 0.5
CLIENTS: Final = (1, 100, 1_000)
CLIENTS_QUICK: Final = (1, 10)
IDLE: Final = 200
SLOW: Final = 50
STEADY_TRADES_PER_S: Final = 50
STEADY_CONNECTIONS: Final = 5
DELIVERIES_MIN: Final = 50_000.0
"""What we want at a hundred clients."""

RATE_BESIDE_SLOW_MIN: Final = 0.95
FILES_MIN: Final = 4_096


def run(*, quick: bool = False) -> list[Figure]:
    """Measure, and return the figures."""
    _allow_files()
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tradefloor", "serve", "--port", "0", "--no-demo", "--log-level", "error"]
        limits = ["--rate-limit-user-max", "100000000", "--rate-limit-max", "1000000"]
        with serving([*command, *limits, "--database-path", f"{folder}/floor.db"]) as address:
            return trio.run(_measure, address, SECONDS_QUICK if quick else SECONDS, CLIENTS_QUICK if quick else CLIENTS)


async def _measure(address: Address, seconds: float, clients: Sequence[int]) -> list[Figure]:
    token = (await call(address, "/api/v1/auth/login", LOGIN, None, 200))["token"]
    agents = [(await call(address, "/api/v1/agents", NEW_AGENT, token, 201))["agentId"] for _ in range(AGENTS)]
    orders = [_orders(address, token, agent_id) for agent_id in agents]
    await _trade_at_full_speed(address, orders, seconds / 2)
    nobody = Crowd(address.host, address.port, token, fast=0)
    figures = []
    for count in clients:
        heard, trades = await _heard_at_full_speed(evolve(nobody, fast=count), address, orders, seconds)
        figures += _full_speed(f"/ws, {_clients(count)}", count, heard, trades)
    many = clients[1]
    socketio = evolve(nobody, fast=many, agents=tuple(agents))
    heard, trades = await _heard_at_full_speed(socketio, address, orders, seconds)
    figures += _full_speed(f"Socket.IO, {_clients(many)}", 0, heard, trades)
    alone = await _heard_steadily(evolve(nobody, fast=many), address, orders, seconds)
    crowded = await _heard_steadily(evolve(nobody, fast=many, slow=SLOW, idle=IDLE), address, orders, seconds)
    return [*figures, *_beside_slow(many, alone, crowded)]


def _full_speed(name: str, clients: int, heard: Heard, trades: float) -> list[Figure]:
    limit = " (trades are the limit)" if clients == 1 else ""
    rate = Figure(f"{name}: deliveries{limit}", heard.frames / heard.seconds, "1/s")
    if clients == CLIENTS[1]:
        rate = evolve(rate, bound=DELIVERIES_MIN, bound_name="wanted", ratio_min=1.0)
    return [
        rate,
        Figure(f"{name}: trades meanwhile", trades, "1/s"),
        *_latency(name, heard),
    ]


def _clients(count: int) -> str:
    return "1 client" if count == 1 else f"{count:,} clients"


def _beside_slow(fast: int, alone: Heard, crowded: Heard) -> list[Figure]:
    name = f"/ws, {_clients(fast)}, {STEADY_TRADES_PER_S} trades/s"
    rate = alone.frames / alone.seconds
    beside = crowded.frames / crowded.seconds
    crowd = f"the same beside {IDLE} idle, {SLOW} slow"
    return [
        Figure(f"{name}: deliveries", rate, "1/s"),
        *_latency(name, alone),
        Figure(f"{crowd}: deliveries", beside, "1/s", rate, "without them", RATE_BESIDE_SLOW_MIN),
        *_latency(crowd, crowded, alone),
    ]


def _latency(name: str, heard: Heard, bound: Heard | None = None) -> list[Figure]:
    return [
        Figure(
            f"{name}: latency p{percent}",
            _percentile(heard, percent),
            "ms",
            None if bound is None else _percentile(bound, percent),
            None if bound is None else "without them",
        )
        for percent in (50, 99)
    ]


def _percentile(heard: Heard, percent: int) -> float:
    """Return the latency that so many percent of the frames stay within (nearest rank)."""
    ordered = sorted(heard.latencies_ms)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


async def _heard_at_full_speed(
    crowd: Crowd, address: Address, orders: Sequence[Sequence[bytes]], seconds: float
) -> tuple[Heard, float]:
    with listening(crowd) as clients:
        await _trade_at_full_speed(address, orders, seconds / 5)
        await clients.measured()
        trades = await _trade_at_full_speed(address, orders, seconds)
        return await clients.measured(), trades


async def _heard_steadily(crowd: Crowd, address: Address, orders: Sequence[Sequence[bytes]], seconds: float) -> Heard:
    with listening(crowd) as clients:
        await _trade_steadily(address, orders, seconds / 5)
        await clients.measured()
        await _trade_steadily(address, orders, seconds)
        return await clients.measured()


class Clients:
    """The process of the clients."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    async def measured(self) -> Heard:
        """Return what was heard since this was asked last."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return Heard(**orjson.loads(await trio.to_thread.run_sync(self.line)))

    def line(self) -> bytes:
        """Return the next line that the process prints. Raises RuntimeError when there is none."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the clients' process has ended")
        return line


@contextmanager
def listening(crowd: Crowd) -> Generator[Clients]:
    """Connect a crowd, and disconnect it afterwards."""
    command = [sys.executable, "-m", "simulations.bench.socket_clients"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 -- our own
        assert process.stdin is not None
        process.stdin.write(orjson.dumps(asdict(crowd)) + b"\n")
        process.stdin.flush()
        clients = Clients(process)
        clients.line()
        try:
            yield clients
        finally:
            process.terminate()


async def _trade_at_full_speed(address: Address, orders: Sequence[Sequence[bytes]], seconds: float) -> float:
    """Trade for each agent as fast as it is answered, and return trades a second."""
    makers = [lambda count, own=own: own[count % len(own)] for own in orders]
    return (await drive(address.host, address.port, makers, seconds)).rate


async def _trade_steadily(address: Address, orders: Sequence[Sequence[bytes]], seconds: float) -> None:
    """Trade at a pace that leaves the server time."""
    until = trio.current_time() + seconds
    async with trio.open_nursery() as nursery:
        for number, own in enumerate(orders[:STEADY_CONNECTIONS]):
            begin = trio.current_time() + number / STEADY_TRADES_PER_S
            nursery.start_soon(_keep_pace, address, own, begin, until)


async def _keep_pace(address: Address, orders: Sequence[bytes], due: float, until: float) -> None:
    stream = await trio.open_tcp_stream(address.host, address.port)
    async with stream:
        count = 0
        while due < until:
            await trio.sleep_until(due)
            await stream.send_all(orders[count % len(orders)])
            await read_answer(stream, 200)
            due += STEADY_CONNECTIONS / STEADY_TRADES_PER_S
            count += 1


def _orders(address: Address, token: str, agent_id: str) -> list[bytes]:
    """Return requests that buy a share and sell it again, so that a long run does not run out of cash."""
    order = {"symbol": "KO", "quantity": 1, "orderType": "market", "timeInForce": "day"}
    return [
        encode(
            "POST",
            f"/api/v1/agents/{agent_id}/trades",
            address.authority,
            token,
            orjson.dumps({**order, "action": action}),
        )
        for action in ("buy", "sell")
    ]


def _allow_files() -> None:
    """Let this process and those it starts have a file for each of a thousand sockets, where the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES_MIN:
        wanted = FILES_MIN if hard == resource.RLIM_INFINITY else min(FILES_MIN, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
