"""Verification passes what the store wrote, and names what somebody changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.desk import resolve_approval
from actors.errors import JournalUnavailable
from actors.model import AgentStatus
from persistence import findings
from persistence.memory import MemoryStore
from persistence.sqlite import connect_writer
from persistence.store import open_store
from persistence.verify import Report, verify
from persistence.verify_streams import Counts
from tests.actors.builders import DAY_US, NOW_US, TSLA_MICROS, a_decision, a_ticket, an_agent, buy, placed
from tests.actors.builders import held_purchase as held
from tests.persistence.commits import a_user, change, control, creation, enrolment, status_change

AGENT = an_agent()
GONE = an_agent(agent_id="agt_gone")
HISTORY = (
    creation(AGENT),
    change(AGENT, held()),
    change(AGENT, resolve_approval(held().book, AGENT, "ovr_1", a_decision(), TSLA_MICROS)),
    enrolment(a_user()),
    creation(GONE),
    status_change(GONE, AgentStatus.DELETED),
)
RESTING = placed(HISTORY[2].book or held().book, buy("TSLA", 5), a_ticket(2), threshold_micros=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Provide the file of a floor that was closed in order: a filled trade, one that waits, a purged agent."""

    async def trade() -> None:
        await store.commit([*HISTORY, change(AGENT, RESTING)])
        await store.purge(NOW_US + 91 * DAY_US)

    store = open_store(tmp_path / "floor.db")
    trio.run(trade)
    store.close()
    return store.path


def tamper(path: Path, *statements: str) -> Report:
    """Change the file behind the floor's back and verify it."""
    connection = connect_writer(path)
    for trigger in ("events_never_change", "events_never_go"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return verify(path)


def messages(report: Report) -> Iterator[str]:
    """Yield each finding as it is printed."""
    return (str(finding) for finding in report.findings)


async def test_a_floor_in_order_passes_with_its_counts_and_the_end_of_its_log(path: Path) -> None:
    """The hash is the one that the memory store digests the same commits to."""
    memory = MemoryStore()
    await memory.commit([*HISTORY, change(AGENT, RESTING)])

    report = verify(path)

    assert list(messages(report)) == []
    assert report.ok
    assert report.counts == Counts(agents=2, purged=1, users=1, trades=2, approvals=2)
    assert (report.events, report.head_hash) == (memory.last_seq(), memory.digest())


async def test_a_floor_in_use_is_verified_as_it_was_at_one_moment(tmp_path: Path) -> None:
    """And is not kept from going on."""
    store = open_store(tmp_path / "floor.db")
    await store.commit(HISTORY)
    assert verify(store.path).ok
    await store.commit([change(AGENT, RESTING)])
    assert verify(store.path).ok
    store.close()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE events SET data = replace(data, '\"quantity\":500', '\"quantity\":501') WHERE seq = 2",
            "event 2: (trade.created, the 2. of agt_1) was changed",
        ),
        ("UPDATE events SET at_us = at_us + 1 WHERE seq = 3", "event 3: (oversight.request, the 3. of agt_1)"),
        ("UPDATE events SET principal = replace(principal, 'Olive', 'Oskar') WHERE seq = 1", "event 1: (agent.created"),
        ("UPDATE events SET hash = zeroblob(32) WHERE seq = 4", "event 4: (oversight.approved"),
        ("UPDATE events SET data = CAST(x'7bff7d' AS TEXT) WHERE seq = 5", "event 5: (trade.executed"),
        ("UPDATE events SET stream_seq = 9 WHERE seq = 4", "event 4: is the 9. of agt_1, and comes as the 4."),
        ("DELETE FROM events WHERE seq = 3", "event 4: follows event 2: what was between is missing"),
        ("DELETE FROM events WHERE seq = 1", "stream agt_1: event 2 cannot follow: StreamBroken"),
        ("DELETE FROM events WHERE seq = 10", "trade trd_2: its row is"),
        ("UPDATE events SET stream = 'usr_1' WHERE seq = 5", "stream usr_1: event"),
        ("UPDATE events SET stream = 'agt_1' WHERE seq = 6", "user.changed has no place in an agent's stream"),
        ("UPDATE events SET stream = 'agt_1' WHERE seq = 7", "the agent is created a second time"),
        ("UPDATE agents SET status = 'failed' WHERE agent_id = 'agt_1'", "agent agt_1: its row is not"),
        ("UPDATE agents SET data = replace(data, 'Test', 'Fake')", "agent agt_1: its row is not"),
        ("DELETE FROM agents WHERE agent_id = 'agt_1'", "agent agt_1: its row is missing, and it was not purged"),
        ("UPDATE portfolios SET cash_micros = cash_micros + 1", "portfolio agt_1: it is not what"),
        ("UPDATE portfolios SET positions = '{}'", "portfolio agt_1: it is not what"),
        ("DELETE FROM portfolios", "portfolio agt_1: its row, or that of its usage, is missing"),
        ("UPDATE usage SET api_calls = 0", "usage agt_1 2026-02: it is not what"),
        ("INSERT INTO usage VALUES ('agt_1', '2026-01', 1, 0, '{}')", "usage agt_1 2026-01: it is not what"),
        ("UPDATE trades SET status = 'failed' WHERE trade_id = 'trd_1'", "trade trd_1: its row is"),
        ("UPDATE trades SET seq = 1 WHERE trade_id = 'trd_2'", "trade trd_2: its row is"),
        ("DELETE FROM trades WHERE trade_id = 'trd_1'", "trade trd_1: the log has it, and its row is missing"),
        (
            "INSERT INTO trades VALUES ('agt_1', 99, 'trd_9', 99, 'completed', 'AAPL', 1, NULL)",
            "agent agt_1: has 3 rows in trades, and 2 in the log",
        ),
        ("UPDATE approvals SET status = 'expired' WHERE request_id = 'ovr_1'", "approval ovr_1: its row is"),
        ("DELETE FROM approvals WHERE request_id = 'ovr_2'", "approval ovr_2: the log has it"),
        (
            "INSERT INTO approvals VALUES (99, 'ovr_9', 'agt_1', 'usr_1', 'trd_1', 99, 'approved')",
            "agent agt_1: has 3 rows in approvals, and 2 in the log",
        ),
        ("UPDATE users SET role = 'admin'", "user usr_1: the row is not what"),
        ("UPDATE users SET email_key = 'somebody@else'", "user usr_1: the row is not what"),
        ("DELETE FROM users", "user usr_1: the row is not what"),
        (
            "INSERT INTO users VALUES ('usr_2', 'e', 'e', 'admin', '', 1, 0)",
            "user_id usr_2: it has rows in users, and no events",
        ),
        ("INSERT INTO purged VALUES ('agt_9', 1)", "agent_id agt_9: it has rows in purged, and no events"),
        ("INSERT INTO purged VALUES ('agt_1', 1)", "agent agt_1: it was purged, and not deleted 90 days before"),
        ("UPDATE purged SET purged_at_us = 1", "agent agt_gone: it was purged, and not deleted 90 days before"),
        (
            "INSERT INTO usage VALUES ('agt_gone', '2026-02', 0, 0, '{}')",
            "agent agt_gone: it was purged, and still has rows in usage",
        ),
        ("DELETE FROM purged", "agent agt_gone: its row is missing, and it was not purged"),
    ],
)
def test_what_was_changed_is_named(path: Path, statement: str, expected: str) -> None:
    """One change, found by itself or by what it breaks."""
    report = tamper(path, statement)

    assert not report.ok
    assert any(expected in message for message in messages(report)), list(messages(report))


def test_a_changed_byte_in_the_file_is_found(path: Path) -> None:
    """One digit of one price, behind SQLite's back."""
    content = path.read_bytes()
    old = b'"executed_price_micros":150000000'
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, b'"executed_price_micros":150000001'))

    assert next(messages(verify(path))).startswith("event 5: (trade.executed, the 5. of agt_1) was changed")


def test_a_file_that_cannot_be_read_to_its_end_is_told_as_far_as_it_goes(path: Path) -> None:
    """A page overwritten with zeros is damage that SQLite itself finds."""
    content = bytearray(path.read_bytes())
    content[4096 : 2 * 4096] = bytes(4096)
    path.write_bytes(content)

    assert any("SQLite" in message for message in messages(verify(path)))


def test_findings_beyond_the_bound_are_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones are kept."""
    monkeypatch.setattr(findings, "FINDINGS_MAX", 1)
    report = tamper(path, "UPDATE events SET at_us = at_us + 1")

    assert len(report.findings) == 1
    assert report.findings_left_out > 1


def test_an_index_that_does_not_have_what_its_table_has_is_found(path: Path) -> None:
    """By indices the floor knows what waits, and what was asked before."""
    other = (
        "UPDATE sqlite_schema SET sql = replace(sql, '''pending''', '''approved''') WHERE name = 'approvals_pending'"
    )
    report = tamper(path, "PRAGMA writable_schema=ON", other)

    assert any("missing from index approvals_pending" in message for message in messages(report))


def test_a_text_that_has_become_something_else_is_found(path: Path) -> None:
    """As by one bit in the type of a value, which no index or constraint sees."""
    loose = "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'events'"
    writable = ("PRAGMA writable_schema=ON", loose, "PRAGMA writable_schema=RESET")
    report = tamper(path, *writable, "UPDATE events SET correlation_id = x'00' WHERE seq = 2")

    assert any("event 2: (trade.created, the 2. of agt_1) was changed" in message for message in messages(report))


def test_a_schema_that_is_no_text_is_damage(path: Path) -> None:
    """SQLite's own word about it is none either."""
    content = path.read_bytes()
    path.write_bytes(content.replace(b"tablesign_inssign_ins", b"tables\xe9gn_inssign_ins"))

    with pytest.raises(JournalUnavailable, match=r"cannot verify .*floor\.db: the schema is damaged"):
        verify(path)


@pytest.mark.parametrize("content", [None, b"This is no database. " * 200])
def test_what_is_no_floor_cannot_be_verified(tmp_path: Path, content: Any) -> None:
    """A file that is missing is not made."""
    path = tmp_path / "floor.db"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(JournalUnavailable, match=r"cannot verify .*floor\.db"):
        verify(path)
    assert path.exists() is (content is not None)


async def test_what_operators_did_is_verified(tmp_path: Path) -> None:
    """It leads to no rows, and nothing else has a place in its stream."""
    store = open_store(tmp_path / "floor.db")
    await store.commit([control("pause"), *HISTORY])
    await store.commit([control("resume")])
    store.close()
    assert verify(store.path).ok
    report = tamper(store.path, "UPDATE events SET stream = 'floor' WHERE seq = 9")
    assert any("agent.status has no place among what operators did" in message for message in messages(report))
