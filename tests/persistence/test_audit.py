"""The audit and the peaks of equity, kept alike on disk and in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import evolve

from actors.audit import AUDITED
from actors.drawdown import Watermark
from actors.model import AgentStatus
from actors.ports.history import AuditEntry
from persistence import codec
from persistence.audit import read_audit
from persistence.chain import GENESIS, link
from persistence.limits import RETENTION_US
from persistence.memory import MemoryStore
from persistence.rows import event_row
from persistence.schema import AUDITED_TYPES
from persistence.sqlite import connect_writer
from persistence.store import SqliteStore, open_store
from persistence.verify import verify
from tests.actors.builders import NOW_US, a_book, a_ticket, an_agent, buy, placed
from tests.persistence.commits import a_user, change, control, creation, enrolment, status_change

Store = MemoryStore | SqliteStore
AGENT = an_agent()


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Provide each kind of store in turn, empty."""
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = open_store(tmp_path / "floor.db")
    yield opened
    opened.close()


async def filled(store: Store) -> None:
    """Commit people, an agent, its trade and its end."""
    await store.commit([enrolment(a_user()), creation(AGENT)])
    await store.commit([change(AGENT, placed(a_book(), buy(), a_ticket(1)))])
    await store.commit([status_change(AGENT, AgentStatus.PAUSED, NOW_US + 1)])
    await store.commit([control("pause", "/agents", NOW_US + 2)])


async def test_the_audit_is_the_log_without_what_agents_do_all_day(store: Store) -> None:
    """In the order of the log, page by page, each with the hash that the chain leads to."""
    await filled(store)
    log = await store.events(None, 0, 100)
    hashes, head = {}, GENESIS
    for place in log:
        head = hashes[place.seq] = link(head, event_row(place, codec.encode(place.principal)))
    expected = [AuditEntry(place, hashes[place.seq]) for place in log if isinstance(place.event, AUDITED)]
    assert [entry.recorded.event.type for entry in expected] == [
        "user.changed",
        "agent.created",
        "agent.status",
        "control.action",
    ]
    assert list(await store.audit(0, 100)) == expected
    assert list(await store.audit(1, 1)) == expected[1:2]
    assert list(await store.audit(log[-1].seq, 10)) == []


def test_the_index_of_the_audit_has_exactly_its_classes() -> None:
    """Another class without another index would not be found."""
    assert sorted(AUDITED_TYPES.replace("'", "").split(", ")) == sorted(cls.type for cls in AUDITED)


async def test_a_floor_that_is_open_can_be_audited(tmp_path: Path) -> None:
    """By another program, which changes nothing."""
    opened = open_store(tmp_path / "floor.db")
    await filled(opened)
    assert list(read_audit(tmp_path / "floor.db", 0, 100)) == list(await opened.audit(0, 100))
    opened.close()


async def test_peaks_are_kept_by_themselves_and_with_a_commit(store: Store) -> None:
    """The newest of each agent; a commit that is refused keeps none."""
    await store.commit([evolve(creation(AGENT), watermark=Watermark("agt_1", 5))])
    assert list(await store.watermarks()) == [Watermark("agt_1", 5)]
    await store.save_watermarks([Watermark("agt_1", 7, 10)])
    refused = evolve(status_change(AGENT, AgentStatus.PAUSED), events=(), watermark=Watermark("agt_1", 9))
    await store.commit([evolve(refused, deliveries=creation(AGENT).deliveries)])
    assert list(await store.watermarks()) == [Watermark("agt_1", 7, 10)]


async def test_a_purged_agents_peak_goes_with_it(tmp_path: Path) -> None:
    """And verification finds nothing left of it."""
    opened = open_store(tmp_path / "floor.db")
    await opened.commit([evolve(creation(AGENT), watermark=Watermark("agt_1", 5))])
    await opened.commit([status_change(AGENT, AgentStatus.DELETED)])
    assert await opened.purge(NOW_US + RETENTION_US + 1) == 1
    assert list(await opened.watermarks()) == []
    assert verify(tmp_path / "floor.db").ok
    opened.close()


async def test_an_event_that_was_tampered_with_shows(tmp_path: Path) -> None:
    """Its hash does not follow any more."""
    path = tmp_path / "floor.db"
    opened = open_store(path)
    await opened.commit([creation(an_agent())])
    opened.close()
    connection = connect_writer(path)
    connection.execute("DROP TRIGGER events_never_change")
    connection.execute("UPDATE events SET data = replace(data, 'Test agent', 'Best agent')")
    connection.close()
    opened = open_store(path)
    entry = await opened.entry(1)
    opened.close()

    assert entry is not None
    assert not entry.holds
