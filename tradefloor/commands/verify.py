"""`tradefloor verify`: is the log whole, and is the state what the log leads to."""

import json
from pathlib import Path

import click
from attrs import asdict

from actors.errors import JournalUnavailable
from persistence.verify import verify as verify_database


@click.command()
@click.argument(
    "database",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="DATABASE_PATH",
    default=Path("data/tradefloor.db"),
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def verify(ctx: click.Context, database: Path, *, as_json: bool) -> None:
    """Check the hash chain, the ledger identities, and that replaying the events gives the stored state.

    The floor may be running meanwhile. The exit status is 0 when all is well, 1 when something was found, 2 when
    DATABASE cannot be read.
    """
    try:
        report = verify_database(database)
    except JournalUnavailable as error:
        click.echo(f"{database} cannot be read: {error}", err=True)
        ctx.exit(2)
    if as_json:
        click.echo(json.dumps({"ok": report.ok, **asdict(report)}, default=str, indent=2))
    else:
        for finding in report.findings:
            click.echo(str(finding))
        if report.findings_left_out:
            click.echo(f"... and {report.findings_left_out} more findings")
        verdict = "all is well" if report.ok else f"{len(report.findings) + report.findings_left_out} findings"
        click.echo(f"{database}: {report.events:,} events, {verdict}. The log's hash is {report.head_hash}.")
        if not report.ok:
            click.echo("Stop the floor, keep a copy of the file, and compare with the last backup.")
    ctx.exit(0 if report.ok else 1)
