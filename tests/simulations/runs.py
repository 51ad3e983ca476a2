"""Short runs for tests, and nothing but what a run needs of the outside."""

from pathlib import Path

from attrs import evolve

from simulations.division import floors
from simulations.floors import simulate
from simulations.merging import merged
from simulations.outside import Outside
from simulations.result import Provenance, RunResult
from simulations.runner import simulate_floor
from simulations.scenario import Scenario, load, parse, with_agents, with_settings

OUTSIDE = Outside(lambda: 0.0, Provenance("0", "", "3"))


def side_by_side(scenario: Scenario) -> RunResult:
    """Run the floors of a scenario one after the other in this process, which starts faster than one for each."""
    parts = [simulate_floor(scenario, floor, OUTSIDE) for floor in floors(scenario.floors)]
    return merged(parts, "", 0.0)


def short_run(name: str, agents: int, ticks: int, *settings: str, folder: Path | None = None) -> RunResult:
    """Run a scenario that comes along, in a short form."""
    return simulate(short_form(name, agents, ticks, *settings), evolve(OUTSIDE, folder=folder))


def short_form(name: str, agents: int, ticks: int, *settings: str) -> Scenario:
    """Return a scenario that comes along with fewer agents and ticks."""
    scenario = with_agents(parse(with_settings(load(name), settings)), agents)
    return evolve(scenario, time=evolve(scenario.time, days=None, ticks=ticks))
