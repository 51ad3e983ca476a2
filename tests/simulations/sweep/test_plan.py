"""Which runs a sweep is made of."""

import pytest
from attrs import evolve

from simulations.scenario import Document, Scenario, ScenarioError
from simulations.sweep.plan import Variation, cases, parse_variation

DOCUMENT = Document(
    "made",
    {
        "name": "made",
        "summary": "A scenario made for tests.",
        "seed": 5,
        "time": {"ticks": 4},
        "population": [{"count": 3}],
    },
)


def unchanged(scenario: Scenario) -> Scenario:
    """Return a scenario as it is."""
    return scenario


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("oversight.approvers=1..3", ("1", "2", "3")),
        ("oversight.threshold=10000, 25000,10000", ("10000", "25000")),
        ("population[0].risk=[1, 3],[4, 6]", ("[1, 3]", "[4, 6]")),
        ('oversight.ttl="1h","2h"', ('"1h"', '"2h"')),
        ('market.model="a,b",gbm', ('"a,b"', "gbm")),
        ("time.tick=-1..1", ("-1", "0", "1")),
    ],
)
def test_values_are_read(text: str, values: tuple[str, ...]) -> None:
    """A list, each value once, or a range of whole numbers; commas in brackets and quotes belong to a value."""
    assert parse_variation(text) == Variation(text.partition("=")[0], values)


@pytest.mark.parametrize("text", ["oversight.approvers", "=1,2", "a=", "a=5..1", "a=1..5000"])
def test_what_varies_nothing_is_refused(text: str) -> None:
    """The message shows what was given and what is wanted."""
    with pytest.raises(ScenarioError, match="must"):
        parse_variation(text)


def test_every_combination_runs_on_the_same_seeds() -> None:
    """The last key varies fastest, and seeds count up from the scenario's."""
    varied = [Variation("oversight.approvers", ("1", "2")), Variation("oversight.threshold", ("100", "200"))]
    found = cases(DOCUMENT, varied, 3, unchanged)
    assert [case.scenario.seed for case in found] == [5, 6, 7] * 4
    assert [dict(case.settings)["oversight.threshold"] for case in found[::3]] == ["100", "200", "100", "200"]
    assert [case.scenario.oversight.approvers for case in found[::3]] == [1, 1, 2, 2]
    assert len({case.identity for case in found}) == 12


def test_flags_change_every_run() -> None:
    """Another seed to begin with counts up as well."""
    found = cases(DOCUMENT, [Variation("oversight.approvers", ("1",))], 2, lambda made: evolve(made, seed=100))
    assert [case.scenario.seed for case in found] == [100, 101]


def test_a_run_is_known_by_all_that_makes_it() -> None:
    """The same combination is the same run, however it was asked for; another value is another one."""
    one = cases(DOCUMENT, [Variation("oversight.approvers", ("1", "2"))], 1, unchanged)
    other = cases(DOCUMENT, [Variation("oversight.approvers", ("2",))], 1, unchanged)
    assert one[1].identity == other[0].identity != one[0].identity


def test_mistakes_are_found_before_the_first_run() -> None:
    """A value that the scenario does not take, and a key that is varied twice."""
    with pytest.raises(ScenarioError, match=r"oversight\.approvers"):
        cases(DOCUMENT, [Variation("oversight.approvers", ("1", "-2"))], 1, unchanged)
    with pytest.raises(ScenarioError, match="varied once"):
        cases(DOCUMENT, [Variation("a", ("1",)), Variation("a", ("2",))], 1, unchanged)
