"""`tradefloor audit`: who decided and changed what, out of the hash-chained log."""

from pathlib import Path

import click
import orjson

from actors.errors import JournalUnavailable
from actors.ports.history import AuditEntry
from net.wire.audit import audit_json
from net.wire.scalars import format_timestamp
from persistence.audit import read_audit
from tradefloor.places import DATABASE_DEFAULT


@click.command()
@click.argument(
    "database",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="DATABASE_PATH",
    default=DATABASE_DEFAULT,
)
@click.option("--after", type=click.IntRange(min=0), default=0, show_default=True, help="Only after this sequence.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def audit(ctx: click.Context, database: Path, after: int, limit: int, *, as_json: bool) -> None:
    """List decisions, sign-ins, and changes of agents, people and keys, oldest first.

    The floor may be running meanwhile. That nothing was changed afterwards is for `tradefloor verify` to say. The exit
    status is 2 when DATABASE cannot be read.
    """
    try:
        entries = read_audit(database, after, limit)
    except JournalUnavailable as error:
        click.echo(f"{database} cannot be read: {error}", err=True)
        ctx.exit(2)
    for entry in entries:
        click.echo(orjson.dumps(audit_json(entry)) if as_json else _line(entry))
    if len(entries) == limit and not as_json:
        click.echo(f"There may be more: --after {entries[-1].recorded.seq}")


def _line(entry: AuditEntry) -> str:
    """Return an entry in one line: its sequence, time, type, what it is about, who did it, and the hash's beginning."""
    recorded = entry.recorded
    who = recorded.principal
    return (
        f"{recorded.seq:>9}  {format_timestamp(recorded.at_us)}  {recorded.event.type:<21}  {recorded.stream}  "
        f"by {who.name} ({who.user_id})  {entry.hash.hex()[:12]}"
    )
