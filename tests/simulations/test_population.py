"""The population of a scenario: what a market cannot give its groups is said before a run."""

import pytest

from actors.preferences import permitted_symbols
from simulations.division import ONLY
from simulations.population import commits, require_sound
from simulations.scenario import ScenarioError, load, parse, with_settings

SYMBOLS = ("AAPL", "KO")


def problems(*settings: str) -> tuple[str, ...]:
    """Return what is wrong with the population of a changed quickstart, on a market of two symbols."""
    with pytest.raises(ScenarioError) as caught:
        require_sound(parse(with_settings(load("quickstart"), settings)), SYMBOLS)
    return caught.value.problems


def test_groups_ask_for_what_there_is() -> None:
    """All mistakes are said by their keys, those of the second group, too."""
    first, second, third = problems(
        "population[0].symbols=['TSLA']", "population[1].sectors=['tech']", "population[2].excluded_symbols=['XX']"
    )

    assert first == "population[0].symbols: must not name 'TSLA'; known are AAPL, KO"
    assert second.startswith("population[1].sectors: must not name 'tech'; known are automotive, communication")
    assert third == "population[2].excluded_symbols: must not name 'XX'; known are AAPL, KO"


def test_a_group_has_something_to_trade() -> None:
    """Preferences that leave nothing are refused."""
    assert problems("population[0].excluded_symbols=['AAPL', 'KO']") == (
        "population[0].excluded_symbols: these preferences leave no symbol to trade",
    )


@pytest.mark.parametrize(
    ("preferred", "permitted"),
    [
        ("sectors=['retail']", ("ACME", "AAPL")),
        ("sectors=['technology']", ("MSFT",)),
        ("symbols=['AAPL'], sectors=['technology']", ("AAPL", "MSFT")),
        ("sectors=['retail'], excluded_symbols=['ACME']", ("AAPL",)),
        ("sectors=[]", ("ACME", "AAPL", "MSFT")),
    ],
)
def test_sectors_are_those_that_the_scenario_says(preferred: str, permitted: tuple[str, ...]) -> None:
    """Of symbols of its own, and of listed ones that it moves into another sector."""
    own = "{symbol='ACME', open=20, drift=0, volatility=0.2, sector='retail'}"
    settings = [
        f"market.symbols=[{own}, {{symbol='AAPL', sector='retail'}}, {{symbol='MSFT'}}]",
        f"population=[{{count=1, {preferred}}}]",
    ]
    scenario = parse(with_settings(load("quickstart"), settings))
    market = [symbol.symbol for symbol in scenario.market.symbols]

    require_sound(scenario, market)
    (commit,) = commits(scenario, ONLY, 0)

    assert commit.agent is not None
    assert permitted_symbols(commit.agent.preferences, market) == permitted


def test_a_plugin_is_installed() -> None:
    """A strategy that nobody offers is said before its agents would be set aside."""
    (problem,) = problems("population[1]={count=1, strategy='custom', plugin='mine'}")

    assert problem.startswith("population[1].plugin: no installed package offers the strategy 'mine'")


def test_the_scenario_may_be_sound() -> None:
    """Then nothing is raised."""
    require_sound(parse(with_settings(load("quickstart"), ["population[0].symbols=['KO']"])), SYMBOLS)
