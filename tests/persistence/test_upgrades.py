"""A database of every earlier schema is brought up to date by a start, with all that it holds."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlite_utils import Database

from persistence.schema import migrations
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
