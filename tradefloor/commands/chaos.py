"""`tradefloor chaos`: the live wiring under a virtual clock and seeded faults, many times over."""

import json
import logging
import time
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from simulations.chaos.describe import failure_of
from simulations.chaos.plan import Plan, make_plan
from simulations.chaos.run import Verdict, run
from simulations.chaos.shrink import shrink
from tradefloor.chaos_sockets import open_sockets
from tradefloor.commands.simulate import interrupts

SEEDS: Final = 50


@click.command()
@click.option("--seeds", type=click.IntRange(min=1), default=SEEDS, show_default=True, help="How many runs.")
@click.option("--first-seed", type=click.IntRange(min=0), default=0, show_default=True, help="The seed of the first.")
@click.option("--shrink/--no-shrink", "shrinks", default=True, help="Cut a failing run down to the steps it takes.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON.")
@click.pass_context
def chaos(ctx: click.Context, seeds: int, first_seed: int, *, shrinks: bool, as_document: bool) -> None:
    """Crash, starve, slow and partition the floor, and check after every step that nothing is lost, doubled or early.

    Each seed is a run of its own and always the same one. Ctrl-C ends it after the seed in hand, with the sum of those
    before. The exit status is 1 when an invariant was violated or seeds are missing.
    """
    logging.disable(logging.ERROR)  # What the floor says of faults is what is meant to happen.
    console = Console(stderr=True)
    began_s = time.perf_counter()
    verdicts = _run_all(range(first_seed, first_seed + seeds), console)
    real_s = time.perf_counter() - began_s
    failures = [verdict for verdict in verdicts if verdict.violation is not None]
    for verdict in failures:
        smaller = run(shrink(verdict.plan, lambda plan: _fails_alike(plan, verdict)), open_sockets) if shrinks else None  # noqa: B023 - it is called at once
        for line in failure_of(verdict, smaller):
            click.echo(line, err=as_document)
    click.echo(json.dumps(_document(verdicts, real_s), indent=2) if as_document else _summary(verdicts, real_s))
    if len(verdicts) < seeds:
        left = f"go on with --first-seed {first_seed + len(verdicts)} --seeds {seeds - len(verdicts)}"
        click.echo(f"Ended early, after {len(verdicts):,} of {seeds:,} seeds; {left}.", err=True)
    ctx.exit(1 if failures or len(verdicts) < seeds else 0)


def _run_all(seeds: Sequence[int], console: Console) -> list[Verdict]:
    columns = (TextColumn("chaos"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with interrupts() as interrupted, shown as progress:
        left = takewhile(lambda _seed: not interrupted, progress.track(seeds))
        return [run(make_plan(seed), open_sockets) for seed in left]


def _fails_alike(plan: Plan, verdict: Verdict) -> bool:
    return run(plan, open_sockets).invariant == verdict.invariant


def _document(verdicts: Sequence[Verdict], real_s: float) -> dict[str, object]:
    virtual_s = sum(verdict.virtual_s for verdict in verdicts)
    return {
        "seeds": len(verdicts),
        "violations": [
            {"seed": verdict.plan.seed, "invariant": verdict.invariant, "detail": verdict.violation}
            for verdict in verdicts
            if verdict.violation is not None
        ],
        "steps": sum(len(verdict.plan.steps) for verdict in verdicts),
        "crashes": sum(verdict.lives - 1 for verdict in verdicts),
        "events": sum(verdict.events for verdict in verdicts),
        "executed": sum(verdict.executed for verdict in verdicts),
        "virtualSeconds": virtual_s,
        "realSeconds": real_s,
        "virtualPerReal": virtual_s / real_s,
    }


def _summary(verdicts: Sequence[Verdict], real_s: float) -> str:
    told = _document(verdicts, real_s)
    violated = sum(verdict.violation is not None for verdict in verdicts)
    return (
        f"Seeds: {len(verdicts):,}, violations: {violated:,}. "
        f"{told['steps']:,} steps, {told['crashes']:,} crashes, {told['events']:,} events, {told['executed']:,} fills "
        f"in {real_s:.0f} s: {told['virtualPerReal']:,.0f} times as fast as the clock."
    )
