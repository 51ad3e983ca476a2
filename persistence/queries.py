"""Queries of what was committed, each on one read-only connection.

Every one is a single statement or reads the log, which only grows, so what it returns belongs together.
"""

# ruff: noqa: S608 - statements are put together from constants; every value is bound.

from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from itertools import chain

import orjson

from actors.drawdown import Watermark
from actors.equity import Execution
from actors.events import Recorded
from actors.model import Action, Approval, Trade, Usage, User
from actors.ports.history import ApprovalQuery, AuditEntry, LogEntry, Page, TradeQuery
from actors.ports.journal import Backlog, Channel, IdempotencyClaim, OutboxEntry
from persistence import codec
from persistence.chain import GENESIS, link
from persistence.cursors import APPROVALS, TRADES, from_cursor, page_of
from persistence.limits import DELIVERIES_PER_COMMIT_MAX, OUTBOX_COUNTED_MAX
from persistence.rows import EVENT_COLUMNS, USAGE_COLUMNS, USER_COLUMNS, email_key, recorded, usage_of, user_of
from persistence.schema import AUDITED_TYPES
from persistence.sqlite import Connection

_TRADE = """
SELECT e.data FROM trades t JOIN events e ON e.seq = t.seq WHERE t.trade_id = ? AND t.agent_id = ?
"""
_APPROVALS = """
SELECT a.created_seq, ea.data, et.data
FROM approvals a JOIN events ea ON ea.seq = a.seq JOIN trades t ON t.trade_id = a.trade_id
    JOIN events et ON et.seq = t.seq
"""
_USAGE = f"SELECT {USAGE_COLUMNS} FROM usage WHERE agent_id = ? AND period = ?"
_EVENTS_AFTER = f"SELECT {EVENT_COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
_AUDITED_AFTER = f"""
SELECT {EVENT_COLUMNS}, hash FROM events INDEXED BY events_audited
WHERE type IN ({AUDITED_TYPES}) AND seq > ? ORDER BY seq LIMIT ?
"""
_AUDITED_BEFORE = _AUDITED_AFTER.replace("seq > ? ORDER BY seq", "seq < ? ORDER BY seq DESC")
_ENTRY = f"""
SELECT (SELECT hash FROM events b WHERE b.seq = e.seq - 1), hash, {EVENT_COLUMNS} FROM events e WHERE seq = ?
"""
_SEQS_OF_STREAM = "SELECT seq FROM events WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?"
_EVENTS_BEFORE = f"SELECT {EVENT_COLUMNS} FROM events WHERE stream = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
_EVENTS_AT = f"SELECT {EVENT_COLUMNS} FROM events WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"
_CLAIMED = f"""
SELECT fingerprint, {EVENT_COLUMNS} FROM idempotency JOIN events USING (seq) WHERE scope = ? AND key = ?
"""
_EXECUTIONS = """
SELECT json_group_array(json_array(
    seq, data ->> '$.trade.executed_at_us', data ->> '$.trade.symbol', data ->> '$.trade.action',
    data ->> '$.trade.quantity', data ->> '$.trade.executed_price_micros', data ->> '$.trade.fee_micros'
) ORDER BY seq DESC) FROM (
    SELECT seq, data FROM events WHERE stream = ? AND type = 'trade.executed' AND seq < ? ORDER BY seq DESC LIMIT ?
)
"""
_USERS = f"""
SELECT {USER_COLUMNS} FROM users
ORDER BY (SELECT seq FROM events WHERE stream = user_id ORDER BY seq LIMIT 1)
"""
_OUTBOX = f"""
SELECT json_group_array(json_array(entry_id, stream, correlation_id, type, data) ORDER BY entry_id) FROM (
    SELECT o.entry_id, e.stream, e.correlation_id, o.type, o.data
    FROM outbox o JOIN events e ON e.seq = o.entry_id / {DELIVERIES_PER_COMMIT_MAX}
    WHERE o.channel = ? AND o.entry_id > ? ORDER BY o.entry_id LIMIT ?
)
"""
_BACKLOG = f"""
SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE channel = :channel LIMIT {OUTBOX_COUNTED_MAX})), (
    SELECT at_us FROM events WHERE seq = (
        SELECT entry_id / {DELIVERIES_PER_COMMIT_MAX} FROM outbox WHERE channel = :channel ORDER BY entry_id LIMIT 1
    )
)
"""


def trade(connection: Connection, agent_id: str, trade_id: str) -> Trade | None:
    """Return a trade of an agent as its last event left it."""
    row = connection.execute(_TRADE, (trade_id, agent_id)).fetchone()
    return None if row is None else codec.decode_trade(row[0])


def trades(connection: Connection, query: TradeQuery) -> Page[Trade]:
    """List an agent's trades, the last committed first. Raises BadCursor."""
    conditions, values = ["t.agent_id = ?"], list[object]([query.agent_id])
    _filter(
        conditions,
        values,
        (
            ("t.created_seq < ?", None if query.cursor is None else from_cursor(TRADES, query.cursor)),
            ("t.status = ?", query.status and query.status.value),
            ("t.symbol = ?", query.symbol),
            ("t.submitted_at_us >= ?", query.from_us),
            ("t.submitted_at_us < ?", query.to_us),
        ),
    )
    rows = connection.execute(
        "SELECT t.created_seq, e.data FROM trades t JOIN events e ON e.seq = t.seq "
        f"WHERE {' AND '.join(conditions)} ORDER BY t.created_seq DESC LIMIT ?",
        (*values, query.limit + 1),
    ).fetchall()
    return page_of(TRADES, [(seq, codec.decode_trade(data)) for seq, data in rows], query.limit)


def approval(connection: Connection, request_id: str) -> tuple[Approval, Trade] | None:
    """Return an approval and its trade as their last events left them."""
    row = connection.execute(f"{_APPROVALS} WHERE a.request_id = ?", (request_id,)).fetchone()
    return None if row is None else (codec.decode_approval(row[1]), codec.decode_trade(row[2]))


def approvals(connection: Connection, query: ApprovalQuery) -> Page[tuple[Approval, Trade]]:
    """List approvals with their trades, the last requested first. Raises BadCursor."""
    conditions: list[str] = ["TRUE"]
    values: list[object] = []
    _filter(
        conditions,
        values,
        (
            ("a.created_seq < ?", None if query.cursor is None else from_cursor(APPROVALS, query.cursor)),
            ("a.user_id = ?", query.user_id),
            ("a.agent_id = ?", query.agent_id),
            ("a.status = ?", query.status and query.status.value),
        ),
    )
    rows = connection.execute(
        f"{_APPROVALS} WHERE {' AND '.join(conditions)} ORDER BY a.created_seq DESC LIMIT ?",
        (*values, query.limit + 1),
    ).fetchall()
    found = [(seq, (codec.decode_approval(held), codec.decode_trade(order))) for seq, held, order in rows]
    return page_of(APPROVALS, found, query.limit)


def usage(connection: Connection, agent_id: str, period: str) -> Usage | None:
    """Return what an agent used in a month, None where it used nothing."""
    row = connection.execute(_USAGE, (agent_id, period)).fetchone()
    if row is None:
        return None
    used = usage_of(row)
    return used if used.breakdown else None


def events(connection: Connection, streams: Sequence[str] | None, after_seq: int, limit: int) -> Sequence[Recorded]:
    """Return events by sequence. Of several streams, their next sequences are merged before any event is read."""
    if streams is None:
        return [recorded(row) for row in connection.execute(_EVENTS_AFTER, (after_seq, limit))]
    seqs = (connection.execute(_SEQS_OF_STREAM, (stream, after_seq, limit)) for stream in set(streams))
    chosen = nsmallest(limit, (seq for (seq,) in chain.from_iterable(seqs)))
    return [recorded(row) for row in connection.execute(_EVENTS_AT, (orjson.dumps(chosen).decode(),))]


def events_before(connection: Connection, stream: str, before_seq: int, limit: int) -> Sequence[Recorded]:
    """Return the events of a stream before a sequence, newest first."""
    return [recorded(row) for row in connection.execute(_EVENTS_BEFORE, (stream, before_seq, limit))]


def entry(connection: Connection, seq: int) -> LogEntry | None:
    """Return the event with a sequence, with its hash and the one before."""
    row = connection.execute(_ENTRY, (seq,)).fetchone()
    if row is None:
        return None
    previous, digest, *columns = row
    before = GENESIS if previous is None else previous
    return LogEntry(recorded(tuple(columns)), digest, before, link(before, tuple(columns)) == digest)


def audit(connection: Connection, after_seq: int, limit: int) -> Sequence[AuditEntry]:
    """Return what the audit shows after a sequence."""
    return _audited(connection, _AUDITED_AFTER, after_seq, limit)


def audit_before(connection: Connection, before_seq: int, limit: int) -> Sequence[AuditEntry]:
    """Return what the audit shows before a sequence, newest first."""
    return _audited(connection, _AUDITED_BEFORE, before_seq, limit)


def _audited(connection: Connection, query: str, seq: int, limit: int) -> Sequence[AuditEntry]:
    return [AuditEntry(recorded(tuple(row)), digest) for *row, digest in connection.execute(query, (seq, limit))]


def claimed(connection: Connection, claim: IdempotencyClaim) -> tuple[str, Recorded] | None:
    """Return the fingerprint and the answering event of a claimed key."""
    row = connection.execute(_CLAIMED, (claim.scope, claim.key)).fetchone()
    return None if row is None else (row[0], recorded(row[1:]))


def executions(connection: Connection, agent_id: str, before_seq: int, limit: int) -> Sequence[Execution]:
    """Return an agent's next fills before a sequence, the newest first.

    They leave SQLite as one text: it takes one step, during which other threads run, and a quarter of the time that
    decoding whole events would.
    """
    (found,) = connection.execute(_EXECUTIONS, (agent_id, before_seq, limit)).fetchone()
    return [
        Execution(seq, at_us, symbol, Action(action), *numbers)
        for seq, at_us, symbol, action, *numbers in orjson.loads(found)
    ]


def user_by_email(connection: Connection, email: str) -> User | None:
    """Return the person with this address."""
    row = connection.execute(f"SELECT {USER_COLUMNS} FROM users WHERE email_key = ?", (email_key(email),)).fetchone()
    return None if row is None else user_of(row)


def user(connection: Connection, user_id: str) -> User | None:
    """Return a person."""
    row = connection.execute(f"SELECT {USER_COLUMNS} FROM users WHERE user_id = ?", (user_id,)).fetchone()
    return None if row is None else user_of(row)


def users(connection: Connection) -> Sequence[User]:
    """Return everybody, in the order of the events that added them."""
    return [user_of(row) for row in connection.execute(_USERS)]


def backlogs(connection: Connection) -> Mapping[Channel, Backlog]:
    """Return what waits in each channel, counted up to OUTBOX_COUNTED_MAX: whoever scrapes need not read all of it."""
    return {
        channel: Backlog(*connection.execute(_BACKLOG, {"channel": channel.value}).fetchone()) for channel in Channel
    }


def outbox(connection: Connection, channel: Channel, after_entry_id: int, limit: int) -> Sequence[OutboxEntry]:
    """Return the next entries of one channel, oldest first."""
    found = connection.execute(_OUTBOX, (channel.value, after_entry_id, limit)).fetchone()[0]
    return [
        OutboxEntry(entry_id, stream, correlation_id, codec.decode_delivery(type_name, data))
        for entry_id, stream, correlation_id, type_name, data in orjson.loads(found)
    ]


def watermarks(connection: Connection) -> Sequence[Watermark]:
    """Return every agent's peak of equity."""
    return [Watermark(*row) for row in connection.execute("SELECT * FROM watermarks ORDER BY agent_id")]


def check(connection: Connection) -> None:
    """Read the end of the log."""
    connection.execute("SELECT seq FROM events ORDER BY seq DESC LIMIT 1").fetchone()


def _filter(conditions: list[str], values: list[object], filters: Iterable[tuple[str, object]]) -> None:
    for condition, value in filters:
        if value is not None:
            conditions.append(condition)
            values.append(value)
