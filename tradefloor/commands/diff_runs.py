"""`tradefloor diff-runs`: find the first event in which two runs part."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import orjson

from simulations.diffing import Parting, changed_keys, first_parting
from simulations.run_folder import NoRunError, SavedRun, load
from simulations.scenario import to_tables
from tradefloor.commands.simulate import span_text

FIELDS_SHOWN_MAX: Final = 20

_folder = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("diff-runs")
@click.argument("first", type=_folder)
@click.argument("second", type=_folder)
@click.option("--json", "as_json", is_flag=True, help="Print the difference as JSON.")
@click.pass_context
def diff_runs(ctx: click.Context, first: Path, second: Path, *, as_json: bool) -> None:
    """Compare the runs in two folders, and show the first event that is not the same.

    The exit status is 0 when the runs are the same, 1 when they part, 2 when a folder holds no whole run.
    """
    try:
        one, other = load(first), load(second)
        parting, log = _first_parting(one, other)
    except (NoRunError, OSError) as error:
        click.echo(str(error), err=True)
        ctx.exit(2)
    if as_json:
        click.echo(json.dumps(_document(parting)))
    else:
        click.echo("\n".join([*_circumstances(one, other), *_told(parting, one, log)]))
    ctx.exit(0 if parting is None else 1)


def _first_parting(one: SavedRun, other: SavedRun) -> tuple[Parting | None, Path]:
    """Return where the runs part on the first floor on which they do, and the log of that floor.

    Raises OSError, and NoRunError for a log that is damaged there.
    """
    for log, other_log in zip(one.logs, other.logs, strict=False):
        try:
            with log.open("rb") as events, other_log.open("rb") as other_events:
                parting = first_parting(events, other_events)
        except orjson.JSONDecodeError as error:
            problem = "where they part, one of them is damaged or cut short; run its scenario again"
            raise NoRunError(f"{log} and {other_log}: {problem}") from error
        if parting is not None:
            break
    return parting, log


def _document(parting: Parting | None) -> dict[str, Any]:
    if parting is None:
        return {"same": True}
    return {
        "same": False,
        "event": parting.number,
        "first": parting.first,
        "second": parting.second,
        "fields": [{"field": name, "first": one, "second": other} for name, one, other in parting.fields()],
    }


def _circumstances(one: SavedRun, other: SavedRun) -> list[str]:
    """Say in what the runs differed from the start, which explains most partings."""
    lines = [
        f"{name}: {one.summary[name]} and {other.summary[name]}"
        for name in ("version", "commit", "python")
        if one.summary[name] != other.summary[name]
    ]
    changes = changed_keys(to_tables(one.scenario), to_tables(other.scenario))
    return lines + [f"{key}: {value} and {other_value}" for key, value, other_value in changes]


def _told(parting: Parting | None, run: SavedRun, log: Path) -> list[str]:
    if parting is None:
        return [f"The runs are the same: {run.summary['events']:,} events, digest {run.summary['digest']}."]
    place = f" of {log.name}" if len(run.logs) > 1 else ""
    lines = [f"The runs part at event {parting.number:,}{place}."]
    if parting.before is not None:
        lines.append(f"  before   {_event_text(parting.before, run)}")
    for name, event in (("first", parting.first), ("second", parting.second)):
        lines.append(f"  {name:8} {'has ended' if event is None else _event_text(event, run)}")
    fields = parting.fields()
    lines += [f"    {name}: {one} and {other}" for name, one, other in fields[:FIELDS_SHOWN_MAX]]
    if len(fields) > FIELDS_SHOWN_MAX:
        lines.append(f"    and {len(fields) - FIELDS_SHOWN_MAX} fields more")
    return lines


def _event_text(event: Mapping[str, Any], run: SavedRun) -> str:
    at_s = event["at_us"] / 1_000_000 - run.scenario.time.start.timestamp()
    return f"{event['type']} of {event['stream']}, by {event['by']}, {span_text(at_s)} after the start"
