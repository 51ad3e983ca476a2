"""Operating a large floor over the operator's socket: looks at 100,000 actors, and a pause of 10,000 agents.

Looks are asked for once a second, as `-w` does, and what they cost is the server's processor time over what it used
without them. The pause is of agents that trade by themselves and by hand; what is ordered meanwhile waits in mailboxes,
and has to be done after `resume`.
"""

import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import trio
from attrs import frozen

from actors.model import AgentStatus
from simulations.bench.http import serving
from simulations.bench.report import Figure
from simulations.bench.seeded import seed

SOCKET: Final = "control.sock"
"""Where the operator's door is, beside the data."""

ACTORS: Final = "/admin/v1/actors"
AGENTS: Final = 50_000
ANSWER_S_MAX: Final = 1.0
SHARE_MAX: Final = 0.05

RUNNING: Final = 10_000
RUNNING_QUICK: Final = 60
TRADING: Final = 500
TRADING_QUICK: Final = 10
ORDERS: Final = 50
"""So many orders by hand arrive at paused agents."""

PAUSE_S_MAX: Final = 2.0
TICK_MS: Final = 200

ANSWERS: Final = (
    ("ps", ACTORS, {"limit": "20"}),
    ("tree", f"{ACTORS}/tree", {"depth": "2"}),
    ("top", f"{ACTORS}/top", {"windows": "1", "intervalMs": "200", "limit": "40"}),
)


@frozen
class Floor:
    """A running floor, seen through its operator's socket, and its process."""

    http: httpx.AsyncClient
    process_id: int

    async def get(self, path: str, /, **query: str) -> Any:
        """Return the JSON answer, or the last line of a stream."""
        response = await self.http.get(path, params=query)
        response.raise_for_status()
        return httpx.Response(200, text=response.text.splitlines()[-1]).json() if response.text else None

    async def post(self, path: str, body: object) -> Any:
        """POST a JSON body, and return the answer."""
        response = await self.http.post(path, json=body)
        response.raise_for_status()
        return response.json()

    def processor_s(self) -> float:
        """Return the processor time that the server has used, in seconds."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@frozen
class Pace:
    """How long it is measured: looks of each kind, seconds until a floor counts as at rest, seconds of a pause."""

    looks: int
    settle_s: float
    pause_s: float


FULL: Final = Pace(20, 10.0, 3.0)
QUICK: Final = Pace(2, 0.5, 1.0)

Measure = Callable[[Floor, Sequence[str], Pace], Awaitable[list[Figure]]]


def run(*, quick: bool = False) -> list[Figure]:
    """Measure, and return the figures."""
    if quick:
        return _measured(RUNNING_QUICK, TRADING_QUICK, AgentStatus.ACTIVE, QUICK, _look, _pause)
    looks = _measured(AGENTS, 0, AgentStatus.PAUSED, FULL, _look)
    return [*looks, *_measured(RUNNING, TRADING, AgentStatus.ACTIVE, FULL, _pause)]


def _measured(agents: int, trading: int, status: AgentStatus, pace: Pace, *measures: Measure) -> list[Figure]:
    """Start a floor with so many agents, and measure once it has come to rest."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        agent_ids = seed(folder / "floor.db", agents, trading, status)
        with serving(_command(folder)) as address:
            return trio.run(_operate, folder, address.process_id, agent_ids, pace, measures)


async def _operate(
    folder: Path, process_id: int, agent_ids: Sequence[str], pace: Pace, measures: Sequence[Measure]
) -> list[Figure]:
    transport = httpx.AsyncHTTPTransport(uds=str(folder / SOCKET))
    async with httpx.AsyncClient(transport=transport, base_url="http://floor", timeout=60.0) as http:
        floor = Floor(http, process_id)
        await _settled(floor, pace.settle_s)
        return [figure for measure in measures for figure in await measure(floor, agent_ids, pace)]


def _command(folder: Path) -> list[str]:
    command = [sys.executable, "-m", "tradefloor", "serve", "--port", "0", "--no-demo", "--log-level", "error"]
    limits = ["--rate-limit-user-max", "100000000", "--tick-interval-ms", str(TICK_MS)]
    return [*command, *limits, "--database-path", str(folder / "floor.db")]


async def _look(floor: Floor, _agent_ids: Sequence[str], pace: Pace) -> list[Figure]:
    figures: list[Figure] = []
    total = (await floor.get(ACTORS, limit="1"))["total"]
    idle_share = await _share_while_waiting(floor, pace.settle_s)
    for name, path, query in ANSWERS:
        slowest_s, cost_s = await _cost_of(floor, path, query, pace.looks, idle_share)
        figures += [
            Figure(f"{name} of {total:,} actors, slowest", slowest_s, "s", value_max=ANSWER_S_MAX),
            Figure(f"{name} once a second, share of the loop", cost_s, "", value_max=SHARE_MAX),
        ]
    return figures


async def _cost_of(
    floor: Floor, path: str, query: dict[str, str], looks: int, idle_share: float
) -> tuple[float, float]:
    """Return how long the slowest answer took, and the processor time of one, in seconds.

    The window of `top` is no part of the answer's time, and it looks twice for one window, of which the next one in a
    row of windows needs only the second.
    """
    waits_s = int(query.get("intervalMs", 0)) / 1_000
    walks = 2 if waits_s else 1
    slowest_s = 0.0
    used_s, began_s = floor.processor_s(), time.perf_counter()
    for _ in range(looks):
        asked_s = time.perf_counter()
        await floor.get(path, **query)
        slowest_s = max(slowest_s, time.perf_counter() - asked_s - waits_s)
    passed_s = time.perf_counter() - began_s
    return slowest_s, max(0.0, floor.processor_s() - used_s - idle_share * passed_s) / looks / walks


async def _share_while_waiting(floor: Floor, seconds: float) -> float:
    used_s = floor.processor_s()
    await trio.sleep(seconds)
    return (floor.processor_s() - used_s) / seconds


async def _settled(floor: Floor, step_s: float) -> None:
    """Wait until the floor is ready, and has no work left from its start: the outbox of all its new agents."""
    while await _share_while_waiting(floor, step_s) > 0.5:
        await floor.get("/health/live")


async def _pause(floor: Floor, agent_ids: Sequence[str], pace: Pace) -> list[Figure]:
    body = {"path": "/agents", "reason": "benchmark"}
    paused_s, acted = await _timed_post(floor, f"{ACTORS}/pause", body)
    answers: list[str] = []
    async with trio.open_nursery() as nursery:
        for agent_id in agent_ids[-ORDERS:]:
            nursery.start_soon(_order, floor, agent_id, answers)
        seen = await _while_paused(floor, agent_ids[-1], pace.pause_s)
        resumed_s, _ = await _timed_post(floor, f"{ACTORS}/resume", body)
    one = {"path": f"/agents/{agent_ids[0]}", "reason": "benchmark"}
    one_s, _ = await _timed_post(floor, f"{ACTORS}/pause", one)
    await floor.post(f"{ACTORS}/resume", one)
    return [
        Figure(f"pause of {acted['actors']:,} actors, answered", paused_s, "s", value_max=PAUSE_S_MAX),
        Figure("last trade after the pause began", seen.last_trade_s, "s", value_max=PAUSE_S_MAX),
        Figure("ticks of prices meanwhile", seen.ticks, "", value_max=None),
        Figure("inspect of a paused agent", seen.inspect_s, "s", value_max=ANSWER_S_MAX),
        Figure("messages that wait in mailboxes", seen.waiting, ""),
        Figure("resume, answered", resumed_s, "s", value_max=PAUSE_S_MAX),
        Figure("orders lost or refused", ORDERS - answers.count("completed"), "", value_max=0),
        Figure("pause of one agent, answered", one_s, "s", value_max=PAUSE_S_MAX),
    ]


@frozen
class Seen:
    """What was seen of a floor whose agents are paused."""

    last_trade_s: float
    ticks: float
    inspect_s: float
    waiting: float


async def _while_paused(floor: Floor, agent_id: str, seconds: float) -> Seen:
    market = await floor.get(f"{ACTORS}/inspect", path="/market")
    await trio.sleep(seconds)
    later = await floor.get(f"{ACTORS}/inspect", path="/market")
    asked_s = time.perf_counter()
    inspected = await floor.get(f"{ACTORS}/inspect", path=f"/agents/{agent_id}/agent")
    inspect_s = time.perf_counter() - asked_s
    if inspected["state"] != "paused" or inspected["inspect"] is None:
        raise RuntimeError(f"{agent_id} is {inspected['state']} instead of paused, or does not answer")
    waiting = (await floor.get(f"{ACTORS}/stats", path="/agents"))["queued"]
    return Seen(await _last_trade_s(floor), later["handled"] - market["handled"], inspect_s, waiting)


async def _last_trade_s(floor: Floor) -> float:
    """Return by how much the last trade came after the pause was recorded, 0 where none did."""
    paused = await floor.get("/admin/v1/events", type="control.action", lines="1")
    trade = await floor.get("/admin/v1/events", type="trade.*", lines="1")
    if trade is None:
        return 0.0
    began, last = (datetime.fromisoformat(event["timestamp"]) for event in (paused, trade))
    return max(0.0, (last - began).total_seconds())


async def _timed_post(floor: Floor, path: str, body: object) -> tuple[float, Any]:
    asked_s = time.perf_counter()
    answer = await floor.post(path, body)
    return time.perf_counter() - asked_s, answer


async def _order(floor: Floor, agent_id: str, answers: list[str]) -> None:
    order = {"symbol": "KO", "action": "buy", "quantity": 1, "orderType": "market", "timeInForce": "day"}
    answers.append((await floor.post(f"/api/v1/agents/{agent_id}/trades", order))["status"])
