"""`tradefloor pause`, `resume`, `stop` and `restart`: what an operator does to actors."""

from collections.abc import Mapping
from typing import Any, Final

import click
from rich.text import Text

from tradefloor.operating.connection import ACTORS, Place, connected
from tradefloor.operating.options import floor_options, reasoned, show, shown

MANY: Final = 10
"""Stopping or restarting more actors than this is asked about first."""

DONE: Final = {"pause": "Paused", "resume": "Resumed", "stop": "Stopped", "restart": "Restarted"}
NEXT: Final = {
    "pause": "Their mailboxes fill within their limits; tradefloor resume {path} lets them go on.",
    "resume": "They go on with what waits in their mailboxes.",
    "stop": "tradefloor restart brings back what the floor began with, and restart /floor its agents.",
    "restart": "They go on with what waits in their mailboxes.",
}


def _verb(name: str, doing: str) -> click.Command:
    @click.command(
        name, help=f"{doing} the actors that PATH or a pattern such as /agents/* names, with all below them."
    )
    @click.argument("path")
    @reasoned
    @click.option("--yes", is_flag=True, help="Do not ask, however many there are.")
    @shown
    @floor_options
    def command(place: Place, path: str, reason: str, *, yes: bool, as_json: bool) -> None:
        if name in {"stop", "restart"} and not yes:
            with connected(place) as floor:
                actors = floor.get(f"{ACTORS}/stats", path=path)["actors"]
            if actors > MANY:
                click.confirm(f"{name} {actors:,} actors at {path}?", abort=True, err=True)
        show(
            place,
            lambda floor: floor.post(f"{ACTORS}/{name}", {"path": path, "reason": reason}),
            lambda answer: _told(name, path, answer),
            as_json=as_json,
        )

    return command


def _told(name: str, path: str, answer: Mapping[str, Any]) -> Text:
    many = "actor" if answer["actors"] == 1 else "actors"
    return Text(f"{DONE[name]} {answer['actors']:,} {many} at {path}. {NEXT[name].format(path=path)}")


pause = _verb("pause", "Let rest, after the message in hand,")
resume = _verb("resume", "Let go on")
stop = _verb("stop", "Stop, in order,")
restart = _verb("restart", "Stop and start afresh")
