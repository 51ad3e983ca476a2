"""The settings: each an environment variable and a flag, and a wrong one named in one line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from attrs import fields
from click.testing import CliRunner, Result

from actors.money import dollars
from tradefloor.settings import (
    Settings,
    environment_names,
    load_settings,
    settings_options,
    stray_variables,
)


@click.command()
@settings_options
def show(**values: Any) -> None:
    """Print the settings that were understood."""
    click.echo(repr(load_settings(values)))


def invoke(*flags: str, env: Mapping[str, str] | None = None) -> Result:
    """Run the command in an environment that has no settings but these."""
    clean: dict[str, str | None] = dict.fromkeys(environment_names())
    return CliRunner().invoke(show, flags, env={**clean, **(env or {})})


def test_defaults() -> None:
    """Without a word the settings are those of a newcomer's floor."""
    result = invoke()
    assert result.exit_code == 0, result.output
    assert result.output.strip() == repr(Settings())
    assert Settings().is_development
    assert Settings().data_folder == Path("data")


def test_variable_and_flag() -> None:
    """A variable sets, and a flag goes before it."""
    assert "port=4000" in invoke(env={"PORT": "4000"}).output
    assert "port=5000" in invoke("--port", "5000", env={"PORT": "4000"}).output
    assert f"oversight_threshold={dollars(25_000)}" in invoke(env={"OVERSIGHT_THRESHOLD": "25000"}).output
    assert (
        "client_url=('https://a.example', 'http://b:1')"
        in invoke(env={"CLIENT_URL": "https://a.example, http://b:1"}).output
    )


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PORT", "99999", "--port"),
        ("TRADEFLOOR_ENV", "staging", "--env"),
        ("OVERSIGHT_THRESHOLD", "much", "not an amount"),
        ("OVERSIGHT_THRESHOLD", "-1", "below 0"),
        ("OVERSIGHT_THRESHOLD", "1.0000001", "decimal places"),
        ("CLIENT_URL", "localhost", "not an origin"),
        ("CLIENT_URL", "http://a/path", "not an origin"),
        ("APPROVAL_PRICE_TOLERANCE", "2", "--approval-price-tolerance"),
        ("TICK_INTERVAL_MS", "1", "--tick-interval-ms"),
        ("SLACK_WEBHOOK_URL", "hooks", "not a URL"),
        ("SLACK_WEBHOOK_URL", "http://[", "no URL"),
        ("JWT_SECRET", "short", "JWT_SECRET"),
        ("LOG_LEVEL", "loud", "--log-level"),
    ],
)
def test_wrong_setting(variable: str, value: str, said: str) -> None:
    """A wrong value stops the start, and the message names the setting or what is wrong with it."""
    result = invoke(env={variable: value})
    assert result.exit_code == 2
    assert said in result.output
    assert variable in result.output


def test_production_needs_a_secret() -> None:
    """Production does not make its own secret."""
    refused = invoke(env={"TRADEFLOOR_ENV": "production"})
    assert (refused.exit_code, "JWT_SECRET" in refused.output) == (2, True)
    accepted = invoke(env={"TRADEFLOOR_ENV": "production", "JWT_SECRET": "s" * 32})
    assert accepted.exit_code == 0
    assert "s" * 32 not in accepted.output


def test_every_setting_has_help() -> None:
    """The help lists each variable once."""
    text = CliRunner().invoke(show, ["--help"], terminal_width=200).output
    assert [name for name in environment_names() if text.count(f"[env var: {name}") != 1] == []
    assert len(environment_names()) == len(fields(Settings))


def test_stray_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with our prefix that no setting reads is pointed out."""
    monkeypatch.setenv("TRADEFLOOR_PROT", "1")
    assert "TRADEFLOOR_PROT" in stray_variables()
    assert "TRADEFLOOR_ENV" not in stray_variables()
