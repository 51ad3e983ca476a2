"""A load while it runs, on a terminal."""

from typing import Final

import trio
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from simulations.load.plan import Plan
from simulations.load.report import NAMES
from simulations.load.run import Progress
from simulations.load.tally import DIGITS_OF_A_SECOND, Tally, histogram, read_out

EVERY_S: Final = 0.5
LAST_SECONDS: Final = 3
"""Latencies are those of the requests that were due in the last whole seconds."""


async def show(progress: Progress, plan: Plan, console: Console) -> None:
    """Show a load until cancelled."""
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(_view(progress, plan, trio.current_time()), refresh=True)
            await trio.sleep(EVERY_S)


def _view(progress: Progress, plan: Plan, now: float) -> Group:
    if progress.began is None or progress.phase != "asking":
        return Group(Text(f"{progress.phase} ..."))
    passed_s = min(plan.seconds, max(0.0, now - progress.began))
    due, answered = progress.tally.counts
    head = Text.assemble(
        f"{passed_s:,.0f} of {plan.seconds:,.0f} s   {due:,} due, {answered:,} answered, "
        f"{progress.tally.in_flight:,} waiting, ",
        (f"{progress.tally.errors:,} errors", "red" if progress.tally.errors else ""),
        f", {progress.tally.frames_heard:,} frames heard",
    )
    return Group(head, ProgressBar(plan.seconds, passed_s), _recent(progress.tally, int(passed_s)))


def _recent(tally: Tally, second: int) -> Table:
    table = Table(title=f"Latency in ms, the last {LAST_SECONDS} s", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("requests")
    for name in ("a second", "p50", "p99", "max"):
        table.add_column(name, justify="right")
    for call in sorted(tally.calls):
        recent = histogram(DIGITS_OF_A_SECOND)
        due = 0
        for earlier in range(max(0, second - LAST_SECONDS), second):
            cell = tally.seconds.get(earlier, {}).get(call)
            if cell is not None:
                due += cell.due
                recent.add(cell.latencies)
        found = read_out(recent)
        rate = due / min(LAST_SECONDS, second) if second else 0.0
        values = (found.percentile_ms(50.0), found.percentile_ms(99.0), found.max_ms)
        table.add_row(NAMES[call], f"{rate:,.0f}", *(f"{value:,.1f}" if found.count else "" for value in values))
    return table
