"""The rules that every side of oversight shares."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.ports.oversight import (
    AlreadyDecided,
    DecisionRecord,
    RequestExpired,
    RequestState,
    RequestStatus,
    auto_decision,
    check_decidable,
    status_at,
)
from tests.actors.builders import an_oversight_request

REQUEST = an_oversight_request(created_at_us=1_000, expires_at_us=2_000)
REJECTED = DecisionRecord("rejected", "usr_1", "Ann", "api", "too much", 1_500)


@given(st.integers(0, 4_000))
def test_an_undecided_request_expires_at_its_time(at_us: int) -> None:
    """Not a microsecond before, and for ever after."""
    expected = RequestState.EXPIRED if at_us >= 2_000 else RequestState.PENDING
    assert status_at(REQUEST, None, at_us) == RequestStatus("ovr_1", expected)


@given(st.integers(0, 4_000))
def test_a_decided_request_stays_decided(at_us: int) -> None:
    """Time does not change a decision."""
    assert status_at(REQUEST, REJECTED, at_us) == RequestStatus("ovr_1", RequestState.REJECTED, REJECTED)


def test_a_pending_request_may_be_decided() -> None:
    """The first decision is to be recorded."""
    assert check_decidable(status_at(REQUEST, None, 1_999), "approved")


def test_the_same_decision_again_changes_nothing() -> None:
    """It is fine, also after the expiry, and not to be recorded."""
    assert not check_decidable(status_at(REQUEST, REJECTED, 3_000), "rejected")


def test_another_decision_is_refused_with_the_recorded_one() -> None:
    """A request is decided once."""
    with pytest.raises(AlreadyDecided, match="ovr_1 is already rejected") as caught:
        check_decidable(status_at(REQUEST, REJECTED, 1_600), "approved")
    assert caught.value.recorded.decision == REJECTED


def test_a_late_decision_is_refused() -> None:
    """From its expiry on, a request cannot be decided."""
    with pytest.raises(RequestExpired, match="ovr_1 has expired"):
        check_decidable(status_at(REQUEST, None, 2_000), "approved")


@pytest.mark.parametrize(
    ("value_micros", "at_us", "approved"), [(99, 1_000, True), (100, 1_000, False), (99, 2_000, False)]
)
def test_little_at_stake_is_approved_by_the_service(value_micros: int, at_us: int, approved: bool) -> None:
    """Strictly below the limit, while the request has not expired."""
    decision = auto_decision(evolve(REQUEST, estimated_value_micros=value_micros), 100, at_us)
    assert (decision is not None) == approved
    if decision is not None:
        assert (decision.result, decision.approver_id, decision.channel, decision.at_us) == (
            "approved",
            "oversight",
            "auto",
            at_us,
        )
