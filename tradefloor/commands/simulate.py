"""`tradefloor simulate`: run a scenario on a virtual clock, and say what came of it."""

import json
import logging
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EEXIST
from pathlib import Path
from types import FrameType
from typing import Final

import click
from attrs import define, field, frozen

from actors.errors import JournalUnavailable
from simulations.floors import FloorLost
from simulations.floors import simulate as run_scenario
from simulations.idle_keys import idle_keys
from simulations.outside import Outside, Progress
from simulations.result import RunResult, summary
from simulations.run_folder import save
from simulations.scenario import Document, Scenario, ScenarioError, load, parse, with_extent, with_settings
from tradefloor.numbers import FiniteRange
from tradefloor.surroundings import provenance

RUNS: Final = Path("runs")
SHOWN_EVERY_S: Final = 0.2


@click.command()
@click.argument("scenario")
@click.option("--agents", type=click.IntRange(min=1), help="So many agents in all, the groups in proportion.")
@click.option("--days", type=FiniteRange(min=0, min_open=True), help="So many days of virtual time.")
@click.option("--seed", type=click.IntRange(min=0), help="Another seed than the scenario's.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a key, as oversight.approvers=3.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of the results; runs/NAME-SEED.")
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), help="Also write a floor's database, to verify.")
@click.option("--report/--no-report", default=True, show_default=True, help="Write report.html and the tables.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary and the figures as JSON.")
@click.option(
    "--progress",
    "progress_as",
    type=click.Choice(["terminal", "json"]),
    default="terminal",
    show_default=True,
    help="Say how far it is on a terminal, or in lines of JSON on stderr for a program.",
)
@click.pass_context
def simulate(
    ctx: click.Context,
    scenario: str,
    agents: int | None,
    days: float | None,
    seed: int | None,
    settings: Sequence[str],
    out: Path | None,
    db: Path | None,
    *,
    report: bool,
    as_json: bool,
    progress_as: str,
) -> None:
    """Run SCENARIO, a file of TOML or the name of one that comes along, with the real actors on a virtual clock.

    Ctrl-C ends the run early, with valid results. The exit status is 2 for a scenario with mistakes.
    """
    try:
        document = with_settings(load(scenario), settings)
        wanted = with_extent(parse(document), agents, days, seed)
        folder = out or RUNS / f"{wanted.name}-{wanted.seed}"
        folder.mkdir(parents=True, exist_ok=True)
        if progress_as == "terminal":
            for sentence in idle_keys(wanted, document.folder):
                click.echo(f"Note: {sentence}.", err=True)
        with interrupts() as interrupted:
            show = ProgressLines(interrupted) if progress_as == "json" else ProgressLine()
            result = _run(wanted, document, Place(folder, db), show, interrupted)
            save(result, folder, document.folder)
            page = _reported(result, folder) if report else None
    except ScenarioError as error:
        click.echo(str(error), err=True)
        ctx.exit(2)
    except (OSError, JournalUnavailable) as error:
        is_database = db is not None and (isinstance(error, JournalUnavailable) or error.filename == str(db))
        advice = "Choose another file with --db." if is_database else "Choose another folder with --out."
        click.echo(f"The run cannot be written: {error}. {advice}", err=True)
        ctx.exit(2)
    except FloorLost as error:
        click.echo(str(error), err=True)
        ctx.exit(1)
    if as_json:
        from simulations.figures import figures  # noqa: PLC0415 - those of a sweep, which a person does not see

        click.echo(json.dumps({**summary(result), "figures": figures(result)}, indent=2))
    else:
        click.echo(_told(result, folder, page))


def _reported(result: RunResult, folder: Path) -> Path:
    from simulations.reports.folder import save_report  # noqa: PLC0415 - loads plotly and pyarrow, and the run comes first

    return save_report(result, folder)


@frozen
class Place:
    """Where a run leaves its results, and its log as a floor's database if that is wanted."""

    folder: Path
    database: Path | None


def _run(
    scenario: Scenario,
    document: Document,
    place: Place,
    show: "ProgressLine | ProgressLines",
    interrupted: Sequence[int],
) -> RunResult:
    if place.database is not None and place.database.exists():
        raise FileExistsError(EEXIST, "A run begins with an empty database", str(place.database))
    quiet()
    outside = Outside(
        monotonic_s=time.monotonic,
        provenance=provenance(),
        on_progress=show.show,
        wants_end=lambda: bool(interrupted),
        folder=place.folder,
        database=place.database,
        files=document.folder,
    )
    try:
        return run_scenario(scenario, outside)
    finally:
        show.clear()


def quiet() -> None:
    """Keep what actors log off the terminal: an outage that a scenario asks for is no news."""
    logging.getLogger().addHandler(logging.NullHandler())


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Collect Ctrl-C instead of raising it: the run ends at its next tick, and is reported. A second one is raised."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, before)


@define
class ProgressLine:
    """One line that says how far the run is, where there is a terminal."""

    _began_s: float = field(factory=time.monotonic)
    _shown_s: float = 0.0
    _is_seen: bool = field(factory=sys.stderr.isatty)

    def show(self, progress: Progress) -> None:
        """Show it, unless it was shown a moment ago."""
        now_s = time.monotonic()
        if not self._is_seen or now_s - self._shown_s < SHOWN_EVERY_S:
            return
        self._shown_s = now_s
        click.echo(f"\r\x1b[K{progress_text(progress, now_s - self._began_s)}", err=True, nl=False)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown_s:
            click.echo("\r\x1b[K", err=True, nl=False)


@define
class ProgressLines:
    """A line of JSON for a program now and then, and at the last tick. Nobody reading them any more is an interrupt."""

    _interrupted: list[int]
    _began_s: float = field(factory=time.monotonic)
    _shown_s: float = 0.0

    def show(self, progress: Progress) -> None:
        """Write one, unless one was written a moment ago."""
        now_s = time.monotonic()
        if now_s - self._shown_s < SHOWN_EVERY_S and progress.ticks < progress.ticks_total:
            return
        self._shown_s = now_s
        line = {
            "ticks": progress.ticks,
            "ticksTotal": progress.ticks_total,
            "virtualSeconds": progress.virtual_s,
            "realSeconds": round(now_s - self._began_s, 3),
            "trades": progress.trades,
        }
        try:
            click.echo(json.dumps(line), err=True)
        except BrokenPipeError:
            self._interrupted.append(signal.SIGPIPE)

    def clear(self) -> None:
        """Leave the lines where they are."""


def progress_text(progress: Progress, real_s: float) -> str:
    """Return how far a run is, how fast, and when it will be over."""
    done = progress.ticks / progress.ticks_total
    rate = progress.agents * progress.ticks / real_s if real_s else 0.0
    left = "" if not done else f", {span_text(real_s / done - real_s)} left"
    return (
        f"{done:4.0%}  {span_text(progress.virtual_s)} of virtual time, {progress.trades:,} trades, "
        f"{rate:,.0f} agent-ticks/s{left}"
    )


def span_text(seconds: float) -> str:
    """Return a length of time as a person writes it: `2d 03:15` or `12:05`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d {hour:02}:{minute:02}"
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def _not_had(result: RunResult) -> str:
    """Return lines on the orders that were refused and the agents that were set aside, where there were any."""
    causes = ", ".join(f"{orders:,} {cause}" for cause, orders in result.refused.by_cause.items())
    refused = f"Orders refused or cut: {causes}.\n" if causes else ""
    set_aside = result.set_aside.sum()
    return refused + (f"Agents set aside, as their strategies kept raising: {set_aside:,}.\n" if set_aside else "")


def _told(result: RunResult, folder: Path, page: Path | None) -> str:
    pace = result.pace
    look = "" if page is None else f"; open {page} in a browser"
    early = " It was ended early." if result.ended_early else ""
    return (
        f"{result.scenario.name}, seed {result.seed}: {len(result.agent_ids):,} agents for "
        f"{span_text(pace.virtual_s)} of virtual time in {pace.real_s:.1f} s of real time.{early}\n"
        f"{result.fills:,} trades, {len(result.approvals):,} approvals asked for, "
        f"{result.agent_ticks_per_s:,.0f} agent-ticks/s.\n"
        f"{_not_had(result)}"
        f"Digest {result.digest}\n"
        f"The results are in {folder}{look}."
    )
