"""`tradefloor export`: every format says the same, exactly, and filters choose."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import trio
from click.testing import CliRunner, Result

from persistence.store import open_store
from tests.actors.builders import a_ticket, an_agent, buy, held_purchase, placed
from tests.persistence.commits import change, creation
from tradefloor import exporting
from tradefloor.commands.export import export

AGENT, OTHER = an_agent(), an_agent(agent_id="agt_2")
ODD_MICROS = 1_234_567
BOUGHT = placed(held_purchase().book, buy(), a_ticket(2, price_micros=ODD_MICROS))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Provide a floor with two agents: one with a trade that waits and a filled one, one without."""
    store = open_store(tmp_path / "floor.db")
    trio.run(store.commit, [creation(AGENT), creation(OTHER), change(AGENT, held_purchase()), change(AGENT, BOUGHT)])
    store.close()
    return store.path


def run(database: Path, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(export, [*arguments, "--database-path", str(database)])


def test_trades_say_the_same_in_every_format(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Money is exact to the micro-dollar; what has no value is null, or nothing in CSV."""
    monkeypatch.setattr(exporting, "ROWS_PER_GROUP", 1)
    lines = list(csv.DictReader(io.StringIO(run(database, "trades").stdout)))
    objects = [json.loads(line) for line in run(database, "trades", "--format", "jsonl").stdout.splitlines()]
    file = database.with_name("trades.parquet")
    result = run(database, "trades", "--format", "parquet", "--output", str(file))
    assert result.exit_code == 0, result.output
    rows = pq.read_table(file).to_pylist()
    assert [line["tradeId"] for line in lines] == ["trd_1", "trd_2"]
    assert [line["tradeId"] for line in objects] == [row["tradeId"] for row in rows] == ["trd_1", "trd_2"]
    assert (lines[0]["executedPrice"], lines[1]["executedPrice"]) == ("", "1.234567")
    assert [line["executedPrice"] for line in objects] == [None, 1.234567]
    assert [row["executedPrice"] for row in rows] == [None, Decimal("1.234567")]
    assert lines[1]["submittedAt"] == objects[1]["submittedAt"] == "2026-02-17T12:00:00.000000Z"
    assert rows[1]["submittedAt"].isoformat() == "2026-02-17T12:00:00+00:00"
    assert rows[1]["quantity"] == objects[1]["quantity"] == int(lines[1]["quantity"]) == 10


def test_events_are_those_of_the_log(database: Path) -> None:
    """In their order, with what they are about as the API shows it, and their hashes."""
    objects = [json.loads(line) for line in run(database, "events", "--format", "jsonl").stdout.splitlines()]
    assert [line["seq"] for line in objects] == list(range(1, 7))
    assert objects[0]["data"]["name"] == AGENT.name
    assert {len(line["hash"]) for line in objects} == {64}
    file = database.with_name("events.parquet")
    assert run(database, "events", "--format", "parquet", "--output", str(file)).exit_code == 0
    rows = pq.read_table(file).to_pylist()
    assert [json.loads(row["data"]) for row in rows] == [line["data"] for line in objects]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("trades", "--agent", "agt_2"), 0),
        (("trades", "--symbol", "tsla"), 1),
        (("trades", "--status", "completed"), 1),
        (("trades", "--from", "2026-02-18"), 0),
        (("trades", "--to", "2026-02-17T12:00:01Z"), 2),
        (("events", "--type", "trade.created"), 2),
        (("events", "--after", "5"), 1),
        (("events", "--agent", "agt_2"), 1),
    ],
)
def test_filters(database: Path, arguments: tuple[str, ...], expected: int) -> None:
    """Each leaves out what it does not name."""
    result = run(database, *arguments, "--format", "jsonl")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trades", "--format", "parquet"), "name it with --output"),
        (("trades", "--output", "{there}"), "replace it with --force"),
        (("trades", "--output", "{there}/below"), "cannot write"),
        (("trades", "--from", "yesterday"), "or a date such as 2026-01-31"),
        (("trades", "--status", "lost"), "pending_approval"),
    ],
)
def test_what_is_in_the_way(database: Path, arguments: tuple[str, ...], message: str) -> None:
    """It is said with what to do about it."""
    there = database.with_name("there.csv")
    there.write_text("an older export")
    result = run(database, *(argument.format(there=there) for argument in arguments))
    assert result.exit_code != 0
    assert message in result.output
    assert there.read_text() == "an older export"


def test_no_database(tmp_path: Path) -> None:
    """A file that is missing, or is none."""
    assert "name the floor's database" in run(tmp_path / "none.db", "trades").output
    (tmp_path / "notes.txt").write_text("no database" * 400)
    result = run(tmp_path / "notes.txt", "trades")
    assert result.exit_code == 1
    assert "cannot read" in result.output


def test_a_file_is_replaced_when_that_is_asked_for(database: Path) -> None:
    """And nothing half done is left beside it."""
    file = database.with_name("trades.csv")
    file.write_text("an older export")
    assert run(database, "trades", "--output", str(file), "--force").exit_code == 0
    assert file.read_text().startswith("tradeId,")
    assert [path.name for path in file.parent.iterdir() if path.name.endswith(".part")] == []
