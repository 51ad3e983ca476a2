"""`tradefloor audit`."""

import json
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner

from persistence.store import open_store
from tests.actors.builders import an_agent
from tests.persistence.commits import a_user, creation, enrolment
from tradefloor.commands.audit import audit


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return a database in which somebody was added and an agent made."""
    path = tmp_path / "floor.db"
    store = open_store(path)
    trio.run(store.commit, [enrolment(a_user()), creation(an_agent())])
    store.close()
    return path


def test_entries_are_listed_one_a_line(database: Path) -> None:
    """With the sequence, the time, the type, what it is about, who did it, and the beginning of the hash."""
    result = CliRunner().invoke(audit, [str(database)])
    assert result.exit_code == 0
    first, second = result.output.splitlines()
    assert "user.changed" in first
    assert first.split()[:2] == ["1", "2026-02-17T12:00:00.000000Z"]
    assert "agent.created" in second
    assert "agt_1  by Olive Owner (usr_owner)" in second


def test_json_is_one_object_a_line_and_pages_by_sequence(database: Path) -> None:
    """As the API shows it."""
    result = CliRunner().invoke(audit, [str(database), "--json", "--after", "1", "--limit", "1"])
    (entry,) = [json.loads(line) for line in result.output.splitlines()]
    assert (entry["seq"], entry["type"], entry["actor"]["name"]) == (2, "agent.created", "Olive Owner")
    assert len(entry["hash"]) == 64
    assert "--after 1" in CliRunner().invoke(audit, [str(database), "--limit", "1"]).output


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    """With the exit status 2."""
    path = tmp_path / "floor.db"
    path.write_bytes(b"not a database, whatever its name says" * 100)
    result = CliRunner().invoke(audit, [str(path)])
    assert result.exit_code == 2
    assert "cannot be read" in result.output
