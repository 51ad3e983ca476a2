"""`tradefloor doctor`: is this machine ready for a floor, and what to do where it is not."""

from typing import Any, Final

import click
import orjson
from attrs import asdict
from rich.console import Console
from rich.text import Text

from tradefloor.diagnosis import Finding, Grade
from tradefloor.examining import examine
from tradefloor.settings import load_settings, settings_options

MARKS: Final = {
    Grade.OK: ("ok", "green"),
    Grade.WARNING: ("warning", "yellow"),
    Grade.PROBLEM: ("PROBLEM", "bold red"),
}


@click.command()
@settings_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(ctx: click.Context, /, *, as_json: bool, **values: Any) -> None:
    """Look at settings, port, disk, file modes, SQLite, database, clock, limits and gRPC services.

    Nothing is changed, and the floor may be running. The exit status is 1 when there is a problem, 0 when there is none
    or only warnings, 2 when the settings are wrong.
    """
    findings = examine(load_settings(values))
    problems = sum(finding.grade is Grade.PROBLEM for finding in findings)
    if as_json:
        document = {"ok": problems == 0, "findings": [asdict(finding) for finding in findings]}
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    else:
        show(findings)
        warnings = sum(finding.grade is Grade.WARNING for finding in findings)
        click.echo(f"Problems: {problems}, warnings: {warnings}.")
    ctx.exit(1 if problems else 0)


def show(findings: list[Finding]) -> None:
    """Print the findings, and below each that is not well how to mend it."""
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        mark, style = MARKS[finding.grade]
        console.print(Text.assemble((f"{mark:<8}", style), f" {finding.subject:<{width}}  {finding.text}"))
        if finding.mend is not None:
            console.print(Text(f"{'':8} {'':{width}}  -> {finding.mend}"))
