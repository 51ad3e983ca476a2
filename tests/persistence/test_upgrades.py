"""A database of every earlier schema is brought up to date by a start, with all that it holds."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlite_utils import Database

from actors.errors import JournalUnavailable
from actors.ports.metering import MeteringUnavailable
from persistence.backup import back_up
from persistence.schema import migrations
from persistence.services.metering_store import SqliteMeteringStore
from persistence.sqlite import Connection, connect_reader, connect_writer
from persistence.store import open_store
from persistence.verify import verify
from tests.actors.builders import a_ticket, an_agent, buy, held_purchase, placed
from tests.persistence.commits import a_user, change, creation, enrolment

NAMES = [migration.name for migration in migrations._migrations]
AGENT = an_agent()
HISTORY = (enrolment(a_user()), creation(AGENT), change(AGENT, held_purchase()))


def tables(connection: Connection) -> Sequence[str]:
    """Return the names of the floor's tables."""
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%sqlite%'")
    return [name for (name,) in rows]


def schema(path: Path) -> set[tuple[str, str]]:
    """Return the definitions of a database's tables, indices and triggers."""
    connection = connect_reader(path)
    found = set(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    connection.close()
    return found


def let_a_newer_version_have(path: Path, migration_set: str) -> None:
    """Note in a database that a migration was applied which this version does not have."""
    connection = connect_writer(path)
    row = {"migration_set": migration_set, "name": "m999_future", "applied_at": "2030-01-01"}
    Database(connection).table("_sqlite_migrations").insert(row)
    connection.close()


@pytest.fixture(scope="module")
def current(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a database of the current schema with a person, an agent and a trade that waits."""
    store = open_store(tmp_path_factory.mktemp("current") / "floor.db")
    store._writer.commit(HISTORY)
    store.close()
    return store.path


@pytest.mark.parametrize("applied", range(1, len(NAMES) + 1))
async def test_an_upgrade(applied: int, current: Path, tmp_path: Path) -> None:
    """From the schema of so many migrations: all is there, it verifies, and trading goes on."""
    path = tmp_path / "floor.db"
    connection = connect_writer(path)
    migrations.apply(Database(connection), stop_before=NAMES[applied:])
    connection.execute("ATTACH ? AS current", (f"file:{current}",))
    for table in tables(connection):
        connection.execute(f"INSERT INTO {table} SELECT * FROM current.{table}")  # noqa: S608 -- our own names
    connection.close()

    store = open_store(path)
    ((agent, book),) = store.agents()
    assert (agent, book) == (AGENT, HISTORY[2].book)
    await store.commit([change(AGENT, placed(book, buy(), a_ticket(2)))])
    store.close()
    assert [str(finding) for finding in verify(path).findings] == []
    assert schema(path) == schema(current)


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """It says what to do; neither a floor nor a service writes beside a state that it does not know of."""
    open_store(tmp_path / "floor.db").close()
    SqliteMeteringStore(tmp_path / "metering.db").close()
    let_a_newer_version_have(tmp_path / "floor.db", "tradefloor")
    let_a_newer_version_have(tmp_path / "metering.db", "metering")
    before = {path: path.read_bytes() for path in tmp_path.glob("*.db")}
    reason = r"newer Tradefloor \(it has m999_future\); install that version, or restore"

    with pytest.raises(JournalUnavailable, match=rf"cannot open .*floor\.db: it was made by a {reason}"):
        open_store(tmp_path / "floor.db")
    with pytest.raises(MeteringUnavailable, match=rf"cannot open .*metering\.db: it was made by a {reason}"):
        SqliteMeteringStore(tmp_path / "metering.db")
    with pytest.raises(JournalUnavailable, match=reason):
        back_up(tmp_path / "floor.db", tmp_path / "backup", {}, lambda _done, _total: None, force=False)
    assert {path: path.read_bytes() for path in tmp_path.glob("*.db")} == before
