"""Every command is in the README's reference."""

from pathlib import Path

import pytest

from tradefloor.commands import COMMANDS

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_has_the_command(name: str) -> None:
    """In the table of commands."""
    rows = [line for line in README.splitlines() if line.startswith("| `tradefloor ")]

    assert any(f"`tradefloor {name}" in row for row in rows), f"README.md does not list tradefloor {name}"
