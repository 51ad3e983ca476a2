"""Scenarios: what comes along is sound, and what is wrong in one is said by its key."""

import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulations.scenario import (
    Document,
    ScenarioError,
    builtin_names,
    load,
    parse,
    to_tables,
    with_agents,
    with_extent,
    with_settings,
)


@pytest.mark.parametrize("name", builtin_names())
def test_what_comes_along_is_sound(name: str) -> None:
    """Every scenario of the library parses, bears the name of its file, and is written as it was read."""
    scenario = parse(load(name))

    assert scenario.name == name
    assert parse(Document(name, to_tables(scenario))) == scenario


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("population[1].risk=12", "population[1].risk: must be 1 to 10, not 12"),
        ("population[1].risk=[9, 2]", "population[1].risk: must rise from the least to the most, not from 9 to 2"),
        ("population[1].risk=[1, 2, 3]", "population[1].risk: must be a number, or a list of the least and the most"),
        ("population[0].count=0", "population[0].count: must be 1 to 1,000,000, not 0"),
        ("population[0].count=1.5", "population[0].count: must be a whole number, not 1.5"),
        ("population[0].count=true", "population[0].count: must be a whole number, not True"),
        ("population[0].strategy='yolo'", "population[0].strategy: must be one of balanced, aggressive"),
        ("population[0].plugin='mine'", 'population[0].plugin: must be given with strategy = "custom", and only then'),
        ("population=[]", "population: must hold at least one group"),
        ("oversight.approvers=-1", "oversight.approvers: must be 0 to 10,000, not -1"),
        ("oversight.shift.start='25:00'", "oversight.shift.start: must be a time of day as HH:MM"),
        ("oversight.shift.days=['mon', 'xyz']", "oversight.shift.days: must be some of mon, tue"),
        ("oversight.approval.high=1.5", "oversight.approval.high: must be 0 to 1, not 1.5"),
        ("oversight.response.distribution='gamma'", "oversight.response.distribution: must be one of lognormal"),
        ("time.tick='3 weeks'", "time.tick: must be seconds, or a length of time such as 90s, 15m, 2h or 1d 12h"),
        ("time.tick=-1", "time.tick: must be zero seconds or more, not -1"),
        ("time.tick=true", "time.tick: must be seconds, or a length of time"),
        ("time.start='yesterday'", "time.start: must be a date and time such as 2026-01-05T09:00:00Z"),
        ("time.ticks=5", "time.days: must be given, or else ticks must, and not both"),
        ("time.speed=5", "time.speed: is not known here; known are start, days, ticks, tick"),
        ("market.model='replay'", 'market.replay: must be given with model = "replay", and only then'),
        ("market.symbols=[{symbol='ACME'}]", "market.symbols[0].open: must be given, since ACME is not one of"),
        ("market.symbols=[{symbol='AAPL', volatility=0}]", "market.symbols[0].volatility: must be 0.0001 to 10, not 0"),
        ("market.shocks=[{move=-0.1}]", "market.shocks[0].at: must be given"),
        ("faults=[{kind='disk', at=1, lasts=1}]", "faults[0].kind: must be one of metering, oversight, journal"),
        ("faults=[{kind='journal', at=1, lasts=0}]", "faults[0].lasts: must be above 0, not 0"),
        ("faults=[{kind='journal', at=1, lasts=1, share=0.5}]", 'faults[0].share: must be left out unless kind = "str'),
        ("faults=[{kind='strategy', at=1, lasts=1, share=2}]", "faults[0].share: must be 0 to 1, not 2"),
        (
            "faults=[{kind='strategy', at=1, lasts=1, groups=['bald']}]",
            "faults[0].groups: must be some of steady, bold",
        ),
        ("metering.prices.execution=-1", "metering.prices.execution: must be 0 to 1,000,000, not -1"),
        ("metering.prices.fill=1", "metering.prices.fill: is not known here; known are submission, execution"),
        ("market.liquidity={volume=10_000, share_max=2}", "market.liquidity.share_max: must be 0.0001 to 1, not 2"),
        ("market.liquidity.spread_bps=2", "market.liquidity.volume: must be given"),
        ("seed=-1", "seed: must be 0 to"),
        ("name='../x'", "name: must be one that a folder can have, not '../x'"),
        ("time=3", "time: must be a table of start, days, ticks, tick"),
        ("population=3", "population: must be a list, as [...], not 3"),
        ("population=['bold']", "population[0]: must be a table of count, strategy"),
        ("oversight.shift.days='mon'", "oversight.shift.days: must be a list, as [...], not 'mon'"),
        ("market.parameters=[1]", "market.parameters: must be a table, as {...}, not [1]"),
        ("market.parameters.rate=inf", "market.parameters.rate: must be a finite number, not inf"),
        ("market.symbols=[{symbol=''}]", "market.symbols[0].symbol: must hold at least one character"),
        (
            "market.symbols=[{symbol='KO'}, {symbol='KO'}]",
            "market.symbols[1].symbol: must be another one: KO is there already",
        ),
        ("market.correlation.matrix=[[1], [0, 1]]", "market.correlation.matrix: must be as wide as it is high"),
        ("time.days=40_000_000", "time.days: must be at most 34,722.22222, which are 10,000,000 ticks, not 40,000,000"),
        ("time.trading_days_per_day=1e18", "time.trading_days_per_day: must be 1e-06 to 100,000, not 1e+18"),
        ("time.start=1969-12-31", "time.start: must be from 1970 on, and the run be over before the year 9999"),
        ("time.start=9998-12-31", "time.start: must be from 1970 on, and the run be over before the year 9999"),
    ],
)
def test_a_mistake_is_said_by_its_key(setting: str, problem: str) -> None:
    """The message begins with the key at fault and says what is wanted and what is there."""
    with pytest.raises(ScenarioError) as caught:
        parse(with_settings(load("quickstart"), [setting]))

    (said,) = caught.value.problems
    assert said.startswith(problem)


def test_all_mistakes_are_said_at_once() -> None:
    """One reading finds every key at fault."""
    with pytest.raises(ScenarioError) as caught:
        parse(with_settings(load("quickstart"), ["oversight.ttl=0", "population[2].budget=5", "time.tick=0"]))

    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "time.tick",
        "population[2].budget",
        "oversight.ttl",
    ]


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("oversight.approvers", "'oversight.approvers' must be KEY=VALUE, such as oversight.approvers=3"),
        (
            "population[7].count=3",
            "population[7].count: there is no [7] in population, which is a list from [0] to [2]",
        ),
        ("population.count=3", "population.count: there is no count in population, which is a list from [0] to [2]"),
        ("time[0]=3", "time[0]: there is no [0] in time, which is a table of days, tick, review"),
        ("faults[0].at=3", "faults[0].at: there is no [0] in faults, which is empty so far; set it whole"),
        ("name.first='a'", "name.first: there is no first in name, which is 'quickstart'"),
        ("!!=3", "'!!' must be a key such as oversight.approvers or population[0].risk"),
        ("a b=3", "'a b' must be a key such as oversight.approvers or population[0].risk"),
    ],
)
def test_a_setting_that_leads_nowhere_is_refused(setting: str, problem: str) -> None:
    """A key must lead to a place in the document."""
    with pytest.raises(ScenarioError) as caught:
        with_settings(load("quickstart"), [setting])

    assert caught.value.problems == (problem,)


def test_a_setting_reaches_tables_that_are_not_written() -> None:
    """A whole table may be left out of a file, and one of its keys still be set."""
    scenario = parse(with_settings(load("quickstart"), ["metering.quota.api_calls=5", "market.correlation.market=0.5"]))

    assert scenario.metering.quota.api_calls == 5
    assert scenario.market.correlation.market == 0.5


def test_a_day_is_a_start() -> None:
    """Midnight UTC of a date, as TOML writes one or as a text."""
    bare, text = (
        parse(with_settings(load("quickstart"), [f"time.start={day}"])) for day in ("2026-03-02", "'2026-03-02'")
    )

    assert bare.time.start == text.time.start == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("agents", "days", "seed", "problem"),
    [
        (1_000_001, None, None, "population: must hold at most 1,000,000 agents, not 1,000,001"),
        (None, math.inf, None, "time.days: must be above 0, not inf"),
        (None, math.nan, None, "time.days: must be above 0, not nan"),
        (None, 1e300, None, "time.days: must be at most"),
        (None, None, 2**53 + 1, "seed: must be 0 to 9,007,199,254,740,992"),
    ],
)
def test_an_extent_has_limits(agents: int | None, days: float | None, seed: int | None, problem: str) -> None:
    """What the command line changes is checked like what the file says."""
    with pytest.raises(ScenarioError) as caught:
        with_extent(parse(load("quickstart")), agents, days, seed)

    (said,) = caught.value.problems
    assert said.startswith(problem)


def test_a_file_is_no_scenario(tmp_path: Path) -> None:
    """What cannot be read, or is no TOML, is said with its name."""
    broken = tmp_path / "broken.toml"
    broken.write_text("name =", "utf-8")

    with pytest.raises(ScenarioError, match="is neither a readable file"):
        load(str(tmp_path / "missing.toml"))
    with pytest.raises(ScenarioError, match="is no TOML"):
        load(str(broken))


@pytest.mark.parametrize(
    ("agents", "counts"),
    [(3, [1, 1, 1]), (10, [5, 3, 2]), (11, [6, 3, 2]), (201, [101, 60, 40]), (1_000, [500, 300, 200])],
)
def test_agents_are_shared_out_in_proportion(agents: int, counts: list[int]) -> None:
    """Each group keeps one agent at least, and the sum is what was asked for."""
    scenario = with_agents(parse(load("quickstart")), agents)

    assert [group.count for group in scenario.population] == counts


def test_there_is_an_agent_for_each_group() -> None:
    """Fewer agents than groups are refused."""
    with pytest.raises(ScenarioError, match="must keep one agent for each of 3 groups"):
        with_agents(parse(load("quickstart")), 2)


def test_groups_without_names_are_told_apart() -> None:
    """A group is called after its strategy, with a number where that is taken."""
    settings = ["population=[{count=1}, {count=1}, {count=1, strategy='aggressive'}]"]

    assert parse(with_settings(load("quickstart"), settings)).group_names == ("balanced", "balanced 2", "aggressive")
