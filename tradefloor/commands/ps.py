"""`tradefloor ps`: the actors of a running floor, the most notable first."""

import click

from supervisor import Sort
from tradefloor.operating.connection import ACTORS, Place
from tradefloor.operating.options import floor_options, show, watched
from tradefloor.operating.tables import actor_table


@click.command()
@click.argument("pattern", default="/")
@click.option("--state", metavar="STATE,...", help="Only those in one of these states, such as failed,paused.")
@click.option(
    "--sort", type=click.Choice([sort.value for sort in Sort]), default="mailbox", show_default=True, help="By what."
)
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many at most.")
@watched
@floor_options
def ps(place: Place, pattern: str, state: str | None, sort: str, limit: int, *, as_json: bool, watch: bool) -> None:
    """List actors at or below PATTERN, such as /agents or "/agents/*/portfolio"."""
    show(
        place,
        lambda floor: floor.get(ACTORS, path=pattern, state=state, sort=sort, limit=limit),
        actor_table,
        as_json=as_json,
        watch=watch,
    )
