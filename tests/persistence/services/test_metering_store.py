"""The metering store: dedupe, months, atomic batches, and what a restart keeps."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined] # the build of SQLite the library chose

from actors.ports.metering import (
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageEvent,
    UsageLine,
    UsageReport,
)
from actors.ports.periods import period_of
from persistence.services.metering_store import SqliteMeteringStore

JANUARY_US = int(datetime(2026, 1, 15, tzinfo=UTC).timestamp()) * 1_000_000
FEBRUARY_START_US = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp()) * 1_000_000
MARCH_START_US = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1_000_000


def executed(event_id: str, at_us: int = JANUARY_US, agent_id: str = "agt_1") -> UsageEvent:
    """Return an executed trade, which costs $0.10."""
    return UsageEvent(event_id, agent_id, "trade.executed", 0, 100_000, at_us, {"tradeId": "trd_1"})


def submitted(event_id: str, at_us: int = JANUARY_US) -> UsageEvent:
    """Return a submitted trade, which is one call."""
    return UsageEvent(event_id, "agt_1", "trade.submitted", 1, 0, at_us)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the store's file is."""
    return tmp_path / "metering.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteMeteringStore]:
    """Open a store, and close it afterwards."""
    store = SqliteMeteringStore(path)
    yield store
    store.close()


def test_an_event_counts_once(store: SqliteMeteringStore) -> None:
    """The same id again is ignored, in one batch and in a later one."""
    assert store.record([executed("evt_1"), executed("evt_1"), submitted("evt_2")]) == 2
    assert store.record([executed("evt_1")]) == 0
    assert store.usage("agt_1", "2026-01") == UsageReport(
        agent_id="agt_1",
        period="2026-01",
        total_cost_micros=100_000,
        total_calls=1,
        breakdown={"trade.executed": UsageLine(1, 0, 100_000), "trade.submitted": UsageLine(1, 1, 0)},
    )


def test_usage_counts_in_the_month_it_happened(store: SqliteMeteringStore) -> None:
    """The quota is whole again at the start of the month; a late event burdens the month it belongs to."""
    store.set_limits("agt_1", QuotaLimits(api_calls=2, budget_micros=1_000_000))
    store.record([submitted("evt_1", FEBRUARY_START_US - 1), submitted("evt_2", FEBRUARY_START_US - 1)])
    assert store.quota("agt_1", FEBRUARY_START_US - 1) == QuotaState(False, 0, 1_000_000, FEBRUARY_START_US)
    assert store.quota("agt_1", FEBRUARY_START_US) == QuotaState(True, 2, 1_000_000, MARCH_START_US)
    store.record([executed("evt_3", FEBRUARY_START_US - 1)])
    assert store.quota("agt_1", FEBRUARY_START_US) == QuotaState(True, 2, 1_000_000, MARCH_START_US)


def test_new_limits_keep_what_was_used(store: SqliteMeteringStore) -> None:
    """Initialising again replaces the limits only."""
    store.set_limits("agt_1", QuotaLimits(1_000, 1_000_000))
    store.record([submitted("evt_1"), executed("evt_2")])
    store.set_limits("agt_1", QuotaLimits(5, 2_000_000))
    assert store.quota("agt_1", JANUARY_US) == QuotaState(True, 4, 1_900_000, FEBRUARY_START_US)


def test_an_agent_without_limits_has_no_quota(store: SqliteMeteringStore) -> None:
    """Usage may arrive before the limits do; the quota is unknown until then."""
    store.record([submitted("evt_1")])
    with pytest.raises(QuotaUnknown, match="agt_1"):
        store.quota("agt_1", JANUARY_US)


def test_a_batch_is_recorded_whole_or_not_at_all(store: SqliteMeteringStore) -> None:
    """An event that SQLite cannot hold takes its batch down with it."""
    too_large = UsageEvent("evt_2", "agt_1", "trade.executed", 0, 0, 2**63)
    with pytest.raises(OverflowError):
        store.record([executed("evt_1"), too_large])
    assert store.usage("agt_1", "2026-01").breakdown == {}
    assert store.record([executed("evt_1")]) == 1


def test_a_restart_keeps_everything(path: Path) -> None:
    """Limits, sums and known ids are in the file."""
    first = SqliteMeteringStore(path)
    first.set_limits("agt_1", QuotaLimits(10, 1_000_000))
    first.record([submitted("evt_1"), executed("evt_2")])
    first.close()
    second = SqliteMeteringStore(path)
    assert second.record([submitted("evt_1")]) == 0
    assert second.quota("agt_1", JANUARY_US) == QuotaState(True, 9, 900_000, FEBRUARY_START_US)
    second.close()


def test_threads_record_each_id_once(store: SqliteMeteringStore) -> None:
    """Eight threads send the same two hundred events."""
    batches = [[submitted(f"evt_{start + step}") for step in range(10)] for start in range(0, 200, 10)] * 8
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(store.record, batches)) == 200
    assert store.usage("agt_1", "2026-01").total_calls == 200


def test_a_locked_file_is_an_outage_that_ends(path: Path, store: SqliteMeteringStore) -> None:
    """While another process writes, reads go on and writes fail; afterwards both work."""
    store.set_limits("agt_1", QuotaLimits())
    other = sqlite3.connect(str(path))
    other.execute("BEGIN IMMEDIATE")
    assert store.quota("agt_1", JANUARY_US).allowed
    with pytest.raises(MeteringUnavailable, match="locked"):
        store.record([submitted("evt_1")])
    other.close()
    assert store.record([submitted("evt_1")]) == 1


def test_a_closed_store_is_an_outage(path: Path) -> None:
    """A call that comes too late gets a clear error."""
    store = SqliteMeteringStore(path)
    store.close()
    with pytest.raises(MeteringUnavailable, match="closed"):
        store.usage("agt_1", "2026-01")


def test_a_file_that_cannot_be_opened_is_an_outage(tmp_path: Path) -> None:
    """The reason is SQLite's."""
    with pytest.raises(MeteringUnavailable, match="unable to open"):
        SqliteMeteringStore(tmp_path / "missing" / "metering.db")


def test_a_commit_survives_a_power_cut(path: Path, store: SqliteMeteringStore) -> None:
    """The file is in WAL mode and each commit is synced."""
    with store._database.transaction() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(
            st.builds(
                UsageEvent,
                st.integers(0, 20).map("evt_{}".format),
                st.sampled_from(["agt_1", "agt_2"]),
                st.sampled_from(["trade.submitted", "trade.executed"]),
                st.integers(0, 5),
                st.integers(0, 10**6),
                st.sampled_from([JANUARY_US, FEBRUARY_START_US]),
            ),
            max_size=8,
        ),
        max_size=6,
    )
)
def test_sums_are_those_of_the_first_event_of_each_id(batches: list[list[UsageEvent]]) -> None:
    """However events are repeated and batched."""
    store = SqliteMeteringStore(":memory:")
    first: dict[str, UsageEvent] = {}
    for batch in batches:
        before = len(first)
        for event in batch:
            first.setdefault(event.event_id, event)
        assert store.record(batch) == len(first) - before
    for agent_id in ("agt_1", "agt_2"):
        for period in ("2026-01", "2026-02"):
            mine = [e for e in first.values() if e.agent_id == agent_id and period_of(e.at_us) == period]
            report = store.usage(agent_id, period)
            assert report.total_calls == sum(event.api_calls for event in mine)
            assert report.total_cost_micros == sum(event.cost_micros for event in mine)
            assert sum(line.events for line in report.breakdown.values()) == len(mine)
    store.close()
