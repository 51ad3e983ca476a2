"""Verification of the streams: `replay(events) == state`, agent by agent and person by person."""

# ruff: noqa: S608 - statements are put together from constants; every value is bound.

from collections.abc import Iterable, Iterator
from itertools import groupby

from attrs import define, field

from actors import ledger
from actors.book import Book, StreamBroken, apply, open_book
from actors.events import AgentCreated, AgentEventRecord, BookEvent, ControlAction, Recorded, UserChanged
from actors.model import Agent, AgentStatus, ApprovalStatus, TradeStatus, Usage
from persistence import codec
from persistence.chain import EventRow
from persistence.findings import Findings
from persistence.limits import RETENTION_US
from persistence.purge import TABLES_OF_AGENTS
from persistence.rows import (
    APPROVAL_COLUMNS,
    BOOK_COLUMNS,
    EVENT_COLUMNS,
    TRADE_COLUMNS,
    USAGE_COLUMNS,
    Row,
    book_of,
    recorded,
    usage_of,
)
from persistence.snapshots import OF_APPROVAL, OF_TRADE, Snapshots
from persistence.sqlite import Connection
from persistence.verify_people import check_person

OPEN_STATUSES = (TradeStatus.PENDING, TradeStatus.PENDING_APPROVAL)
TABLES_OF_PEOPLE = ("users", "sign_ins", "agent_keys")

_BY_STREAM = f"SELECT {EVENT_COLUMNS} FROM events INDEXED BY events_by_stream ORDER BY stream, seq"
_BOOK = f"""
SELECT {BOOK_COLUMNS} FROM portfolios p JOIN usage u ON u.agent_id = p.agent_id AND u.period = p.period
WHERE p.agent_id = ?
"""
_USAGE = f"SELECT {USAGE_COLUMNS} FROM usage WHERE agent_id = ?"
_TRADE = f"SELECT {TRADE_COLUMNS} FROM trades WHERE trade_id = ?"
_APPROVAL = f"SELECT {APPROVAL_COLUMNS} FROM approvals WHERE request_id = ?"


@define
class Counts:
    """How much was verified."""

    agents: int = 0
    purged: int = 0
    users: int = 0
    trades: int = 0
    approvals: int = 0


@define
class _Replayed:
    """An agent as its stream leaves it so far. Rows of trades and approvals that have ended are compared at once."""

    connection: Connection
    findings: Findings
    purged_at_us: int | None
    agent: Agent
    book: Book
    usage: dict[str, Usage] = field(factory=dict)
    snapshots: Snapshots = field(factory=Snapshots)
    trades: int = 0
    approvals: int = 0

    def add(self, place: Recorded) -> None:
        """Take in the next event. Raises what the ledger raises, and StreamBroken."""
        event = place.event
        if isinstance(event, AgentEventRecord):
            if isinstance(event, AgentCreated):
                raise StreamBroken("the agent is created a second time")
            self.agent = event.agent
        elif isinstance(event, BookEvent):
            self.book = apply(self.book, event)
            self.usage[self.book.usage.period] = self.book.usage
            self.snapshots.add(place)
            self._compare_ended(place)
        else:
            raise StreamBroken(f"{event.type} has no place in an agent's stream")

    def compare(self) -> None:
        """Compare what the stream led to with the rows."""
        ledger.check(self.book.portfolio)
        if self.purged_at_us is not None:
            self._compare_purged(self.purged_at_us)
            return
        for trade_row in self.snapshots.new_trades.values():
            self._compare_trade(trade_row)
        for approval_row in self.snapshots.new_approvals.values():
            self._compare_approval(approval_row)
        self._compare_count("trades", self.trades)
        self._compare_count("approvals", self.approvals)
        self._compare_agent()
        self._compare_book()

    def _compare_ended(self, place: Recorded) -> None:
        event = place.event
        if isinstance(event, OF_TRADE + OF_APPROVAL) and event.trade.status not in OPEN_STATUSES:
            self._compare_trade(self.snapshots.new_trades.pop(event.trade.trade_id))
        if isinstance(event, OF_APPROVAL) and event.approval.status is not ApprovalStatus.PENDING:
            self._compare_approval(self.snapshots.new_approvals.pop(event.approval.request_id))

    def _compare_trade(self, expected: Row) -> None:
        self.trades += 1
        self._compare_row(_TRADE, f"trade {expected[2]}", str(expected[2]), expected)

    def _compare_approval(self, expected: Row) -> None:
        self.approvals += 1
        self._compare_row(_APPROVAL, f"approval {expected[1]}", str(expected[1]), expected)

    def _compare_row(self, statement: str, name: str, key: str, expected: Row) -> None:
        if self.purged_at_us is not None:
            return
        row = self.connection.execute(statement, (key,)).fetchone()
        if row is None:
            self.findings.add(name, "the log has it, and its row is missing")
        elif row != expected:
            self.findings.add(name, f"its row is {row}, and the log leads to {expected}")

    def _compare_count(self, table: str, expected: int) -> None:
        rows = _rows_of(self.connection, table, self.agent.agent_id)
        if rows != expected:
            self.findings.add(f"agent {self.agent.agent_id}", f"has {rows} rows in {table}, and {expected} in the log")

    def _compare_agent(self) -> None:
        name = f"agent {self.agent.agent_id}"
        row = self.connection.execute(
            "SELECT user_id, status, updated_at_us, data FROM agents WHERE agent_id = ?", (self.agent.agent_id,)
        ).fetchone()
        if row is None:
            self.findings.add(name, "its row is missing, and it was not purged")
        elif (codec.decode_agent(row[3]), *row[:3]) != (
            self.agent,
            self.agent.user_id,
            self.agent.status.value,
            self.agent.updated_at_us,
        ):
            self.findings.add(name, "its row is not what its events lead to")

    def _compare_book(self) -> None:
        agent_id = self.agent.agent_id
        row = self.connection.execute(_BOOK, (agent_id,)).fetchone()
        if row is None:
            self.findings.add(f"portfolio {agent_id}", "its row, or that of its usage, is missing")
        elif book_of(row, self.book.open_trades, self.book.approvals) != self.book:
            self.findings.add(f"portfolio {agent_id}", "it is not what its events lead to")
        used = {row[1]: usage_of(row) for row in self.connection.execute(_USAGE, (agent_id,))}
        for period in sorted(used.keys() | self.usage.keys()):
            nothing = Usage(agent_id, period)
            if used.get(period, nothing) != self.usage.get(period, nothing):
                self.findings.add(f"usage {agent_id} {period}", "it is not what its events lead to")

    def _compare_purged(self, purged_at_us: int) -> None:
        name = f"agent {self.agent.agent_id}"
        if self.agent.status is not AgentStatus.DELETED or self.agent.updated_at_us > purged_at_us - RETENTION_US:
            self.findings.add(name, "it was purged, and not deleted 90 days before")
        for table in TABLES_OF_AGENTS:
            if _rows_of(self.connection, table, self.agent.agent_id):
                self.findings.add(name, f"it was purged, and still has rows in {table}")


def check_streams(connection: Connection, findings: Findings) -> Counts:
    """Replay every stream and compare what it leads to with the rows."""
    counts = Counts()
    for stream, rows in groupby(connection.execute(_BY_STREAM), lambda row: row[1]):
        reached = [0]
        try:
            _check_stream(connection, findings, counts, _in_order(stream, rows, reached, findings))
        except Exception as error:  # noqa: BLE001 - whatever an event makes the rules raise, it cannot have happened
            findings.add(f"stream {stream}", f"event {reached[0]} cannot follow: {type(error).__name__}: {error}")
    return counts


def check_orphans(connection: Connection, findings: Findings) -> None:
    """Look for rows of agents and people that the log does not have."""
    of_agents = ((table, "agent_id") for table in (*TABLES_OF_AGENTS, "purged"))
    of_people = ((table, "user_id") for table in TABLES_OF_PEOPLE)
    for table, column in (*of_agents, *of_people):
        for (owner,) in connection.execute(
            f"SELECT DISTINCT {column} FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM events WHERE stream = t.{column})"
        ):
            findings.add(f"{column} {owner}", f"it has rows in {table}, and no events")


def _in_order(stream: str, rows: Iterable[EventRow], reached: list[int], findings: Findings) -> Iterator[Recorded]:
    """Yield the events of a stream, noting in `reached` the sequence of the one under way."""
    for count, row in enumerate(rows, 1):
        reached[0] = row[0]
        if row[2] != count:
            findings.add(f"event {row[0]}", f"is the {row[2]}. of {stream}, and comes as the {count}.")
        yield recorded(row)


def _check_stream(connection: Connection, findings: Findings, counts: Counts, places: Iterator[Recorded]) -> None:
    first = next(places)
    if isinstance(first.event, UserChanged):
        check_person(connection, findings, first.event, places)
        counts.users += 1
        return
    if isinstance(first.event, ControlAction):
        _check_control(places)
        return
    if not isinstance(first.event, AgentCreated):
        raise StreamBroken(f"no stream starts with {first.event.type}")
    agent = first.event.agent
    tombstone = connection.execute("SELECT purged_at_us FROM purged WHERE agent_id = ?", (agent.agent_id,)).fetchone()
    replayed = _Replayed(connection, findings, None if tombstone is None else tombstone[0], agent, open_book(agent))
    for place in places:
        replayed.add(place)
    replayed.compare()
    counts.agents += 1
    counts.purged += tombstone is not None
    counts.trades += replayed.trades
    counts.approvals += replayed.approvals


def _check_control(places: Iterator[Recorded]) -> None:
    """Check the stream of what operators did, which leads to no rows."""
    for place in places:
        if not isinstance(place.event, ControlAction):
            raise StreamBroken(f"{place.event.type} has no place among what operators did")


def _rows_of(connection: Connection, table: str, agent_id: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table} WHERE agent_id = ?", (agent_id,)).fetchone()[0])
