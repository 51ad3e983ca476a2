"""The oversight store: one decision a request, in order, also across a restart."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import evolve

from actors.ports.oversight import (
    AlreadyDecided,
    Decision,
    DecisionRecord,
    OversightUnavailable,
    RequestExpired,
    RequestMismatch,
    RequestState,
    RequestStatus,
    RequestUnknown,
)
from persistence.services.oversight_store import SqliteOversightStore
from tests.actors.builders import an_oversight_request

REQUEST = an_oversight_request(
    action="sell", risk_level="critical", created_at_us=1_000, expires_at_us=2_000, metadata={"concentration": "0.4"}
)
APPROVED = DecisionRecord("approved", "usr_1", "Ann", "slack", "fine", 1_500)
REJECTED = DecisionRecord("rejected", "usr_2", "Ben", "api", "", 1_501)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the store's file is."""
    return tmp_path / "oversight.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteOversightStore]:
    """Open a store, and close it afterwards."""
    store = SqliteOversightStore(path)
    yield store
    store.close()


def test_a_request_is_filed_once(store: SqliteOversightStore) -> None:
    """The same again returns what is recorded, the same id with other contents is refused."""
    pending = RequestStatus("ovr_1", RequestState.PENDING)
    assert store.create(REQUEST, None, 1_000) == pending
    assert store.create(REQUEST, None, 1_100) == pending
    with pytest.raises(RequestMismatch, match="ovr_1"):
        store.create(evolve(REQUEST, quantity=501), None, 1_100)


def test_a_request_filed_with_its_decision_has_it(store: SqliteOversightStore) -> None:
    """Filing it again does not decide it again."""
    approved = RequestStatus("ovr_1", RequestState.APPROVED, APPROVED)
    assert store.create(REQUEST, APPROVED, 1_000) == approved
    assert store.create(REQUEST, evolve(APPROVED, at_us=1_700), 1_700) == approved
    assert store.decisions_after(0, 10) == [Decision(1, "ovr_1", APPROVED)]


def test_a_request_is_decided_once(store: SqliteOversightStore) -> None:
    """The same result again returns what is recorded; the other one is refused with it."""
    store.create(REQUEST, None, 1_000)
    approved = RequestStatus("ovr_1", RequestState.APPROVED, APPROVED)
    assert store.decide("ovr_1", APPROVED, 1_500) == approved
    assert store.decide("ovr_1", evolve(APPROVED, approver_id="usr_3"), 9_000) == approved
    with pytest.raises(AlreadyDecided) as caught:
        store.decide("ovr_1", REJECTED, 1_600)
    assert caught.value.recorded == approved
    assert store.decisions_after(0, 10) == [Decision(1, "ovr_1", APPROVED)]


def test_a_late_decision_is_refused_and_not_recorded(store: SqliteOversightStore) -> None:
    """The request stays expired."""
    store.create(REQUEST, None, 1_000)
    with pytest.raises(RequestExpired, match="ovr_1"):
        store.decide("ovr_1", APPROVED, 2_000)
    assert store.status("ovr_1", 2_000) == RequestStatus("ovr_1", RequestState.EXPIRED)
    assert store.decisions_after(0, 10) == []


def test_an_unknown_request_is_an_error(store: SqliteOversightStore) -> None:
    """For its status as for its decision."""
    with pytest.raises(RequestUnknown, match="ovr_9"):
        store.status("ovr_9", 1_000)
    with pytest.raises(RequestUnknown, match="ovr_9"):
        store.decide("ovr_9", APPROVED, 1_000)


def test_decisions_come_in_order_and_in_pages(store: SqliteOversightStore) -> None:
    """A reader resumes after the last sequence it has seen."""
    for number in range(1, 6):
        store.create(evolve(REQUEST, request_id=f"ovr_{number}"), None, 1_000)
    for number in (3, 1, 5):
        store.decide(f"ovr_{number}", REJECTED, 1_600)
    first = store.decisions_after(0, 2)
    assert [decision.request_id for decision in first] == ["ovr_3", "ovr_1"]
    assert [decision.request_id for decision in store.decisions_after(first[-1].sequence, 2)] == ["ovr_5"]


def test_a_restart_keeps_everything(path: Path) -> None:
    """Requests with all their fields, decisions, and the sequence."""
    first = SqliteOversightStore(path)
    first.create(REQUEST, None, 1_000)
    first.create(evolve(REQUEST, request_id="ovr_2"), REJECTED, 1_000)
    first.close()
    second = SqliteOversightStore(path)
    assert second.create(REQUEST, None, 1_999) == RequestStatus("ovr_1", RequestState.PENDING)
    second.decide("ovr_1", APPROVED, 1_999)
    assert second.decisions_after(0, 10) == [Decision(1, "ovr_2", REJECTED), Decision(2, "ovr_1", APPROVED)]
    second.close()


def test_of_many_approvers_one_decides(store: SqliteOversightStore) -> None:
    """Eight threads decide at once, half of them each way; all learn the same outcome."""
    store.create(REQUEST, None, 1_000)

    def decide(number: int) -> RequestStatus:
        try:
            return store.decide("ovr_1", evolve((APPROVED, REJECTED)[number % 2], approver_id=f"usr_{number}"), 1_600)
        except AlreadyDecided as error:
            return error.recorded

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(decide, range(8)))
    assert len(store.decisions_after(0, 10)) == 1
    assert outcomes == [store.status("ovr_1", 1_600)] * 8


def test_a_closed_store_is_an_outage(path: Path) -> None:
    """A call that comes too late gets a clear error."""
    store = SqliteOversightStore(path)
    store.close()
    with pytest.raises(OversightUnavailable, match="closed"):
        store.status("ovr_1", 1_000)
