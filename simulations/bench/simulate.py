"""How fast a fleet is simulated: agent-ticks and trades a second, and the memory of very many agents.

Each run is a process of its own with one for each of its floors, so that their peak of memory is theirs alone. What is
wanted on two cores is written beside each figure; Mesa 3.5 with the same rules, but without messages, ledger identities
or a journal, does some 460,000 agent-ticks/s and at most 150,000 trades/s on such a machine.

The rates of a whole run count the start of its processes and of its agents, too. Nine in ten of its trades are made
when the fleet opens its positions, before the second tick, so the parts of a run say more about trades and about ticks.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve, frozen

from simulations.bench.report import Figure
from simulations.floors import simulate
from simulations.outside import Outside, Progress
from simulations.result import Provenance, RunResult
from simulations.scenario import load, parse, with_agents


@frozen
class Size:
    """A run of the scenario hundred-thousand with so many agents and ticks, and what is wanted of it."""

    name: str
    agents: int
    ticks: int
    agent_ticks_per_s: float | None = None
    trades_per_s: float | None = None
    trades: float | None = None
    seconds_max: float | None = None
    memory_mib_max: float | None = None


SIZES: Final = (
    Size("10,000 agents", 10_000, 390, agent_ticks_per_s=2_000_000, trades_per_s=20_000),
    Size("100,000 agents", 100_000, 390, trades=500_000, seconds_max=60, memory_mib_max=2_048),
    Size("1,000,000 agents", 1_000_000, 30, memory_mib_max=16_384),
)
QUICK: Final = (Size("100 agents", 100, 240),)


def run(*, quick: bool = False) -> list[Figure]:
    """Measure, and return the figures."""
    return [figure for size in (QUICK if quick else SIZES) for figure in _figures(size, _measured(size))]


def measure(agents: int, ticks: int) -> dict[str, Any]:
    """Run the scenario in this process and return what it took."""
    scenario = with_agents(parse(load("hundred-thousand")), agents)
    scenario = evolve(scenario, time=evolve(scenario.time, ticks=ticks))
    marks: list[tuple[float, Progress]] = []
    began_s = time.perf_counter()
    result: RunResult = simulate(
        scenario,
        Outside(
            time.perf_counter,
            Provenance("bench", "", ""),
            on_progress=lambda progress: marks.append((time.perf_counter(), progress)),
        ),
    )
    seconds = time.perf_counter() - began_s
    (first_s, _first), (opened_s, opened), (last_s, last) = marks[0], marks[1], marks[-1]
    return {
        "seconds": seconds,
        "trades": result.fills,
        "memory_mib": result.pace.memory_mib_max,
        "start_s": first_s - began_s,
        "opening_trades_per_s": opened.trades / (opened_s - first_s),
        "session_agent_ticks_per_s": agents * (last.ticks - opened.ticks) / (last_s - opened_s),
        "session_trades_per_s": (last.trades - opened.trades) / (last_s - opened_s),
    }


def _measured(size: Size) -> Mapping[str, Any]:
    command = [sys.executable, "-m", "simulations.bench.simulate", str(size.agents), str(size.ticks)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - no input of a user
    measured: Mapping[str, Any] = json.loads(ran.stdout)
    return measured


def _figures(size: Size, measured: Mapping[str, Any]) -> list[Figure]:
    seconds, trades = measured["seconds"], measured["trades"]
    return [
        Figure(f"{size.name}, {size.ticks} ticks", seconds, "s", value_max=size.seconds_max),
        _at_least(f"{size.name}, agent-ticks", size.agents * size.ticks / seconds, "1/s", size.agent_ticks_per_s),
        _at_least(f"{size.name}, trades", trades / seconds, "1/s", size.trades_per_s),
        _at_least(f"{size.name}, trades in all", trades, "", size.trades),
        Figure(f"{size.name}, until the first tick", measured["start_s"], "s"),
        Figure(f"{size.name}, trades while it opens", measured["opening_trades_per_s"], "1/s"),
        Figure(f"{size.name}, agent-ticks after that", measured["session_agent_ticks_per_s"], "1/s"),
        Figure(f"{size.name}, trades after that", measured["session_trades_per_s"], "1/s"),
        Figure(f"{size.name}, peak of memory", measured["memory_mib"], "MiB", value_max=size.memory_mib_max),
    ]


def _at_least(name: str, value: float, unit: str, wanted: float | None) -> Figure:
    if wanted is None:
        return Figure(name, value, unit)
    return Figure(name, value, unit, bound=wanted, bound_name="wanted", ratio_min=1.0)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
