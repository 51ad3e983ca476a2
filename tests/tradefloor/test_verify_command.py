"""`tradefloor verify`: the exit status says whether all is well."""

import json
from pathlib import Path

import pytest
import trio
from click.testing import CliRunner

from persistence.sqlite import connect_writer
from persistence.store import open_store
from tests.actors.builders import an_agent
from tests.actors.builders import held_purchase as held
from tests.persistence.commits import change, creation
from tradefloor.commands.verify import verify


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Provide the file of a floor with one agent and a trade that waits."""
    agent = an_agent()
    store = open_store(tmp_path / "floor.db")
    trio.run(store.commit, [creation(agent), change(agent, held())])
    store.close()
    return store.path


def test_all_is_well(path: Path) -> None:
    """A floor in order passes, and the report says how long its log is."""
    result = CliRunner().invoke(verify, [str(path)])
    assert result.exit_code == 0
    assert "3 events, all is well" in result.output


def test_tampering_shows(path: Path) -> None:
    """A row that somebody changed is a finding, as text and as JSON."""
    connection = connect_writer(path)
    connection.execute("UPDATE portfolios SET cash_micros = cash_micros + 1")
    connection.commit()
    connection.close()
    result = CliRunner().invoke(verify, [str(path)])
    assert result.exit_code == 1
    assert "keep a copy of the file" in result.output
    document = json.loads(CliRunner().invoke(verify, [str(path), "--json"]).output)
    assert document["ok"] is False
    assert document["findings"]


def test_no_database(tmp_path: Path) -> None:
    """A file that is no database is neither well nor unwell."""
    other = tmp_path / "notes.txt"
    other.write_text("not a database, though long enough to be taken for one " * 40)
    result = CliRunner().invoke(verify, [str(other)])
    assert result.exit_code == 2
    assert "cannot be read" in result.output
