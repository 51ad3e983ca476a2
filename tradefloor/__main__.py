"""The command line: `tradefloor COMMAND`, or `python -m tradefloor COMMAND`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from tradefloor.commands import COMMANDS, load


class Commands(click.Group):
    """Loads the command that is to run, alone: libraries of the server take longer to load than most commands run."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what is wrong with a setting is said in one line, and a Ctrl-C in one word."""
        # No matrix here is large enough for several threads, and to start them takes longer than to load numpy does.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        with _in_one_line():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of a newcomer's interest."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command as help and completion list it, None for a name that is none."""
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return super().get_command(ctx, cmd_name)
        return click.Command(cmd_name, short_help=listed.summary)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that arguments ask for, to run it, and the arguments that are left."""
        try:
            name, command, left = super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # noqa: PLC0415 - for those who mistyped

            if near := get_close_matches(args[0], COMMANDS):
                raise click.UsageError(f"{error.message} Did you mean {' or '.join(near)}?", ctx) from error
            raise
        return name, command if name is None or name not in COMMANDS else load(name), left


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
    except BaseExceptionGroup as errors:
        if errors.split(KeyboardInterrupt)[1] is None:  # It struck among tasks, and nothing else happened.
            raise KeyboardInterrupt from errors
        raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="tradefloor", prog_name="tradefloor")
def main() -> None:
    """Fleets of autonomous portfolio agents on paper money, supervised, metered and overseen by people."""


if __name__ == "__main__":
    main(prog_name="tradefloor")
