"""`tradefloor events`: the log of a running floor, its last events as they come, and one of them in full."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import click
from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text

from tradefloor.operating.connection import Place, connected, stopped
from tradefloor.operating.options import floor_options, show, shown, terminal, watched
from tradefloor.operating.tables import dollars, facts_grid

EVENTS: Final = "/admin/v1/events"

STYLES: Final[Mapping[str, str]] = {
    "executed": "green",
    "approved": "green",
    "failed": "red",
    "rejected": "red",
    "request": "yellow",
    "action": "magenta",
}
"""The colour of a type, by its last part; the type is always written, too."""


@click.group()
def events() -> None:
    """Follow the log of events, or look at one of them."""


@events.command()
@click.option(
    "-n", "--lines", type=click.IntRange(0, 1_000), default=20, show_default=True, help="So many of the last."
)
@click.option("--after", type=click.IntRange(min=0), help="Instead, all after this sequence.")
@click.option("--agent", help="Only those of this agent.")
@click.option("--type", "kind", help='Only those of this type, or of a pattern such as "trade.*".')
@click.option("--correlation-id", help="Only those that one request led to.")
@watched
@floor_options
def tail(
    place: Place,
    lines: int,
    after: int | None,
    agent: str | None,
    kind: str | None,
    correlation_id: str | None,
    *,
    as_json: bool,
    watch: bool,
) -> None:
    """Show the last events, and with -w every one that is committed from now on, until Ctrl-C."""
    console = terminal()
    query = {"lines": lines, "after": after, "agent_id": agent, "type": kind, "correlation_id": correlation_id}
    wanted = {**query, "follow": "true" if watch else "false"}
    tell: Callable[[str], None] = (
        click.echo
        if as_json
        else lambda line: console.print(_line(json.loads(line)), no_wrap=True, overflow="ellipsis")
    )
    with connected(place) as floor, floor.lines(EVENTS, **wanted) as answer, suppress(KeyboardInterrupt):
        for line in answer:
            tell(line)
        if watch:
            raise stopped(place)


@events.command("show")
@click.argument("seq", type=click.IntRange(min=1))
@shown
@floor_options
def show_event(place: Place, seq: int, *, as_json: bool) -> None:
    """Show the event SEQ in full, with its hash and the one before it."""
    show(place, lambda floor: floor.get(f"{EVENTS}/{seq}"), _whole, as_json=as_json)


def _line(event: Mapping[str, Any]) -> Text:
    style = STYLES.get(event["type"].rpartition(".")[2], "")
    line = Text(f"{event['seq']:>7}  {event['timestamp'][11:19]}  ", no_wrap=True, overflow="ellipsis")
    line.append(f"{event['type']:<19}", style)
    line.append(what(event["type"], event["data"]))
    line.append(f"  {event['agentId'] or ''}  by {event['actor']['name']}", "dim")
    return line


def what(kind: str, data: Mapping[str, Any]) -> str:
    """Say in some words what an event is about."""
    trade = data if "tradeId" in data and "symbol" in data else data.get("trade")
    if isinstance(trade, Mapping):
        price = trade["executedPrice"]
        at = "" if price is None else f" at {dollars(price)}"
        why = f": {trade['failureReason']}" if trade["failureReason"] else ""
        return f"{trade['action']} {trade['quantity']:,} {trade['symbol']}{at}{why}"
    if kind.startswith("agent."):
        why = f": {data['failureReason']}" if data["failureReason"] else ""
        return f"{data['status']} {data['name']}{why}"
    return " ".join(str(value) for name, value in data.items() if value not in {None, ""} and not name.endswith("At"))


def _whole(event: Mapping[str, Any]) -> RenderableType:
    who = event["actor"]
    facts = facts_grid()
    facts.add_row("when", event["timestamp"])
    facts.add_row("who", f"{who['name']} ({who['role']}, {who['agentId'] or who['userId']})")
    facts.add_row("what", what(event["type"], event["data"]))
    facts.add_row("stream", f"{event['stream']}, its event {event['streamSeq']:,}")
    facts.add_row("request", event["correlationId"] or "none")
    facts.add_row("hash", event["hash"])
    facts.add_row("follows", event["previousHash"])
    holds = (
        ("holds", "green")
        if event["holds"]
        else ("broken: this event was changed; tradefloor verify says more", "bold red")
    )
    facts.add_row("chain", Text(*holds))
    heading = Text.assemble((f"event {event['seq']:,}", "bold"), f"  {event['type']}")
    document = Syntax(json.dumps(event["data"], indent=2), "json", theme="ansi_dark", background_color="default")
    return Group(heading, facts, Text(), document)
