"""What a sweep keeps of a run."""

from pathlib import Path

import pytest
from attrs import evolve

from actors.model import ApprovalStatus
from simulations.sweep.outcome import FILE_NAME, OutcomeFile, outcome_of
from tests.simulations.reports.made import approvals, result
from tests.simulations.sweep.test_table import OUTCOME


def test_an_outcome_is_a_run_in_figures() -> None:
    """Four hours of $6,000 that became $6,400, with a request that expired and one that was rejected."""
    asked = approvals(
        (ApprovalStatus.EXPIRED, {"resolved": 1.0}),
        (ApprovalStatus.REJECTED, {"agent": 1, "taken": 0.0, "resolved": 0.5, "approver": 0}),
    )
    found = outcome_of(result(approvals=asked))
    assert found.gain == pytest.approx(400 / 6_000)
    assert found.gain_of_agent == pytest.approx(0.05)
    assert (found.requests_a_day, found.decided_a_day, found.expired_share) == pytest.approx((12, 6, 0.5))
    assert found.waited_median_s == pytest.approx(1_800)
    assert found.waiting_cost == pytest.approx(40)


def test_a_run_without_agents_equity_to_tell_gains_nothing() -> None:
    """A single sample is no gain and no fall."""
    made = result()
    short = evolve(
        made,
        sampled_at_us=made.sampled_at_us[:1],
        equity_micros=made.equity_micros[:1],
        prices_micros=made.prices_micros[:1],
    )
    found = outcome_of(short)
    assert (found.gain, found.max_drawdown, found.requests_a_day) == (0, 0, 0)


def test_outcomes_are_found_again_after_an_interruption(tmp_path: Path) -> None:
    """A torn last line is run again, and what follows it stands on a line of its own."""
    file = OutcomeFile(tmp_path, "0.1.0 abc")
    assert file.read() == {}
    file.add("one", OUTCOME)
    path = tmp_path / FILE_NAME
    whole = path.read_text("utf-8")
    path.write_text(whole + whole[:40], "utf-8")
    assert file.read() == {"one": OUTCOME}
    file.add("two", OUTCOME)
    assert file.read() == {"one": OUTCOME, "two": OUTCOME}


def test_what_another_program_found_out_does_not_count(tmp_path: Path) -> None:
    """Another commit may run otherwise; and a line of another shape is no outcome of today's."""
    OutcomeFile(tmp_path, "0.1.0 abc").add("one", OUTCOME)
    file = OutcomeFile(tmp_path, "0.1.0 def")
    assert file.read() == {}
    with (tmp_path / FILE_NAME).open("a", encoding="utf-8") as lines:
        lines.write('{"identity": "x", "program": "0.1.0 def", "outcome": {"gain": 1}}\n')
    assert file.read() == {}
