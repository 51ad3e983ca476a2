"""The store on disk: its files, what it does when SQLite cannot, and that it goes on by itself afterwards."""

import resource
import stat
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio.testing
from attrs import evolve

from actors.bars import MINUTE_US, MINUTES_KEPT_US, Bar, Interval
from actors.errors import JournalUnavailable
from actors.ports.history import TradeQuery
from actors.ports.journal import Backlog, Channel, Commit, CommitResult, Committed, IdempotencyClaim, Unstorable
from persistence import bars, purge, queries, writer
from persistence.files import FloorInUse, FolderLock
from persistence.limits import OUTBOX_COUNTED_MAX
from persistence.sqlite import (
    FIXED_VERSION,
    IntegrityError,
    connect_reader,
    connect_writer,
    has_wal_reset_bug,
    sqlite_version,
)
from persistence.store import Eagerly, SqliteStore, open_store
from persistence.verify import verify
from tests.actors.builders import DAY_US, NOW_US, a_book, a_ticket, an_agent, buy, placed
from tests.persistence.commits import change, creation

AGENT = an_agent()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """Provide a store with one agent, which does not wait for the locks of others."""
    opened = open_store(tmp_path / "floor.db")
    opened._writer._connection.execute("PRAGMA busy_timeout=0")
    await opened.commit([creation(AGENT)])
    yield opened
    opened.close()


@contextmanager
def another_writer(path: Path) -> Iterator[None]:
    """Hold the write lock as a program would that does not know the floor's lock."""
    connection = connect_writer(path)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


async def buy_one(store: SqliteStore, number: int, **changes: Any) -> object:
    """Commit a purchase and return what became of it."""
    (result,) = await store.commit([evolve(change(AGENT, placed(a_book(), buy(), a_ticket(number))), **changes)])
    return result


async def trade_ids(store: SqliteStore) -> list[str]:
    """Return the ids of the agent's trades, newest first."""
    return [trade.trade_id for trade in (await store.trades(TradeQuery("agt_1"))).items]


async def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """The folder too, when the store makes it."""
    path = tmp_path / "data" / "floor.db"
    store = open_store(path)
    await store.commit([creation(AGENT)])

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    store.close()
    assert modes == {"floor.db": 0o600, "floor.db-wal": 0o600, "floor.db-shm": 0o600, "floor.db.lock": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_second_program_is_kept_out_until_the_first_is_gone(tmp_path: Path) -> None:
    """The error names the file and what to do."""
    path = tmp_path / "floor.db"
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    first = open_store(path)
    for name in (path, link):
        with pytest.raises(FloorInUse, match=rf"{name.name} is in use .* DATABASE_PATH"):
            open_store(name)
    first.close()
    first.close()

    open_store(path).close()


def test_a_folder_of_data_is_one_floors(tmp_path: Path) -> None:
    """Until that one is gone; the folder is made where it is missing."""
    folder = tmp_path / "data"
    first = FolderLock(folder)
    with pytest.raises(FloorInUse, match=r"data is in use .* DATABASE_PATH to a file in another folder"):
        FolderLock(folder)
    first.release()
    FolderLock(folder).release()


def test_what_is_no_database_is_not_opened_and_not_locked(tmp_path: Path) -> None:
    """Both times for the same reason."""
    path = tmp_path / "floor.db"
    path.write_bytes(b"This is no database. " * 200)

    for _ in range(2):
        with pytest.raises(JournalUnavailable, match=r"cannot open .*floor\.db: file is not a database"):
            open_store(path)


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """To writers and to readers."""
    store = open_store(tmp_path / "floor.db")
    store.close()

    with pytest.raises(JournalUnavailable, match="closed"):
        await store.commit([creation(AGENT)])
    with pytest.raises(JournalUnavailable, match="closed"):
        await store.check()


async def test_an_existing_file_goes_on_where_it_was(tmp_path: Path) -> None:
    """The sequences too; opening it again migrates nothing."""
    path = tmp_path / "floor.db"
    first = open_store(path)
    await first.commit([creation(AGENT)])
    await buy_one(first, 1)
    first.close()

    second = open_store(path)
    result = await buy_one(second, 2)
    second.close()
    assert isinstance(result, Committed)
    assert [(place.seq, place.stream_seq) for place in result.recorded] == [(4, 4), (5, 5)]
    assert [finding.subject for finding in verify(path).findings] == ["portfolio agt_1", "usage agt_1 2026-02"]


async def test_a_full_disk_refuses_the_batch_and_lets_the_next_one_in_when_there_is_room(store: SqliteStore) -> None:
    """Nothing of the refused batch is there, and the chain goes on unbroken."""
    connection = store._writer._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    batch = [creation(an_agent(agent_id=f"agt_{number}")) for number in range(100, 400)]
    with pytest.raises(JournalUnavailable, match="cannot commit: database or disk is full"):
        await store.commit(batch)
    assert store.last_seq() == 1

    connection.execute("PRAGMA max_page_count=1000000")
    await store.commit(batch)
    assert store.last_seq() == 301
    assert verify(store.path).ok


async def test_a_log_that_cannot_be_written_refuses_the_batch_and_is_whole_afterwards(store: SqliteStore) -> None:
    """The system fails the write to the WAL itself, in the middle of a transaction."""
    wal_bytes = store.path.with_name("floor.db-wal").stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    batch = [creation(an_agent(agent_id=f"agt_{number}")) for number in range(100, 400)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal_bytes + 20_000, limits[1]))
    try:
        with pytest.raises(JournalUnavailable, match="cannot commit: "):
            await store.commit(batch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert store.last_seq() == 1

    await store.commit(batch)
    assert store.last_seq() == 301
    assert verify(store.path).ok


async def test_a_foreign_writer_is_an_error_and_no_harm(store: SqliteStore) -> None:
    """Each write says what it could not do; once the lock is gone, all work."""
    with another_writer(store.path):
        with pytest.raises(JournalUnavailable, match="cannot commit: database is locked"):
            await buy_one(store, 1)
        with pytest.raises(JournalUnavailable, match="cannot save prices: database is locked"):
            await store.save_prices({"AAPL": 1}, NOW_US)
        with pytest.raises(JournalUnavailable, match="cannot empty the outbox: database is locked"):
            await store.delivered([1])
        with pytest.raises(JournalUnavailable, match="cannot purge: database is locked"):
            await store.purge(NOW_US)
        assert await trade_ids(store) == []

    await buy_one(store, 1)
    assert await trade_ids(store) == ["trd_1"]


async def test_a_reader_that_stays_neither_waits_nor_makes_wait(store: SqliteStore) -> None:
    """It goes on seeing what it began with."""
    reader = connect_reader(store.path)
    reader.execute("BEGIN")
    count = "SELECT count(*) FROM trades"
    before = reader.execute(count).fetchone()
    await buy_one(store, 1)

    assert reader.execute(count).fetchone() == before
    reader.execute("ROLLBACK")
    assert reader.execute(count).fetchone() == (1,)
    reader.close()


async def test_a_damaged_file_is_an_error_of_the_query(store: SqliteStore) -> None:
    """The reader that met it is not used again."""
    store._writer._connection.execute("DROP TABLE prices")
    with pytest.raises(JournalUnavailable, match="no such table: prices"):
        store.prices()

    assert store.last_seq() == 1


async def test_a_commit_that_has_begun_is_finished_when_its_asker_is_cancelled(store: SqliteStore) -> None:
    """The cancellation comes while the thread works, and the asker still learns what was committed."""
    results: list[object] = []
    commit = store._writer.commit
    scope = trio.CancelScope()

    def cancel_and_commit(batch: Sequence[Commit]) -> Sequence[CommitResult]:
        trio.from_thread.run_sync(scope.cancel)
        return commit(batch)

    store._writer.commit = cancel_and_commit  # type: ignore[method-assign] # the moment that the test is about
    with scope:
        results.append(await buy_one(store, 1))

    assert scope.cancel_called
    assert [type(result) for result in results] == [Committed]
    assert await trade_ids(store) == ["trd_1"]


async def test_a_write_begins_before_other_tasks_take_their_turn() -> None:
    """A free writer is taken at once, so that the disk does not rest while others work; a taken one is waited for."""
    limiter = trio.CapacityLimiter(1)
    eagerly = Eagerly(limiter)
    with trio.testing.assert_no_checkpoints():
        await eagerly.acquire_on_behalf_of("first")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(eagerly.acquire_on_behalf_of, "second")
        await trio.testing.wait_all_tasks_blocked()
        assert limiter.statistics().borrowers == ["first"]
        eagerly.release_on_behalf_of("first")
    assert limiter.statistics().borrowers == ["second"]


async def test_text_that_is_no_unicode_is_refused_alone(store: SqliteStore) -> None:
    """Wherever it stands; half a surrogate pair arrives in JSON as an escape."""
    agent, bad = an_agent(agent_id="agt_2"), "\ud800"
    batch = [
        creation(evolve(agent, name=bad)),
        evolve(creation(agent), stream=bad),
        evolve(creation(agent), correlation_id=bad),
        evolve(creation(agent), claim=IdempotencyClaim("usr", bad, "f")),
        creation(agent),
    ]

    results = await store.commit(batch)

    assert [type(result) for result in results] == [Unstorable] * 4 + [Committed]
    assert verify(store.path).ok


async def test_a_second_trade_under_one_id_breaks_the_batch_and_nothing_else(store: SqliteStore) -> None:
    """It is a defect of whoever made the id, and is told as such."""
    await buy_one(store, 1)
    with pytest.raises(IntegrityError, match=r"trades\.trade_id"):
        await buy_one(store, 1)

    await buy_one(store, 2)
    assert await trade_ids(store) == ["trd_2", "trd_1"]
    assert store.last_seq() == 5


async def test_streams_beyond_those_remembered_are_looked_up(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their sequence goes on as if it had been remembered."""
    monkeypatch.setattr(writer, "STREAMS_REMEMBERED_MAX", 0)
    await buy_one(store, 1)
    await store.commit([creation(an_agent(agent_id="agt_2"))])
    result = await buy_one(store, 2)

    assert isinstance(result, Committed)
    assert [place.stream_seq for place in result.recorded] == [4, 5]


async def test_old_keys_go_in_portions(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, and the young ones stay."""
    monkeypatch.setattr(purge, "CLAIMS_PER_TRANSACTION", 1)
    claims = [IdempotencyClaim("usr", f"key-{number}", "f") for number in range(3)]
    for number, claim in enumerate(claims):
        await buy_one(store, number, claim=claim, at_us=NOW_US + number)

    await store.purge(NOW_US + DAY_US + 2)

    assert [await store.claimed(claim) is None for claim in claims] == [True, True, False]


async def test_the_log_can_only_grow(store: SqliteStore) -> None:
    """Whoever has the file open, a plain statement does not change it."""
    connection = store._writer._connection
    for statement in ("UPDATE events SET data = '{}'", "DELETE FROM events"):
        with pytest.raises(IntegrityError, match="append-only"):
            connection.execute(statement)


async def test_what_a_newer_program_wrote_is_not_guessed_at(store: SqliteStore) -> None:
    """An event or delivery of a type that is not known names it."""
    connection = store._writer._connection
    connection.execute(
        "INSERT INTO events SELECT 2, stream, 2, at_us, 'agent.promoted', NULL, principal, data, hash FROM events"
    )
    connection.execute("UPDATE outbox SET type = 'telegram'")

    with pytest.raises(ValueError, match=r"agent\.promoted"):
        await store.events(None, 0, 10)
    with pytest.raises(ValueError, match="telegram"):
        await store.outbox(Channel.METERING, 0, 10)


def test_the_version_of_sqlite_is_known_and_has_no_reset_bug() -> None:
    """3.51.3 is the first without it."""
    assert tuple(map(int, sqlite_version().split("."))) >= FIXED_VERSION
    assert not has_wal_reset_bug()
    assert has_wal_reset_bug((3, 51, 2))
    assert not has_wal_reset_bug((3, 51, 3))


async def test_what_waits_in_the_outbox_is_counted(store: SqliteStore) -> None:
    """By channel, those without anything too, with the time of the commit that the oldest entry belongs to."""
    await buy_one(store, 1)
    await buy_one(store, 2, at_us=NOW_US + 7)
    nothing = Backlog(0, None)
    assert await store.backlogs() == {
        Channel.METERING: Backlog(5, NOW_US),
        Channel.OVERSIGHT: nothing,
        Channel.NOTIFY: nothing,
    }
    oldest = await store.outbox(Channel.METERING, 0, 3)
    await store.delivered([entry.entry_id for entry in oldest])
    assert (await store.backlogs())[Channel.METERING] == Backlog(2, NOW_US + 7)


async def test_a_look_at_a_full_outbox_reads_little_of_it(
    store: SqliteStore,
) -> None:
    """It counts up to a bound, and finds the oldest entry and its event by their keys."""
    connection = store._writer._connection
    connection.execute(
        "INSERT INTO outbox WITH RECURSIVE n(i) AS (SELECT 1024 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " SELECT 'notify', i, 'notification', '{}' FROM n",
        (1_023 + OUTBOX_COUNTED_MAX + 1,),
    )
    assert (await store.backlogs())[Channel.NOTIFY] == Backlog(OUTBOX_COUNTED_MAX, NOW_US)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {queries._BACKLOG}", {"channel": "notify"})]
    assert [step for step in plan if step.startswith(("SCAN outbox", "SCAN events"))] == []


async def test_minutes_kept_no_longer_go_in_steps(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between them commits go on."""
    monkeypatch.setattr(bars, "MINUTES_PER_TRANSACTION", 1)
    minutes = [Bar("KO", number * MINUTE_US, 1, 1, 1, 1, 1) for number in range(3)]
    await store.save_bars(minutes)
    await store.purge(MINUTES_KEPT_US + 2 * MINUTE_US)
    assert await store.bars("KO", 0, 3 * MINUTE_US, Interval.MINUTE) == minutes[2:]
