"""`tradefloor config show`: each setting, its value, and where that comes from."""

from typing import Any

import click
import orjson
from attrs import fields, frozen
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table

from actors.money import dollars
from tradefloor.settings import DOLLARS, Settings, load_settings, settings_options, stray_variables

MASK = "********"


@frozen
class Shown:
    """A setting as it is shown. `origin` is flag, environment or default."""

    variable: str
    flag: str
    value: Any
    origin: str


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command()
@settings_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def show(ctx: click.Context, /, *, as_json: bool, **values: Any) -> None:
    """Show what `tradefloor serve` would be told here, with the same flags, and where each value comes from.

    Secrets are masked. The exit status is 2 when `serve` would refuse these settings.
    """
    settings = shown(ctx, values)
    if as_json:
        document = {each.variable: {"value": each.value, "origin": each.origin} for each in settings}
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    else:
        table = Table("Setting", "Value", "From", box=None, pad_edge=False)
        for each in settings:
            value = "" if each.value is None else str(each.value)
            origin = f"flag {each.flag}" if each.origin == "flag" else each.origin
            style = None if each.origin == "default" else "bold"
            table.add_row(each.variable, value, origin, style=style)
        Console().print(table)
    for name in stray_variables():
        click.echo(f"The environment variable {name} is no setting; compare the names above.", err=True)
    load_settings(values)


def shown(ctx: click.Context, values: dict[str, Any]) -> list[Shown]:
    """Return all settings as they are shown, in their order."""
    return [
        Shown(
            attribute.metadata["env"],
            _flag(ctx, attribute.name),
            _value(attribute, values[attribute.name]),
            _origin(ctx.get_parameter_source(attribute.name)),
        )
        for attribute in fields(Settings)
    ]


def _value(attribute: Any, value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value / dollars(1) if attribute.metadata["kind"] is DOLLARS and value is not None else value
    if attribute.repr is False:
        return MASK
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _origin(source: ParameterSource | None) -> str:
    match source:
        case ParameterSource.COMMANDLINE:
            return "flag"
        case ParameterSource.ENVIRONMENT:
            return "environment"
    return "default"


def _flag(ctx: click.Context, name: str) -> str:
    return next(parameter.opts[0] for parameter in ctx.command.params if parameter.name == name)
