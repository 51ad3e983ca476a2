"""Short runs for tests, and nothing but what a run needs of the outside."""

from pathlib import Path

from attrs import evolve

from simulations.result import Provenance, RunResult
from simulations.runner import Outside, simulate
from simulations.scenario import load, parse, with_agents, with_settings

OUTSIDE = Outside(lambda: 0.0, Provenance("0", "", "3"))


def short_run(name: str, agents: int, ticks: int, *settings: str, folder: Path | None = None) -> RunResult:
    """Run a scenario that comes along, in a short form."""
    scenario = with_agents(parse(with_settings(load(name), settings)), agents)
    scenario = evolve(scenario, time=evolve(scenario.time, days=None, ticks=ticks))
    return simulate(scenario, evolve(OUTSIDE, folder=folder))
