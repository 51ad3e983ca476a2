"""`docs/commands.md` shows every command with what it really prints, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.e2e.console_blocks import PAGE, blocks, golden, renewed, run_all, served
from tradefloor.commands import COMMANDS, load

PLAIN = {
    "serve",
    "services",
    "user",
    "console",
    "simulate",
    "replay",
    "diff-runs",
    "sweep",
    "chaos",
    "bench",
    "load",
}
"""Commands that the page names without running them: they start, stop or measure something."""


def commands() -> Iterator[str]:
    """Yield every command with its subcommands, as they are typed."""
    for name in COMMANDS:
        command = load(name)
        if isinstance(command, click.Group):
            yield from (f"{name} {below}" for below in command.commands)
        else:
            yield name


@pytest.mark.parametrize("name", tuple(commands()))
def test_the_page_has_the_command(name: str) -> None:
    """With what it prints, or where it is described."""
    page = PAGE.read_text("utf-8")
    run = any(f"{block.command} ".startswith(f"tradefloor {name} ") for block in blocks(page))
    group = name.split(" ", maxsplit=1)[0]
    named = group in PLAIN and f"`tradefloor {group}" in page

    assert run or named, f"docs/commands.md does not show tradefloor {name}"


def test_a_page_is_renewed_where_commands_print() -> None:
    """Text and other blocks stay."""
    page = "Text\n\n```console\n$ a\nold\nold\n$ b\n```\n\n```bash\n$ c\n```\n"

    assert [(block.command, block.printed) for block in blocks(page)] == [("a", "old\nold"), ("b", "")]
    assert renewed(page, {0: "new", 1: "also new"}) == page.replace("old\nold", "new").replace("$ b", "$ b\nalso new")


@pytest.mark.e2e
def test_what_is_shown_is_what_is_printed(tmp_path: Path) -> None:
    """By one floor, from the top of the page to its end; `make commands` writes it anew."""
    with served(tmp_path) as program:
        found = run_all(PAGE.read_text("utf-8"), program)

    assert [(block.command, golden(block.printed)) for block, _ in found] == [
        (block.command, golden(printed)) for block, printed in found
    ]
