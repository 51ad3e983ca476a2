"""`tradefloor waits`, `dead-letters`, `threads` and `summary`: short looks at the whole of a running floor."""

from collections.abc import Mapping
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tradefloor.operating.connection import ACTORS, API, READY, Connection, Place
from tradefloor.operating.options import floor_options, show, watched
from tradefloor.operating.tables import age, count, facts_grid, state, table


@click.command()
@watched
@floor_options
def waits(place: Place, *, as_json: bool, watch: bool) -> None:
    """Show which actor waits for the reply of which: the wait-for graph."""
    show(place, lambda floor: floor.get(f"{ACTORS}/waits"), _waits, as_json=as_json, watch=watch)


def _waits(answer: Mapping[str, Any]) -> RenderableType:
    if not answer["items"]:
        return Text("Nobody waits for anybody.")
    shown = table("who", "waits for", "with", "left", numbers=("left",))
    for wait in answer["items"]:
        shown.add_row(wait["path"], wait["target"], wait["message"], age(wait["leftSeconds"]))
    return shown


@click.command("dead-letters")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True, help="The newest, at most.")
@watched
@floor_options
def dead_letters(place: Place, limit: int, *, as_json: bool, watch: bool) -> None:
    """Show the newest messages that nobody handled, and why."""
    show(place, lambda floor: floor.get(f"{ACTORS}/dead-letters", limit=limit), _letters, as_json=as_json, watch=watch)


def _letters(answer: Mapping[str, Any]) -> RenderableType:
    if not answer["items"]:
        return Text("There are no dead letters.")
    shown = table("ago", "for", "why", "message", numbers=("ago",))
    for letter in answer["items"]:
        shown.add_row(age(letter["agoSeconds"]), letter["path"], letter["reason"], letter["message"])
    shown.caption = f"{len(answer['items']):,} of {answer['total']:,} since the start"
    shown.caption_justify = "left"
    return shown


@click.command()
@watched
@floor_options
def threads(place: Place, *, as_json: bool, watch: bool) -> None:
    """Show the limits on threads and on what is done at once: in use, and waiting."""
    show(place, lambda floor: floor.get(f"{ACTORS}/threads"), _threads, as_json=as_json, watch=watch)


def _threads(answer: Mapping[str, Any]) -> Table:
    shown = table("limit of", "in use", "limit", "waiting", numbers=("in use", "limit", "waiting"))
    for limit in answer["items"]:
        shown.add_row(limit["name"], count(limit["inUse"]), count(limit["limit"]), count(limit["waiting"]))
    return shown


@click.command()
@watched
@floor_options
def summary(place: Place, *, as_json: bool, watch: bool) -> None:
    """Show on one screen how the floor is: health, actors by state, approvals that wait, and the largest mailboxes."""
    show(place, _sum, _summary, as_json=as_json, watch=watch)


def _sum(floor: Connection) -> dict[str, Any]:
    return {
        "health": floor.get(READY),
        "actors": floor.get(f"{ACTORS}/stats", path="/"),
        "approvals": floor.get(f"{API}/oversight/requests", status="pending", limit=100)["items"],
        "mailboxes": floor.get(ACTORS, sort="mailbox", limit=5)["items"],
    }


def _summary(answer: Mapping[str, Any]) -> Group:
    actors = answer["actors"]
    facts = facts_grid()
    checks = ", ".join(f"{name} {told}" for name, told in answer["health"]["checks"].items())
    facts.add_row("health", f"{answer['health']['status']}: {checks}")
    by_state = [Text.assemble(f"{number:,} ", state(name)) for name, number in sorted(actors["states"].items())]
    facts.add_row("actors", Text(", ").join([Text(f"{actors['actors']:,} in all"), *by_state]))
    facts.add_row(
        "messages", f"{actors['handled']:,} handled, {actors['queued']:,} waiting, {actors['skipped']:,} skipped"
    )
    facts.add_row("restarts", count(actors["restarts"]))
    waiting = len(answer["approvals"])
    facts.add_row("approvals", f"{waiting:,} wait; tradefloor approvals list shows them" if waiting else "none wait")
    mailboxes = table("mailbox", "oldest", "path", numbers=("mailbox", "oldest"))
    for row in answer["mailboxes"]:
        mailboxes.add_row(count(row["mailbox"]), age(row["oldestAgeSeconds"]), row["path"])
    return Group(facts, mailboxes)
