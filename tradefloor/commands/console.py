"""`tradefloor console`: the floor in a terminal, for whoever watches over it."""

import sys

import click

from tradefloor.console.app import ConsoleApp
from tradefloor.numbers import FiniteRange
from tradefloor.operating.async_connection import connection_to
from tradefloor.operating.connection import READY, Place, connected
from tradefloor.operating.options import floor_options


@click.command()
@click.option(
    "--interval", type=FiniteRange(0.2, 60), default=1.0, show_default=True, help="Seconds between two looks."
)
@floor_options
def console(place: Place, interval: float) -> None:
    """Watch the actors live, pause, resume and restart them, and decide what waits for approval; ? shows the keys."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("the console needs a terminal; tradefloor summary and tradefloor tree go into a pipe")
    with connected(place) as floor:
        floor.get(READY)
    ConsoleApp(connection_to(place), interval).run()
