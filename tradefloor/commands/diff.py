"""`tradefloor diff`: a portfolio at two moments of the log, and what became different."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tradefloor.operating.connection import Place
from tradefloor.operating.options import floor_options, show, shown
from tradefloor.operating.tables import count, dollars, is_wide, state, table

DIFF: Final = "/admin/v1/diff"
NOTHING: Final = "-"

AMOUNTS: Final = (
    ("cash", "cash"),
    ("reserved", "reserved"),
    ("costBasis", "cost of positions"),
    ("realizedPnl", "realised, before fees"),
    ("fees", "fees"),
    ("budgetSpent", "spent this month"),
)
COUNTS: Final = (("openTrades", "open trades"), ("approvals", "waiting approvals"), ("apiCalls", "calls this month"))


@click.command()
@click.argument("path")
@click.option("--from", "from_seq", type=click.IntRange(min=0), default=0, help="As this event left it. [default: 0]")
@click.option("--to", "to_seq", type=click.IntRange(min=0), help="As this event left it. [default: the last one]")
@shown
@floor_options
def diff(place: Place, path: str, from_seq: int, to_seq: int | None, *, as_json: bool) -> None:
    """Compare the portfolio at PATH, such as /agents/agt_1 or agt_1, at two moments, by replay of the log.

    A moment is the sequence of an event; tradefloor events tail --agent shows those of an agent.
    """
    at = path if path.startswith("/") else f"/agents/{path}"
    query = {"path": at, "from": from_seq, "to": to_seq}
    show(place, lambda floor: floor.get(DIFF, **query), lambda answer: Group(*_parts(answer)), as_json=as_json)


def _parts(answer: Mapping[str, Any]) -> Iterator[RenderableType]:
    before, after = answer["before"], answer["after"]
    begun = "before its first event" if before is None else f"event {before['seq']:,}"
    yield Text.assemble(
        (answer["agentId"], "bold"),
        f"  {answer['name']}: {begun} to event {after['seq']:,}, {answer['events']:,} events",
    )
    yield _state(before, after)
    if answer["trades"]:
        yield _trades(answer)
    else:
        yield Text("No trade changed.")


def _state(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Table:
    listing = table("", "before", "after", "change", numbers=("before", "after", "change"))
    told_before = Text(NOTHING, "dim") if before is None else Text(f"{before['timestamp'][:19]}Z")
    listing.add_row("when", told_before, f"{after['timestamp'][:19]}Z", "")
    status = Text(NOTHING, "dim") if before is None else state(before["status"])
    changed = before is None or before["status"] != after["status"]
    listing.add_row("status", status, state(after["status"]), Text("changed", "bold yellow") if changed else "")
    for key, name in AMOUNTS:
        _row(listing, name, None if before is None else before[key], after[key], dollars)
    for key, name in COUNTS:
        _row(listing, name, None if before is None else before[key], after[key], count)
    held = {item["symbol"]: item["quantity"] for item in ([] if before is None else before["positions"])}
    holds = {item["symbol"]: item["quantity"] for item in after["positions"]}
    for symbol in sorted(held.keys() | holds.keys()):
        _row(listing, f"{symbol} shares", held.get(symbol), holds.get(symbol, 0), count)
    return listing


def _row(listing: Table, name: str, before: float | None, after: float, written: Callable[[float], str]) -> None:
    change = after - (before or 0)
    style = "green" if change > 0 else "red"
    told = Text(f"{'+' if change > 0 else '-'}{written(abs(change))}", f"bold {style}") if round(change, 6) else Text()
    listing.add_row(name, Text(NOTHING, "dim") if before is None else written(before), written(after), told)


def _trades(answer: Mapping[str, Any]) -> Table:
    wide = is_wide()
    numbers = ("price", "fees") if wide else ("price",)
    listing = table("trade", "order", "before", "after", *numbers, numbers=numbers)
    for change in answer["trades"]:
        trade = change["after"]
        cells = {"price": dollars(trade["executedPrice"]), "fees": dollars(trade["fees"])}
        listing.add_row(
            trade["tradeId"],
            f"{trade['action']} {trade['quantity']:,} {trade['symbol']}",
            Text(NOTHING, "dim") if change["before"] is None else state(change["before"]),
            state(trade["status"]),
            *(cells[name] for name in numbers),
        )
    listing.caption = f"{len(answer['trades']):,} of {answer['tradesTotal']:,} trades that changed"
    listing.caption_justify = "left"
    return listing
