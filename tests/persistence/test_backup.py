"""A copy of a database that others write to is what it was at one moment."""

from pathlib import Path

import pytest
import trio

from persistence import backup
from persistence.backup import back_up, copy_database, restore
from persistence.store import open_store
from persistence.verify import verify
from tests.actors.builders import a_ticket, an_agent, buy, placed
from tests.persistence.commits import change, creation

AGENT = an_agent()


def test_commits_during_a_copy_neither_show_nor_make_it_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two steps there is a commit; the copy goes on step by step, and holds none of them."""
    monkeypatch.setattr(backup, "PAGES_PER_STEP", 4)
    store = open_store(tmp_path / "floor.db")
    trio.run(store.commit, [creation(AGENT)])
    ((agent, book),) = store.agents()
    steps: list[int] = []

    def commit(done: int, _total: int) -> None:
        nonlocal book
        outcome = placed(book, buy(quantity=1), a_ticket(len(steps), price_micros=1_000_000))
        book = outcome.book
        store._writer.commit([change(agent, outcome)])
        steps.append(done)

    copy_database(store.path, tmp_path / "copy.db", commit)
    store.close()
    assert steps == sorted(set(steps))
    assert len(steps) > 5
    assert verify(tmp_path / "copy.db").events == 1
    assert verify(store.path).events == 1 + 2 * len(steps)


def test_a_floor_is_in_its_place_until_the_copy_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore that is cut short leaves the floor of before, unless that happens between two names being changed."""
    database, file = tmp_path / "data" / "floor.db", tmp_path / "backup"
    store = open_store(database)
    trio.run(store.commit, [creation(AGENT)])
    store.close()
    back_up(database, file, {}, lambda _done, _total: None, force=False)
    synced: list[str] = []

    def sync(path: Path) -> None:
        assert database.exists()
        synced.append(path.name)

    monkeypatch.setattr(backup, "_sync", sync)
    restore(file, database, {}, lambda _done, _total: None, kept_as="before")
    assert synced == [".floor.db.part", "data"]
    assert verify(database).ok
    assert verify(database.with_name("floor.db.before")).ok
