"""Means, intervals, and which settings are worth a choice."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulations.scenario import Scenario
from simulations.sweep.estimate import Estimate, estimate, student_quantile
from simulations.sweep.outcome import Outcome
from simulations.sweep.plan import Case, Variation, cases
from simulations.sweep.report import labels_of, page_of
from simulations.sweep.table import points
from tests.simulations.sweep.test_plan import DOCUMENT, unchanged

OUTCOME = Outcome(0.1, 0.1, 0.05, 10, 20.0, 15.0, 0.2, 60.0, 0.5, 100.0, "d" * 64)
VARIED = [Variation("oversight.approvers", ("1", "2", "3"))]


def three(seeds: int) -> list[Case]:
    """Return the runs of three settings."""
    return cases(DOCUMENT, VARIED, seeds, unchanged)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 19, 200])
def test_quantiles_are_those_of_students_distribution(degrees: int) -> None:
    """Within what the expansion promises."""
    assert student_quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=4e-3)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=30))
def test_an_interval_is_that_of_the_textbook(values: list[float]) -> None:
    """The mean, and Student's quantile times the standard error."""
    found = estimate(values)
    assert found.half_width is not None
    assert found.mean == pytest.approx(np.mean(values))
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    assert found.half_width == pytest.approx(error * stats.t.ppf(0.975, len(values) - 1), rel=4e-3, abs=1e-12)


def test_one_run_has_no_interval() -> None:
    """And none has no mean."""
    assert estimate([2.0]) == Estimate(2.0, None)
    with pytest.raises(ValueError, match="no run"):
        estimate([])


def test_what_the_market_did_to_all_is_no_uncertainty_of_a_setting() -> None:
    """Gains that differ by the same amounts under every seed are told apart exactly, however the seeds differ."""
    planned = three(4)
    markets = {5: -0.5, 6: 0.9, 7: 0.0, 8: 0.2}
    outcomes = {
        case.identity: evolve(OUTCOME, gain=markets[case.scenario.seed] + 0.01 * int(case.settings[0][1]))
        for case in planned
    }
    found = points(planned, outcomes)
    assert [point.own_gain.mean for point in found] == pytest.approx([0.16, 0.17, 0.18])
    assert [point.own_gain.half_width for point in found] == pytest.approx([0, 0, 0], abs=1e-12)
    assert [point.against_first.mean for point in found] == pytest.approx([0, 0.01, 0.02])
    assert found[0].gain.half_width is not None
    assert found[0].gain.half_width > 0.5
    assert [point.label for point in found] == ["approvers 1", "approvers 2", "approvers 3"]


def test_a_setting_that_another_beats_is_not_worth_a_choice() -> None:
    """The second gains less than the first for more decisions; the third gains more for more."""
    planned = three(1)
    rows = [(0.10, 10.0), (0.09, 11.0), (0.12, 20.0)]
    outcomes = {
        case.identity: evolve(OUTCOME, gain=gain, decided_a_day=decided)
        for case, (gain, decided) in zip(planned, rows, strict=True)
    }
    assert [point.is_best for point in points(planned, outcomes)] == [True, False, True]


def test_an_unfinished_sweep_has_a_table() -> None:
    """Settings without a run are left out; seeds that not all have are compared by none."""
    planned = three(2)
    some = {planned[0].identity: OUTCOME, planned[3].identity: evolve(OUTCOME, waited_median_s=None)}
    found = points(planned, some)
    assert [(point.runs, point.waited_median_s) for point in found] == [(1, 60.0), (1, None)]
    assert found[1].against_first == Estimate(0.0, None)
    assert points(planned, {}) == []


def test_a_report_shows_every_setting() -> None:
    """With stars at the best, and intervals where there are any."""
    planned = three(2)
    outcomes = {case.identity: evolve(OUTCOME, gain=case.scenario.seed / 100) for case in planned}
    html = page_of(scenario(planned), VARIED, points(planned, outcomes), 2).render()
    assert "approvers 3 *" in html
    assert "5.50 % \N{PLUS-MINUS SIGN} 6.35 %" in html
    assert "Sweep of made" in html
    empty = page_of(scenario(planned), VARIED, [], 2).render()
    assert "No run has ended yet." in empty


def test_points_on_top_of_each_other_have_one_name() -> None:
    """The first speaks for those beside it; of very many points none is named."""
    planned = three(1)
    rows = [(0.10, 10.0), (0.1001, 10.0), (0.20, 50.0)]
    outcomes = {
        case.identity: evolve(OUTCOME, gain=gain, decided_a_day=decided)
        for case, (gain, decided) in zip(planned, rows, strict=True)
    }
    found = points(planned, outcomes)
    assert labels_of(found) == ["1 (+1)", "", "3"]
    assert labels_of(found[:1]) == ["1"]
    assert labels_of(found * 9) == [""] * 27


def scenario(planned: list[Case]) -> Scenario:
    """Return the scenario of some runs."""
    return planned[0].scenario
