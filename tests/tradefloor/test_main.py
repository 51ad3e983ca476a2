"""The command line as a whole."""

import pytest
from click.testing import CliRunner

from tradefloor.__main__ import main


@pytest.mark.parametrize(
    ("flags", "env", "said"),
    [
        (["--port", "99999"], {}, "'--port' (env var: 'PORT'): 99999 is not in the range 0<=x<=65535."),
        ([], {"LOG_FORMAT": "xml"}, "'--log-format' (env var: 'LOG_FORMAT'): 'xml' is not one of 'console', 'json'."),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(flags: list[str], env: dict[str, str], said: str) -> None:
    """The line names the flag, the variable and the limit; the usage, which says nothing about it, is not printed."""
    result = CliRunner().invoke(main, ["serve", *flags], env=env)
    assert result.output.splitlines() == [f"Error: Invalid value for {said}"]
    assert result.exit_code == 2


def test_an_unknown_flag_is_answered_with_the_usage() -> None:
    """Whoever mistyped a flag is told where the flags are listed."""
    result = CliRunner().invoke(main, ["serve", "--prot", "1"])
    assert "Try 'main serve --help' for help." in result.output
    assert result.exit_code == 2
