"""`tradefloor inspect`: all that is known of one actor or supervisor."""

import click

from tradefloor.operating.actor_card import actor_card
from tradefloor.operating.connection import ACTORS, Place
from tradefloor.operating.options import floor_options, show, watched


@click.command()
@click.argument("path")
@click.option("--messages", type=click.IntRange(0, 100), default=0, help="Show so many messages of the mailbox.")
@watched
@floor_options
def inspect(place: Place, path: str, messages: int, *, as_json: bool, watch: bool) -> None:
    """Show state, message in hand, mailbox, counters, restarts and last events of PATH, also while it is paused."""
    show(
        place,
        lambda floor: floor.get(f"{ACTORS}/inspect", path=path, messages=messages),
        actor_card,
        as_json=as_json,
        watch=watch,
    )
