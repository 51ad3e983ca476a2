"""The rules that every side of metering shares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ports.metering import EVENT_AMOUNT_MAX, MeteringUnavailable, QuotaLimits, UsageEvent, quota_left

AMOUNTS = st.integers(0, 10**15)


@given(st.integers(1, 10**15), st.integers(1, 10**15), AMOUNTS, AMOUNTS)
def test_quota_left_is_allowed_exactly_while_both_are_left(
    calls: int, budget: int, used_calls: int, used_micros: int
) -> None:
    """Nothing left of either forbids; what is left is never negative."""
    left = quota_left(QuotaLimits(calls, budget), used_calls, used_micros, 7)
    assert left.allowed == (used_calls < calls and used_micros < budget)
    assert left.remaining_api_calls == max(calls - used_calls, 0)
    assert left.remaining_budget_micros == max(budget - used_micros, 0)
    assert left.reset_at_us == 7


def test_defaults_are_those_of_the_contract() -> None:
    """An agent may make 10,000 calls and spend $10,000."""
    assert QuotaLimits() == QuotaLimits(api_calls=10_000, budget_micros=10_000 * 1_000_000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_id": ""},
        {"agent_id": ""},
        {"type": ""},
        {"api_calls": -1},
        {"api_calls": EVENT_AMOUNT_MAX + 1},
        {"cost_micros": -1},
        {"cost_micros": EVENT_AMOUNT_MAX + 1},
        {"at_us": -1},
    ],
)
def test_a_malformed_event_cannot_be_made(wrong: dict[str, object]) -> None:
    """An event has its ids, and uses nothing negative or absurd."""
    right = {"event_id": "evt_1", "agent_id": "agt_1", "type": "t", "api_calls": 0, "cost_micros": 0, "at_us": 0}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        UsageEvent(**(right | wrong))  # type: ignore[arg-type] # wrong on purpose


def test_an_outage_says_when_to_come_back() -> None:
    """The error carries what an answer of status 503 needs."""
    error = MeteringUnavailable("no route", retry_after_s=2.5)
    assert (str(error), error.retry_after_s) == ("metering is unavailable: no route", 2.5)
