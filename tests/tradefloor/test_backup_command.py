"""`tradefloor backup` and `tradefloor restore`: what is there afterwards, and what stands in the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner, Result

from persistence.files import FolderLock
from persistence.services.metering_store import SqliteMeteringStore
from persistence.sqlite import connect_writer
from persistence.store import SqliteStore, open_store
from persistence.verify import verify
from tests.actors.builders import an_agent, held_purchase
from tests.persistence.commits import change, creation
from tradefloor.commands.backup import backup
from tradefloor.commands.restore import restore

AGENT = an_agent()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Provide an open floor with one agent."""
    (tmp_path / "data").mkdir()
    opened = open_store(tmp_path / "data" / "floor.db")
    trio.run(opened.commit, [creation(AGENT)])
    yield opened
    opened.close()


def run(command: object, file: Path, database: Path, *flags: str) -> Result:
    """Run one of the two commands."""
    return CliRunner().invoke(command, [str(file), "--database-path", str(database), *flags])  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    """Return the names in a folder that are not SQLite's or the lock's."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm", ".lock")))


def test_a_backup_of_a_floor_in_use_and_back(store: SqliteStore, tmp_path: Path) -> None:
    """The backup is the floor of then, in one private file; restoring keeps what was there."""
    file = tmp_path / "backup.db"
    SqliteMeteringStore(store.path.with_name("metering.db")).close()
    result = run(backup, file, store.path)
    assert result.exit_code == 0, result.output
    assert f"{file}: 1 events" in result.output
    assert names(tmp_path) == ["backup.db", "backup.db.metering", "data"]
    assert file.stat().st_mode & 0o777 == 0o600
    trio.run(store.commit, [change(AGENT, held_purchase())])
    store.close()

    refused = run(restore, file, store.path)
    assert refused.exit_code == 1
    assert "exists already; --force" in refused.output
    result = run(restore, file, store.path, "--force")
    assert result.exit_code == 0, result.output
    assert verify(store.path).events == 1
    kept = [name for name in names(store.path.parent) if ".before-restore-" in name]
    assert [name.partition(".before")[0] for name in kept] == ["floor.db", "metering.db"]
    assert verify(store.path.with_name(kept[0])).events == 3
    reopened = open_store(store.path)
    assert [agent.agent_id for agent, _ in reopened.agents()] == [AGENT.agent_id]
    reopened.close()


def test_a_name_that_is_taken(store: SqliteStore, tmp_path: Path) -> None:
    """An older backup is replaced only when that is asked for."""
    file = tmp_path / "backup.db"
    file.write_text("the backup of yesterday")
    refused = run(backup, file, store.path)
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert file.read_text() == "the backup of yesterday"
    assert run(backup, file, store.path, "--force").exit_code == 0
    assert verify(file).ok


def test_a_floor_that_runs_is_not_replaced(store: SqliteStore, tmp_path: Path) -> None:
    """Even with --force."""
    file = tmp_path / "backup.db"
    assert run(backup, file, store.path).exit_code == 0
    refused = run(restore, file, store.path, "--force")
    assert refused.exit_code == 1
    assert "stop the floor first" in refused.output


def test_what_others_use_beside_the_floor_is_not_replaced(store: SqliteStore, tmp_path: Path) -> None:
    """Neither another floor's folder nor the file of a service that runs alone."""
    file, folder = tmp_path / "backup.db", store.path.parent
    assert run(backup, file, store.path).exit_code == 0
    store.close()
    for used in (FolderLock(folder), SqliteMeteringStore(folder / "metering.db")):
        refused = run(restore, file, folder / "another.db", "--force")
        assert refused.exit_code == 1
        assert "stop the floor first" in refused.output
        used.release() if isinstance(used, FolderLock) else used.close()
    assert run(restore, file, folder / "another.db", "--force").exit_code == 0


def test_what_does_not_verify_is_no_backup(store: SqliteStore, tmp_path: Path) -> None:
    """Neither is it made, nor does it replace anything; nothing half done is left."""
    file = tmp_path / "backup.db"
    assert run(backup, file, store.path).exit_code == 0
    store.close()
    for path in (file, store.path):
        connection = connect_writer(path)
        connection.execute("UPDATE portfolios SET cash_micros = cash_micros + 1")
        connection.close()
    refused = run(backup, tmp_path / "other.db", store.path)
    assert refused.exit_code == 1
    assert "no backup was made" in refused.output
    refused = run(restore, file, store.path, "--force")
    assert refused.exit_code == 1
    assert "nothing was touched" in refused.output
    assert names(tmp_path) == ["backup.db", "data"]
    assert names(store.path.parent) == ["floor.db"]


@pytest.mark.parametrize("content", [b"", b"no database" * 400], ids=["empty", "text"])
def test_what_is_no_floor(content: bytes, tmp_path: Path) -> None:
    """Another file is refused, in both directions."""
    other, database = tmp_path / "other", tmp_path / "data" / "floor.db"
    other.write_bytes(content)
    refused = run(restore, other, database)
    assert refused.exit_code == 1
    assert "nothing was touched" in refused.output
    refused = run(backup, tmp_path / "backup.db", other)
    assert refused.exit_code == 1
    assert "no backup was made" in refused.output
    assert names(tmp_path) == ["data", "other"]
    assert names(tmp_path / "data") == []


def test_nothing_to_back_up_and_nowhere_to_put_it(store: SqliteStore, tmp_path: Path) -> None:
    """The message names what is missing."""
    assert "name the floor's database" in run(backup, tmp_path / "backup.db", tmp_path / "none.db").output
    refused = run(backup, tmp_path / "nowhere" / "backup.db", store.path)
    assert refused.exit_code == 1
    assert "No such file or directory" in refused.output


def test_a_log_without_its_database_does_not_come_back(store: SqliteStore, tmp_path: Path) -> None:
    """SQLite would replay it into the restored file."""
    file = tmp_path / "backup.db"
    assert run(backup, file, store.path).exit_code == 0
    database = tmp_path / "other" / "floor.db"
    database.parent.mkdir()
    database.with_name("floor.db-wal").write_bytes(b"a log that nobody knows")
    assert run(restore, file, database).exit_code == 1
    assert run(restore, file, database, "--force").exit_code == 0
    assert verify(database).ok
