"""The command line: `tradefloor COMMAND`, or `python -m tradefloor COMMAND`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any, Final

import click

from tradefloor import __version__

COMMANDS: Final[Mapping[str, str]] = {
    "serve": "tradefloor.commands.serve",
    "services": "tradefloor.commands.services",
    "user": "tradefloor.commands.user",
    "verify": "tradefloor.commands.verify",
    "audit": "tradefloor.commands.audit",
    "backup": "tradefloor.commands.backup",
    "restore": "tradefloor.commands.restore",
    "export": "tradefloor.commands.export",
    "config": "tradefloor.commands.config",
    "doctor": "tradefloor.commands.doctor",
    "summary": "tradefloor.commands.looks",
    "tree": "tradefloor.commands.tree",
    "ps": "tradefloor.commands.ps",
    "top": "tradefloor.commands.top",
    "inspect": "tradefloor.commands.inspect",
    "console": "tradefloor.commands.console",
    "pause": "tradefloor.commands.control",
    "resume": "tradefloor.commands.control",
    "stop": "tradefloor.commands.control",
    "restart": "tradefloor.commands.control",
    "trace": "tradefloor.commands.trace",
    "waits": "tradefloor.commands.looks",
    "dead-letters": "tradefloor.commands.looks",
    "threads": "tradefloor.commands.looks",
    "stacks": "tradefloor.commands.stacks",
    "events": "tradefloor.commands.events",
    "diff": "tradefloor.commands.diff",
    "approvals": "tradefloor.commands.approvals",
    "agents": "tradefloor.commands.agents",
    "simulate": "tradefloor.commands.simulate",
    "replay": "tradefloor.commands.replay",
    "diff-runs": "tradefloor.commands.diff_runs",
    "sweep": "tradefloor.commands.sweep",
    "chaos": "tradefloor.commands.chaos",
    "bench": "tradefloor.commands.bench",
    "load": "tradefloor.commands.load",
}
"""The module of each command, which has an attribute of the command's name, `_` in the place of `-`."""


class Commands(click.Group):
    """Imports a command when it is asked for: the server's libraries take longer to load than most commands run."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what is wrong with a setting is said in one line."""
        with _in_one_line():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of a newcomer's interest."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None for a name that is none."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        command: Any = getattr(import_module(module), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


class WrongValue(click.UsageError):
    """A value that an option or its environment variable cannot have, said in one line that names it."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message without the command's usage, which says nothing about it."""
        click.echo(f"Error: {self.format_message()}", file=file, err=file is None)


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except click.BadParameter as error:
        raise WrongValue(error.format_message(), error.ctx) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="tradefloor")
def main() -> None:
    """Fleets of autonomous portfolio agents on paper money, supervised, metered and overseen by people."""


if __name__ == "__main__":
    main(prog_name="tradefloor")
