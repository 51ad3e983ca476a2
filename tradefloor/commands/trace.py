"""`tradefloor trace`: what actors take in hand, as it happens."""

import json

import click

from tradefloor.operating.connection import ACTORS, Place, connected
from tradefloor.operating.options import floor_options, reasoned, shown


@click.command()
@click.argument("path")
@click.option("--count", type=click.IntRange(1, 10_000), default=100, show_default=True, help="End after so many.")
@click.option("--rate", type=click.IntRange(1, 1_000), default=50, show_default=True, help="So many a second at most.")
@click.option("--seconds", type=click.IntRange(1, 600), default=60, show_default=True, help="End after so long.")
@reasoned
@shown
@floor_options
def trace(place: Place, path: str, count: int, rate: int, seconds: int, reason: str, *, as_json: bool) -> None:
    """Show the messages that the actors at and below PATH take in hand. It ends with this command."""
    with (
        connected(place) as floor,
        floor.lines(
            f"{ACTORS}/trace", path=path, count=count, per_second=rate, seconds=seconds, reason=reason
        ) as lines,
    ):
        for line in lines:
            click.echo(line if as_json else _told(line))


def _told(line: str) -> str:
    traced = json.loads(line)
    if traced["path"] is None:
        return f"Messages seen: {traced['seen']:,}, of which too many to show: {traced['skipped']:,}."
    return f"{traced['timestamp'][11:23]}  {traced['path']}  {traced['message']}"
