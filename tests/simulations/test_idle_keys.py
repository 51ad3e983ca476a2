"""What a scenario says in vain is told before its run."""

from pathlib import Path

import pytest

from simulations.idle_keys import idle_keys
from simulations.scenario import builtin_names, load, parse, with_extent, with_settings


@pytest.mark.parametrize("name", builtin_names())
def test_what_comes_along_says_nothing_in_vain(name: str) -> None:
    """Each key of the library has its effect."""
    assert not list(idle_keys(parse(load(name)), None))


def test_what_is_due_after_the_end_is_told() -> None:
    """What is due on the last tick happens; the rest of a long scenario does not in a short run of it."""
    settings = [
        "market.shocks=[{at='1d', move=0.1}, {at='25h', move=0.1}]",
        "faults=[{kind='journal', at='2d', lasts=1}]",
    ]
    scenario = with_extent(parse(with_settings(load("quickstart"), settings)), None, 1, None)

    assert list(idle_keys(scenario, None)) == [
        "market.shocks[1].at: is after the end of the run, so it does not happen",
        "faults[0].at: is after the end of the run, so it does not happen",
    ]


def test_prices_that_end_before_the_run_are_told(tmp_path: Path) -> None:
    """Of three rows the first one is the opening; shocks on top change nothing about it."""
    (tmp_path / "prices.csv").write_text("date,A\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n", "utf-8")
    settings = ["market={model='replay', replay={file='prices.csv'}, shocks=[{at=60, move=0.1}]}"]
    scenario = parse(with_settings(load("quickstart"), settings))

    assert list(idle_keys(scenario, tmp_path)) == [
        "market.replay: moves for 2 of 864 ticks; then its prices stand still"
    ]
