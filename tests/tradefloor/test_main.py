"""The command line as a whole."""

import os
from contextlib import nullcontext

import click
import pytest
from click.testing import CliRunner

from tradefloor.__main__ import main
from tradefloor.commands import COMMANDS


@pytest.mark.parametrize(
    ("flags", "env", "said"),
    [
        (["--port", "99999"], {}, "'--port' (env var: 'PORT'): 99999 is not in the range 0<=x<=65535."),
        (["--stop-timeout", "nan"], {}, "'--stop-timeout' (env var: 'STOP_TIMEOUT'): nan is not a finite number."),
        ([], {"LOG_FORMAT": "xml"}, "'--log-format' (env var: 'LOG_FORMAT'): 'xml' is not one of 'console', 'json'."),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(flags: list[str], env: dict[str, str], said: str) -> None:
    """The line names the flag, the variable and the limit; the usage, which says nothing about it, is not printed."""
    result = CliRunner().invoke(main, ["serve", *flags], env=env)
    assert result.output.splitlines() == [f"Error: Invalid value for {said}"]
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["agents", "create", "Abc", "--budget", "nan"], "Invalid value for '--budget': nan is not a finite number."),
        (["top", "--interval", "nan"], "Invalid value for '--interval': nan is not a finite number."),
        (["simulate", "quickstart", "--days", "inf"], "Invalid value for '--days': inf is not a finite number."),
        (["load", "http://127.0.0.1:1", "--rate", "inf"], "Invalid value for '--rate': inf is not a finite number."),
        (["summary", "--url", "floor"], "Invalid value for '--url' (env var: 'TRADEFLOOR_URL'): 'floor' is no address"),
        (["summary", "--url", "ftp://floor"], "'ftp://floor' is no address of a floor such as https://floor.example"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], said: str) -> None:
    """A number that is none, and an address that no floor can have, before anybody is asked."""
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_unknown_flag_is_answered_with_the_usage() -> None:
    """Whoever mistyped a flag is told where the flags are listed."""
    result = CliRunner().invoke(main, ["serve", "--prot", "1"])
    assert "Try 'main serve --help' for help." in result.output
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("simulte", "Error: No such command 'simulte'. Did you mean simulate?"),
        ("xyz", "Error: No such command 'xyz'."),
    ],
)
def test_a_command_that_was_mistyped_is_guessed(name: str, said: str) -> None:
    """Where one is alike."""
    result = CliRunner().invoke(main, [name])
    assert result.output.splitlines()[-1] == said
    assert result.exit_code == 2


@pytest.mark.parametrize(("given", "used"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_matrices_take_one_thread_unless_somebody_says_otherwise(
    given: dict[str, str], used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is set before a command is loaded, and with it numpy."""
    monkeypatch.setattr(os, "environ", given)

    assert CliRunner().invoke(main, ["simulate", "--help"]).exit_code == 0

    assert given["OPENBLAS_NUM_THREADS"] == used


def test_help_lists_commands_by_what_they_do() -> None:
    """In whole sentences, on 80 columns, without loading them."""
    result = CliRunner().invoke(main, ["--help"], terminal_width=80)

    lines = result.output.splitlines()
    commands = dict(line.split(maxsplit=1) for line in lines[lines.index("Commands:") + 1 :])
    assert commands == {name: listed.summary for name, listed in COMMANDS.items()}
    assert all(summary.endswith(".") for summary in commands.values())


@pytest.mark.parametrize("others", [[], [ValueError()]])
def test_an_interrupt_among_tasks_is_an_interrupt(others: list[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is answered in a word, unless something else went wrong, too."""

    @click.command()
    def tree() -> None:
        raise BaseExceptionGroup("", [BaseExceptionGroup("", [KeyboardInterrupt(), *others])])

    monkeypatch.setattr("tradefloor.__main__.load", lambda _name: tree)

    with pytest.raises(BaseExceptionGroup) if others else nullcontext():
        result = CliRunner().invoke(main, ["tree"])
        assert (result.exit_code, result.stderr.strip()) == (1, "Aborted!")
