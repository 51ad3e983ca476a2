"""What oversight asked of people and cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.model import ApprovalStatus
from simulations.reports.oversight import delay_cost, load_over_time, summarise
from tests.simulations.reports.made import DOLLAR, HOUR_US, START_US, approvals, ints, result

APPROVED, REJECTED = ApprovalStatus.APPROVED, ApprovalStatus.REJECTED
EXPIRED, PENDING = ApprovalStatus.EXPIRED, ApprovalStatus.PENDING


def test_waiting_costs_what_the_price_moved_meanwhile() -> None:
    """A purchase that rose and a sale that fell cost; in hundredths of a per cent of what was asked for."""
    asked = approvals(
        (APPROVED, {"resolved": 0.5, "approver": 0, "executed": 1, "resolved_price_micros": 103 * DOLLAR}),
        (APPROVED, {"resolved": 0.5, "approver": 0, "executed": 1, "resolved_price_micros": 99 * DOLLAR, "buys": 0}),
        (REJECTED, {"resolved": 0.5, "approver": 1, "resolved_price_micros": 150 * DOLLAR}),
    )
    cost = delay_cost(result(approvals=asked))
    assert (cost.paid, cost.filled, cost.in_vain, cost.missed) == (40.0, 2, 0, 0.0)
    assert cost.paid_bps == pytest.approx(40 / 2_000 * 10_000)


def test_waiting_in_vain_misses_until_the_agent_asks_again() -> None:
    """Ten asks miss no more than one: what the price moved between them, and after the last until the end at $104."""
    late = {"agent": 1, "resolved": 0.9, "approver": 0, "resolved_price_micros": 110 * DOLLAR}
    asked = approvals(
        (EXPIRED, {"resolved": 1.0}),
        (APPROVED, late),
        (EXPIRED, {"requested": 1.0, "resolved": 2.0, "requested_price_micros": 101 * DOLLAR}),
        (EXPIRED, {"requested": 1.0, "resolved": 2.0, "symbol": 1, "requested_price_micros": 50 * DOLLAR}),
        (EXPIRED, {"requested": 1.5, "resolved": 2.5, "buys": 0, "requested_price_micros": 101 * DOLLAR}),
        (PENDING, {"requested": 3.9, "requested_price_micros": 103 * DOLLAR}),
    )
    cost = delay_cost(result(approvals=asked))
    # 10 x (101 - 100), 10 x (104 - 100), 10 x (103 - 101), nothing, and a sale that would have been a mistake.
    assert cost.missed == pytest.approx(10 + 40 + 20 + 0 - 30)
    assert (cost.in_vain, cost.filled, cost.paid_bps) == (5, 0, None)
    assert cost.total == cost.missed


def test_a_summary_counts_by_outcome_and_times_the_people() -> None:
    """What the service approved by itself is nobody's decision."""
    asked = approvals(
        (APPROVED, {"taken": 0.5, "resolved": 0.75, "approver": 0, "executed": 1, "level": 3}),
        (REJECTED, {"taken": 0.0, "resolved": 0.25, "approver": 1}),
        (APPROVED, {"resolved": 0.0, "executed": 1}),
        (EXPIRED, {"taken": 0.5, "resolved": 1.0}),
        (PENDING, {"requested": 3.0}),
    )
    found = summarise(result(approvals=asked))
    assert (found.requests, found.decided) == (5, 2)
    assert (found.by_status["approved"], found.by_status["expired"], found.by_level["critical"]) == (2, 1, 1)
    assert found.decided_per_day == pytest.approx(2 / (4 / 24))
    assert found.expired_share == pytest.approx(0.2)
    assert found.waiting.median_s == pytest.approx(1_800)
    assert found.waiting.longest_s == pytest.approx(2_700)
    assert found.waiting.to_taken_median_s == pytest.approx(900)
    assert found.busy_share == pytest.approx((0.25 + 0.25 + 0.5) / (4 * 2))


def test_nothing_asked_is_nothing_waited() -> None:
    """No request, no decision, nobody to decide."""
    found = summarise(result(approver_names=()))
    assert (found.requests, found.decided_per_day, found.expired_share, found.busy_share) == (0, 0, 0, None)
    assert found.waiting.median_s is found.waiting.to_taken_median_s is None


def test_no_time_has_no_load() -> None:
    """A run that was ended on its first tick is reported all the same."""
    load = load_over_time(result(approvals=approvals((PENDING, {}))), START_US + ints([0, 0]))

    assert load.waiting.tolist() == [0]
    assert not load.busy.any()


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1)), min_size=1, max_size=20))
def test_what_waits_adds_up_to_the_waiting(rows: list[tuple[float, float]]) -> None:
    """Over all spans, the mean number of open requests times the time is the time that they waited."""
    asked = approvals(
        *(
            (APPROVED, {"requested": start, "taken": start, "resolved": start + wait, "approver": number % 2})
            for number, (start, wait) in enumerate(rows)
        )
    )
    made = result(approvals=asked)
    edges = START_US + ints(np.linspace(0, 4 * HOUR_US, 17))
    load = load_over_time(made, edges)
    width_s = np.diff(edges) / 1e6
    waited_s = (asked.resolved_at_us - asked.requested_at_us).sum() / 1e6
    assert (load.waiting * width_s).sum() == pytest.approx(waited_s, abs=1e-3)
    assert (load.busy * width_s).sum() == pytest.approx(waited_s, abs=1e-3)
    assert load.requests.sum() == load.decided.sum() == len(rows)
    assert load.expired.sum() == 0


def test_what_is_open_at_the_end_has_waited_until_then() -> None:
    """A request without an outcome is open in every span from its own on."""
    made = result(approvals=approvals((PENDING, {"requested": 2.0})))
    load = load_over_time(made, START_US + ints([0, 1, 2, 3, 4]) * HOUR_US)
    assert load.waiting.tolist() == [0, 0, 1, 1]
