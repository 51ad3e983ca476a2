"""`tradefloor replay`: run a run again, stop it at a moment, and look at an actor."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from attrs import define, field

from actors.services import Services
from simulations.division import Floor
from simulations.floors import FloorLost, simulate
from simulations.outside import Outside
from simulations.run_folder import NoRunError, SavedRun, load
from simulations.runner import simulate_floor
from simulations.scenario import Scenario, ScenarioError
from simulations.scenario.checks import span
from supervisor import ActorSystem
from supervisor.errors import SupervisorError
from tradefloor.commands.simulate import quiet, span_text
from tradefloor.surroundings import provenance

NAMES_SHOWN_MAX: Final = 20


@define
class Look:
    """Looks at actors at the end of the replay, and keeps what it saw by path."""

    pattern: str
    seen: dict[str, Mapping[str, object]] = field(factory=dict)
    problem: str | None = None

    async def __call__(self, system: ActorSystem, _services: Services) -> None:
        """Ask the actors for their state."""
        found = system.find(self.pattern) if "*" in self.pattern else [system.ref(self.pattern)]
        if not found:
            self.problem = f"no actor is at {self.pattern}"
        try:
            for ref in found[:NAMES_SHOWN_MAX]:
                self.seen[ref.path] = await system.control.state(ref.path)
        except SupervisorError as error:
            self.problem = f"{error}; there are /market, /journal and, below /agents/ID, agent and portfolio"


@click.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--until", metavar="TIME", help="Stop then: 2026-01-05T14:30, or a span after the start, as 1d 3h.")
@click.option(
    "--inspect", "path", metavar="PATH", help="Show this actor then, as /agents/agt_1/portfolio; `*` for many."
)
@click.option(
    "--floor",
    "number",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Where to look in a divided run.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def replay(ctx: click.Context, run: Path, until: str | None, path: str | None, number: int, *, as_json: bool) -> None:
    """Run again what is in the folder RUN, up to a moment, and show the state of an actor there.

    A replay to the end must give the digest of the run; if it does not, the program is another one than it was. The
    exit status is 1 then, and 2 when the folder holds no run or there is nothing to show. Of a run on several floors
    only the one to look at is run again.
    """
    try:
        saved = load(run)
        until_s = None if until is None else _after_start_s(until, saved.scenario)
        look = None if path is None else Look(path)
        quiet()
        outside = Outside(time.monotonic, provenance(), files=saved.files, until_s=until_s, at_end=look)
        floor = _floor(number, saved.scenario)
        result = simulate(saved.scenario, outside) if look is None else simulate_floor(saved.scenario, floor, outside)
    except (NoRunError, ScenarioError, click.BadParameter) as error:
        click.echo(str(error), err=True)
        ctx.exit(2)
    except FloorLost as error:
        click.echo(str(error), err=True)
        ctx.exit(1)
    is_whole = until is None and not saved.summary["endedEarly"] and (look is None or floor.of == 1)
    same = not is_whole or result.digest == saved.summary["digest"]
    facts = {
        "virtualSeconds": result.pace.virtual_s,
        "trades": result.fills,
        "events": result.events,
        "digest": result.digest,
        "same": same,
        "actors": {} if look is None else look.seen,
    }
    click.echo(json.dumps(facts, indent=2, default=str) if as_json else _told(facts, saved))
    if look is not None and look.problem is not None:
        place = f"; floor {floor.number + 1} of {floor.of} was looked at, --floor names another" if floor.of > 1 else ""
        click.echo(f"{look.problem}{place}", err=True)
        ctx.exit(2)
    ctx.exit(0 if same else 1)


def _floor(number: int, scenario: Scenario) -> Floor:
    if number > scenario.floors:
        raise click.BadParameter(f"--floor must be 1 to {scenario.floors}, not {number}")
    return Floor(number - 1, scenario.floors)


def _after_start_s(text: str, scenario: Scenario) -> float:
    """Return how long after the start a moment is, in seconds."""
    try:
        return float(span(text))
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"--until must be a time such as {scenario.time.start:%Y-%m-%dT%H:%M} or a span such as 1d 3h, not {text!r}"
        ) from error
    after_s = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - scenario.time.start).total_seconds()
    if after_s < 0:
        raise click.BadParameter(f"--until must not be before the start, {scenario.time.start.isoformat()}")
    return after_s


def _told(facts: Mapping[str, Any], saved: SavedRun) -> str:
    at = span_text(facts["virtualSeconds"])
    lines = [f"{saved.scenario.name} at {at}: {facts['trades']:,} trades, {facts['events']:,} events."]
    if not facts["same"]:
        lines.append(f"The digest is {facts['digest']}, that of the run was {saved.summary['digest']}; see diff-runs.")
    for path, state in facts["actors"].items():
        lines += [path, *(f"  {name}: {value}" for name, value in state.items())]
    return "\n".join(lines)
