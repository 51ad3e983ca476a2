"""The options of every command that asks a running floor, and how its answer is shown: once, again, or as JSON."""

import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
from click.core import ParameterSource
from rich.console import Console, RenderableType
from rich.live import Live

from tradefloor.operating.connection import Connection, Place, connected
from tradefloor.places import DATABASE_DEFAULT

WATCH_S: Final = 1.0
PIPE_COLUMNS: Final = 200

Command = Callable[..., Any]


def floor_options(command: Command) -> Command:
    """Add where the floor is, and hand the command a `Place` as its first argument."""

    @click.option(
        "--url",
        envvar="TRADEFLOOR_URL",
        show_envvar=True,
        callback=_web_address,
        help="A floor elsewhere, such as https://floor.example.",
    )
    @click.option("--token", envvar="TRADEFLOOR_TOKEN", show_envvar=True, help="An admin's access token, with --url.")
    @click.option(
        "--database-path",
        "database",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="DATABASE_PATH",
        show_envvar=True,
        default=DATABASE_DEFAULT,
        show_default=True,
        help="The database of a floor on this machine.",
    )
    @functools.wraps(command)
    def with_place(*arguments: Any, url: str | None, token: str | None, database: Path, **others: Any) -> Any:
        if (
            token
            and not url
            and click.get_current_context().get_parameter_source("token") is ParameterSource.COMMANDLINE
        ):
            raise click.UsageError("a --token is for a floor elsewhere: say where with --url, or leave it out")
        return command(Place(url, token, database), *arguments, **others)

    return with_place


def _web_address(_context: click.Context, _option: click.Parameter, given: str | None) -> str | None:
    """Return the address of a floor. Raises click.BadParameter for what is none."""
    if given:
        address = urlsplit(given)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise click.BadParameter(f"{given!r} is no address of a floor such as https://floor.example")
    return given


def shown(command: Command) -> Command:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")(command)


def watched(command: Command) -> Command:
    """Add `--json` and `--watch`."""
    return click.option("-w", "--watch", is_flag=True, help="Show it again every second, until Ctrl-C.")(shown(command))


def reasoned(command: Command) -> Command:
    """Add `--reason`, which is asked for in a terminal: the audit keeps who did what, and why."""
    return click.option("--reason", callback=_why, help="Why, for the audit; asked for in a terminal.")(command)


def _why(_context: click.Context, _option: click.Parameter, given: str | None) -> str:
    """Return the reason. Raises click.UsageError where nobody can be asked."""
    if given is not None and given.strip():
        return given
    if not sys.stdin.isatty():
        raise click.UsageError('say why with --reason "...": the audit keeps it beside who did what')
    reason: str = click.prompt("Why, for the audit", err=True)
    return reason


def show(
    place: Place,
    ask: Callable[[Connection], Any],
    render: Callable[[Any], RenderableType],
    *,
    as_json: bool,
    watch: bool = False,
) -> None:
    """Ask a floor and show the answer, as a table for people unless JSON is wanted, and every second when watched."""
    console = terminal()
    with connected(place) as connection:
        answer = ask(connection)
        if not watch:
            click.echo(json.dumps(answer, indent=2)) if as_json else console.print(render(answer))
            return
        if as_json:
            _repeat(lambda: click.echo(json.dumps(ask(connection))))
            return
        with Live(render(answer), console=console, screen=console.is_terminal, auto_refresh=False) as live:
            _repeat(lambda: live.update(render(ask(connection)), refresh=True))


def terminal() -> Console:
    """Return the terminal; what goes into a file or a pipe is not cut to anybody's screen."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPE_COLUMNS)


def _repeat(again: Callable[[], None]) -> None:
    try:
        while True:
            time.sleep(WATCH_S)
            again()
    except KeyboardInterrupt:
        return
