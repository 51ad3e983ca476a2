"""`tradefloor bench`: how fast the parts are, each beside a bound measured in the same run."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import click
from rich.console import Console

from simulations.bench import control, floor, http, journal, runtime, simulate, sockets
from simulations.bench.journal_actor import journal_actor
from simulations.bench.report import Figure, as_json, print_table
from tradefloor.surroundings import settle_memory

BENCHMARKS: Final[Mapping[str, tuple[str, Callable[[bool], Sequence[Figure]]]]] = {
    "runtime": ("Actors", lambda quick: runtime.run(quick=quick)),
    "journal": ("Durable trades", lambda quick: journal.run(quick=quick, journal=journal_actor)),
    "http": ("HTTP over real sockets", lambda quick: http.run(quick=quick)),
    "sockets": ("Events over WebSocket and Socket.IO", lambda quick: sockets.run(quick=quick)),
    "simulate": ("A fleet on a virtual clock", lambda quick: simulate.run(quick=quick)),
    "control": ("Operating a large floor", lambda quick: control.run(quick=quick)),
    "floor": ("A thousand active agents, five minutes", lambda quick: floor.run(quick=quick)),
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--quick", is_flag=True, help="A short run, to see that it works; its figures mean little.")
@click.option("--traced", is_flag=True, help="Of runtime: also what tracing costs a busy actor.")
@click.option("--json", "as_document", is_flag=True, help="Print JSON instead of tables.")
def bench(names: Sequence[str], *, quick: bool, traced: bool, as_document: bool) -> None:
    """Measure NAMES (runtime, journal, http, sockets, simulate, control, floor), or everything."""
    document: dict[str, object] = {}
    console = Console()
    for name in names or tuple(BENCHMARKS):
        title, run = BENCHMARKS[name]
        settle_memory()
        if not as_document:
            console.print(f"{title}: measuring ...", style="dim")
        figures = run(quick)
        if traced and name == "runtime":
            figures = [*figures, runtime.traced(quick=quick)]
        document[name] = as_json(figures)
        if not as_document:
            print_table(f"{title} ({name})", figures, console)
    if as_document:
        click.echo(json.dumps(document, indent=2))
