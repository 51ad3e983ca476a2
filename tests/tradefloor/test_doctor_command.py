"""`tradefloor doctor` on real files, ports and services."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import trio
from click.testing import CliRunner
from sqlite_utils import Database

from net.grpc.embedded import serve_metering
from persistence.services.metering_store import SqliteMeteringStore
from persistence.sqlite import connect_writer, log_of
from persistence.store import open_store
from tests.actors.builders import an_agent
from tests.persistence.commits import creation
from tradefloor.commands.doctor import doctor


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Provide a floor with one agent, in a folder of its owner's alone."""
    store = open_store(tmp_path / "data" / "floor.db")
    trio.run(store.commit, [creation(an_agent())])
    store.close()
    return store.path


def found(database: Path, *flags: str) -> tuple[int, dict[str, Any]]:
    """Run the doctor on a free port, and return its exit status and the findings by subject."""
    arguments = ["--json", "--port", "0", "--database-path", str(database), *flags]
    result = CliRunner().invoke(doctor, arguments)
    document = json.loads(result.stdout)
    assert document["ok"] == (result.exit_code == 0)
    return result.exit_code, {finding["subject"]: finding for finding in document["findings"]}


def test_a_floor_in_order(database: Path) -> None:
    """Everything is looked at; the database is described."""
    status, findings = found(database)
    assert status == 0
    assert {"settings", "port", "disk", "file modes", "sqlite", "database", "clock", "open files"} <= set(findings)
    assert {"metering service", "oversight service"} <= set(findings)
    assert "1 events" in findings["database"]["text"]
    assert findings["file modes"]["grade"] == "ok"


def test_what_a_running_floor_has_not_put_into_its_database_yet_counts(tmp_path: Path) -> None:
    """A floor's last megabytes are in the log beside its database."""
    store = open_store(tmp_path / "data" / "floor.db")
    trio.run(store.commit, [creation(an_agent())])
    _, findings = found(store.path)
    database_bytes, log_bytes = store.path.stat().st_size, log_of(store.path).stat().st_size
    store.close()
    assert database_bytes < log_bytes
    assert findings["database"]["text"].endswith(f": 1 events, {(database_bytes + log_bytes) / 1e6:.1f} MB")


def test_before_the_first_start(tmp_path: Path) -> None:
    """What is not there yet is no problem, and is not made."""
    status, findings = found(tmp_path / "new" / "data" / "floor.db")
    assert status == 0
    assert "made at the first start" in findings["database"]["text"]
    assert list(tmp_path.iterdir()) == []


def test_problems_and_their_mends(database: Path) -> None:
    """Open modes, a service that is away and a taken port, for people."""
    database.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as away:
        address = f"127.0.0.1:{away.getsockname()[1]}"
    flags = ["--port", "0", "--database-path", str(database), "--metering-grpc-address", address]
    result = CliRunner().invoke(doctor, flags)
    assert result.exit_code == 1
    assert f"-> chmod 600 {database}" in result.output
    assert f"no answer from {address}" in result.output
    assert result.output.splitlines()[-1] == "Problems: 1, warnings: 1."


def test_a_port_that_is_taken(database: Path) -> None:
    """By something that is no floor."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, findings = found(database, "--port", str(taken.getsockname()[1]))
    assert (status, findings["port"]["grade"]) == (1, "problem")
    assert findings["port"]["text"].endswith(": Address already in use")


def test_a_service_elsewhere(database: Path, tmp_path: Path) -> None:
    """One that answers is well."""
    store = SqliteMeteringStore(tmp_path / "metering.db")
    with serve_metering(store, lambda: 0) as address:
        status, findings = found(database, "--metering-grpc-address", address)
    store.close()
    assert (status, findings["metering service"]["grade"]) == (0, "ok")


@pytest.mark.parametrize("content", [b"notes" * 1_000, b""], ids=["text", "empty"])
def test_a_file_that_is_no_floor(tmp_path: Path, content: bytes) -> None:
    """Is a problem."""
    (tmp_path / "floor.db").write_bytes(content)
    status, findings = found(tmp_path / "floor.db")
    assert (status, findings["database"]["grade"]) == (1, "problem")


def test_a_database_of_a_newer_version(database: Path) -> None:
    """Is named as such."""
    connection = connect_writer(database)
    row = {"migration_set": "tradefloor", "name": "m999_future", "applied_at": "2030-01-01"}
    Database(connection).table("_sqlite_migrations").insert(row)
    connection.close()
    status, findings = found(database)
    assert status == 1
    assert "m999_future" in findings["database"]["text"]


def test_a_damaged_file_of_an_embedded_service(database: Path) -> None:
    """It alone is to be replaced, as the log of trades goes on."""
    metering = database.with_name("metering.db")
    metering.write_bytes(b"This is no database. " * 200)
    status, findings = found(database)
    assert (status, findings["metering service"]["grade"]) == (1, "problem")
    assert findings["metering service"]["mend"].endswith(f"cp FILE.metering {metering}")
    assert findings["oversight service"]["grade"] == "ok"
