"""`tradefloor sweep`: run a scenario again and again with other values, and show what they trade off."""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

import click
from attrs import frozen
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from simulations.floors import FloorLost
from simulations.result import Provenance
from simulations.scenario import Document, ScenarioError, load, with_extent, with_settings
from simulations.sweep.outcome import Outcome, OutcomeFile
from simulations.sweep.plan import Case, Variation, cases, parse_variation
from simulations.sweep.pool import Workers, run_cases
from simulations.sweep.report import FILE_NAME, page_of
from simulations.sweep.table import points
from tradefloor.commands.simulate import RUNS, interrupts
from tradefloor.numbers import FiniteRange
from tradefloor.surroundings import provenance, settle_memory

JOBS: Final = 2


@frozen
class Sweep:
    """What is swept, and where its outcomes are kept."""

    document: Document
    variations: tuple[Variation, ...]
    cases: tuple[Case, ...]
    seeds: int
    folder: Path


@click.command()
@click.argument("scenario")
@click.option("--vary", "varied", multiple=True, required=True, metavar="KEY=A,B,C", help="Values of a key, or 1..5.")
@click.option("--seeds", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Runs of each setting.")
@click.option("--jobs", type=click.IntRange(1, 256), default=JOBS, show_default=True, help="Processes at once.")
@click.option("--agents", type=click.IntRange(min=1), help="So many agents in all, the groups in proportion.")
@click.option("--days", type=FiniteRange(min=0, min_open=True), help="So many days of virtual time.")
@click.option("--seed", type=click.IntRange(min=0), help="The first seed, instead of the scenario's.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a key in every run.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; runs/sweep-NAME if not given.")
@click.pass_context
def sweep(
    ctx: click.Context,
    scenario: str,
    varied: Sequence[str],
    seeds: int,
    jobs: int,
    agents: int | None,
    days: float | None,
    seed: int | None,
    settings: Sequence[str],
    out: Path | None,
) -> None:
    """Run SCENARIO with every combination of varied values, each with the same seeds, and report what they trade off.

    Every run that has ended is kept: the same command goes on where it was interrupted, and --seeds may grow. The exit
    status is 2 for a scenario with mistakes, 1 when runs are missing.
    """
    try:
        document = with_settings(load(scenario), settings)
        variations = tuple(map(parse_variation, varied))
        planned = cases(document, variations, seeds, lambda found: with_extent(found, agents, days, seed))
        folder = out or RUNS / f"sweep-{planned[0].scenario.name}"
        folder.mkdir(parents=True, exist_ok=True)
        work = Sweep(document, variations, tuple(planned), seeds, folder)
        outcomes = _run(work, jobs, provenance())
        page = folder / FILE_NAME
        found = points(planned, outcomes)
        page.write_text(page_of(planned[0].scenario, variations, found, seeds).render(), "utf-8")
    except ScenarioError as error:
        click.echo(str(error), err=True)
        ctx.exit(2)
    except OSError as error:
        click.echo(f"The sweep cannot be written: {error}. Choose another folder with --out.", err=True)
        ctx.exit(2)
    missing = sum(case.identity not in outcomes for case in planned)
    if missing:
        click.echo(f"{missing:,} of {len(planned):,} runs are missing; the same command goes on with them.", err=True)
    click.echo(f"{len(planned) - missing:,} runs of {len(found):,} settings are in {folder}; open {page} in a browser.")
    ctx.exit(1 if missing else 0)


def prepare() -> None:
    """Make a process ready to run one case after the other; Ctrl-C is for the process that started it.

    Should that one be killed, this one ends with it instead of finishing what nobody waits for.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger().addHandler(logging.NullHandler())
    settle_memory()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(work: Sweep, jobs: int, made: Provenance) -> dict[str, Outcome]:
    """Run what has not been run yet; return the outcomes there are, by identity, also after an interruption."""
    file = OutcomeFile(work.folder, f"{made.version} {made.commit}")
    outcomes = file.read()
    due = [case for case in work.cases if case.identity not in outcomes]
    known = len(work.cases) - len(due)
    if known:
        click.echo(f"{known:,} of {len(work.cases):,} runs are known from before.", err=True)
    workers = Workers(jobs, prepare, made, work.document.folder)
    try:
        with interrupts() as interrupted, _progress() as progress:
            task = progress.add_task("runs", total=len(work.cases), completed=known)
            for case, outcome in run_cases(due, workers, lambda: bool(interrupted)):
                file.add(case.identity, outcome)
                outcomes[case.identity] = outcome
                progress.advance(task)
    except (BrokenProcessPool, FloorLost):
        click.echo("A process of the sweep died, perhaps for want of memory; lower --jobs or --agents.", err=True)
    return outcomes


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
