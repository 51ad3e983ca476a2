"""`tradefloor config show`."""

import json

import pytest
from click.testing import CliRunner, Result

from tradefloor.commands.config import config

SECRET = "a secret of thirty-two bytes or more"


def run(*flags: str, **variables: str) -> Result:
    """Run the command under some variables."""
    return CliRunner().invoke(config, ["show", *flags], env=variables)


def test_every_value_has_its_origin() -> None:
    """A flag goes before a variable, and that before the default; money is in dollars."""
    result = run(
        "--json", "--port", "4000", PORT="5000", OVERSIGHT_THRESHOLD="20000.5", CLIENT_URL="https://a,https://b"
    )
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    assert shown["PORT"] == {"value": 4000, "origin": "flag"}
    assert shown["OVERSIGHT_THRESHOLD"] == {"value": 20_000.5, "origin": "environment"}
    assert shown["OVERSIGHT_AUTO_APPROVE_BELOW"] == {"value": 10_000, "origin": "default"}
    assert shown["CLIENT_URL"] == {"value": "https://a,https://b", "origin": "environment"}
    assert shown["METERING_GRPC_ADDRESS"] == {"value": None, "origin": "default"}


def test_secrets_are_masked() -> None:
    """Neither form shows one, though both show that it is set."""
    for flags in ((), ("--json",)):
        result = run(*flags, JWT_SECRET=SECRET, SLACK_WEBHOOK_URL="https://hooks.example/secret")
        assert "********" in result.output
        assert SECRET not in result.output
        assert "hooks.example" not in result.output


def test_the_table_names_the_flag() -> None:
    """And the value beside its variable."""
    lines = run("--port", "4000").output.splitlines()
    assert [line.split() for line in lines if line.startswith("PORT")] == [["PORT", "4000", "flag", "--port"]]


@pytest.mark.parametrize("variables", [{"TRADEFLOOR_ENV": "production"}, {"JWT_SECRET": "short"}])
def test_what_serve_would_refuse(variables: dict[str, str]) -> None:
    """The settings are shown all the same, then what is wrong."""
    result = run(**variables)
    assert result.exit_code == 2
    assert "PORT" in result.output
    assert "JWT_SECRET" in result.output.splitlines()[-1]


def test_a_variable_that_is_no_setting() -> None:
    """It may be a setting that was mistyped."""
    assert "TRADEFLOOR_PROT is no setting" in run(TRADEFLOOR_PROT="4000").output
