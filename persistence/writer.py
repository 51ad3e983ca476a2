"""The one connection that writes and checkpoints. Used by one thread at a time.

A batch is checked against what is stored and against itself, then written table by table in one transaction. What the
writer remembers (the end of the log, the last sequence of recent streams) changes only after SQLite has committed;
after any failure it is read again, so the next commit works by itself once the disk does.
"""

# ruff: noqa: S608 - statements are put together from constants; every value is bound.

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import orjson
from sqlite_utils import Database

from actors.drawdown import Watermark
from actors.events import TradeCreated
from actors.ports.journal import (
    AlreadyDone,
    Channel,
    ClientOrderIdTaken,
    Commit,
    CommitResult,
    EmailTaken,
    Unstorable,
)
from persistence.batch import Batch
from persistence.bulk import Insert, insert
from persistence.chain import GENESIS
from persistence.changes import Change, require_committed
from persistence.queries import claimed
from persistence.rows import EVENT_COLUMNS, email_key, user_row, watermark_row
from persistence.sqlite import Connection, translated

STREAMS_REMEMBERED_MAX = 100_000
"""Streams whose last sequence is kept in memory; another one is looked up in the index when it comes."""

ResultT = TypeVar("ResultT")

_INSERT_EVENT = Insert(f"INSERT INTO events ({EVENT_COLUMNS}, hash)")
_INSERT_TRADE = Insert("INSERT INTO trades")
_UPDATE_TRADE = "UPDATE trades SET seq = ?, status = ? WHERE trade_id = ?"
_INSERT_APPROVAL = Insert("INSERT INTO approvals")
_UPDATE_APPROVAL = "UPDATE approvals SET seq = ?, status = ? WHERE request_id = ?"
_PUT_AGENT = Insert("INSERT OR REPLACE INTO agents")
_PUT_PORTFOLIO = Insert("INSERT OR REPLACE INTO portfolios")
_PUT_USAGE = Insert("INSERT OR REPLACE INTO usage")
_PUT_USER = Insert(
    "INSERT INTO users",
    "ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, role = excluded.role,"
    " password_hash = excluded.password_hash, disabled = excluded.disabled",
)
_PUT_WATERMARK = Insert("INSERT OR REPLACE INTO watermarks")
_PUT_PRICE = Insert("INSERT OR REPLACE INTO prices")
_INSERT_OUTBOX = Insert("INSERT INTO outbox")
_INSERT_CLAIM = Insert("INSERT INTO idempotency")
_CHANNELS = ", ".join(f"'{channel}'" for channel in Channel)
_DELETE_OUTBOX = f"""
DELETE FROM outbox WHERE channel IN ({_CHANNELS}) AND entry_id IN (SELECT value FROM json_each(?))
"""

_LAST_EVENT = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"
_LAST_OF_STREAM = "SELECT stream_seq FROM events WHERE stream = ? ORDER BY seq DESC LIMIT 1"
_TRADE_OF_CLIENT_ORDER = "SELECT trade_id FROM trades WHERE agent_id = ? AND client_order_id = ?"
_USER_OF_EMAIL = "SELECT user_id FROM users WHERE email_key = ?"


class Writer:
    """Writes batches of commits and the few things that are no commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._db = Database(connection)
        self._end: tuple[int, bytes] | None = None
        self._stream_seqs: dict[str, int] = {}

    def commit(self, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        """Commit a batch as one transaction. Raises JournalUnavailable when nothing of it was committed."""

        def write() -> tuple[Batch, list[CommitResult]]:
            rows, results = self._gather(batch)
            self._write(rows)
            return rows, results

        rows, results = self._transact("commit", write)
        self._remember(rows)
        return results

    def change(self, doing: str, decide: Callable[[Connection], Change[ResultT]]) -> ResultT:
        """Decide on what is stored and commit what was decided, as one transaction.

        Raises JournalUnavailable saying what could not be done, and what `decide` and `require_committed` raise; then
        nothing was changed.
        """

        def write() -> tuple[Batch | None, ResultT]:
            change = decide(self._connection)
            if change.commit is None:
                return None, change.result
            rows, (result,) = self._gather([change.commit])
            require_committed(result)
            self._write(rows)
            for statement, values in change.statements:
                self._connection.execute(statement, values)
            return rows, change.result

        rows, result = self._transact(doing, write)
        if rows is not None:
            self._remember(rows)
        return result

    def save_prices(self, prices: Mapping[str, int], at_us: int) -> None:
        """Keep the last prices. Raises JournalUnavailable."""
        rows = [(symbol, price_micros, at_us) for symbol, price_micros in prices.items()]
        self._transact("save prices", lambda: insert(self._connection, _PUT_PRICE, rows))

    def save_watermarks(self, watermarks: Sequence[Watermark]) -> None:
        """Keep peaks of equity. Raises JournalUnavailable."""
        rows = [watermark_row(watermark) for watermark in watermarks]
        self._transact("save the peaks", lambda: insert(self._connection, _PUT_WATERMARK, rows))

    def delivered(self, entry_ids: Sequence[int]) -> None:
        """Remove entries from the outbox. Raises JournalUnavailable."""
        ids = orjson.dumps(list(entry_ids)).decode()
        self._transact("empty the outbox", lambda: self._connection.execute(_DELETE_OUTBOX, (ids,)))

    def transact(self, doing: str, work: Callable[[Connection], ResultT]) -> ResultT:
        """Run `work` as one transaction. Raises JournalUnavailable, saying what could not be done."""
        return self._transact(doing, lambda: work(self._connection))

    def close(self) -> None:
        """Close the file, its log checkpointed."""
        self._db.close()

    def _transact(self, doing: str, work: Callable[[], ResultT]) -> ResultT:
        try:
            with translated(doing), self._db.atomic():
                return work()
        except BaseException:
            self._end = None
            self._stream_seqs.clear()
            raise

    def _remember(self, rows: Batch) -> None:
        self._end = (rows.seq, rows.head)
        if len(self._stream_seqs) > STREAMS_REMEMBERED_MAX:
            self._stream_seqs.clear()
        self._stream_seqs.update(rows.stream_seqs)

    def _gather(self, batch: Sequence[Commit]) -> tuple[Batch, list[CommitResult]]:
        """Return the rows of a batch and what becomes of each commit.

        A commit that cannot be stored may have left a part of itself in the rows when that shows, so they are gathered
        again without it: one bad commit costs the others nothing but time.
        """
        unstorable: dict[int, Unstorable] = {}
        end = self._end or self._last_event()
        while True:
            rows = Batch(*end)
            results: list[CommitResult] = []
            for index, commit in enumerate(batch):
                try:
                    results.append(unstorable.get(index) or self._add(rows, commit))
                except (TypeError, ValueError, OverflowError) as error:
                    unstorable[index] = Unstorable(str(error))
                    break
            else:
                return rows, results

    def _add(self, rows: Batch, commit: Commit) -> CommitResult:
        refusal = self._claimed(rows, commit) or self._client_order(rows, commit) or self._email(rows, commit)
        return refusal or rows.add(commit, self._stream_seq(rows, commit.stream))

    def _claimed(self, rows: Batch, commit: Commit) -> AlreadyDone | None:
        if commit.claim is None:
            return None
        here = rows.claims.get((commit.claim.scope, commit.claim.key))
        if here is not None:
            return AlreadyDone(here[0].fingerprint, here[1])
        before = claimed(self._connection, commit.claim)
        return None if before is None else AlreadyDone(*before)

    def _client_order(self, rows: Batch, commit: Commit) -> ClientOrderIdTaken | None:
        for event in commit.events:
            if not isinstance(event, TradeCreated) or event.trade.client_order_id is None:
                continue
            key = (event.trade.agent_id, event.trade.client_order_id)
            here = rows.client_orders.get(key)
            if here is not None:
                return ClientOrderIdTaken(here)
            row = self._connection.execute(_TRADE_OF_CLIENT_ORDER, key).fetchone()
            if row is not None:
                return ClientOrderIdTaken(row[0])
        return None

    def _email(self, rows: Batch, commit: Commit) -> EmailTaken | None:
        for user in commit.users:
            key = email_key(user.email)
            owners = [other.user_id for other in rows.users.values() if email_key(other.email) == key]
            owners += [row[0] for row in self._connection.execute(_USER_OF_EMAIL, (key,))]
            for owner in owners:
                if owner != user.user_id:
                    return EmailTaken(owner)
        return None

    def _stream_seq(self, rows: Batch, stream: str) -> int:
        for known in (rows.stream_seqs, self._stream_seqs):
            if stream in known:
                return known[stream]
        row = self._connection.execute(_LAST_OF_STREAM, (stream,)).fetchone()
        return 0 if row is None else int(row[0])

    def _last_event(self) -> tuple[int, bytes]:
        row = self._connection.execute(_LAST_EVENT).fetchone()
        return (0, GENESIS) if row is None else (row[0], row[1])

    def _write(self, rows: Batch) -> None:
        claims = [
            (place.seq, claim.scope, claim.key, claim.fingerprint, place.at_us) for claim, place in rows.claims.values()
        ]
        for into, values in (
            (_INSERT_EVENT, rows.events),
            (_PUT_AGENT, [*rows.agents.values()]),
            (_PUT_PORTFOLIO, [*rows.portfolios.values()]),
            (_PUT_USAGE, [*rows.usage.values()]),
            (_INSERT_TRADE, [*rows.snapshots.new_trades.values()]),
            (_INSERT_APPROVAL, [*rows.snapshots.new_approvals.values()]),
            (_PUT_USER, [user_row(user) for user in rows.users.values()]),
            (_PUT_WATERMARK, [*rows.watermarks.values()]),
            (_INSERT_OUTBOX, rows.outbox),
            (_INSERT_CLAIM, claims),
        ):
            insert(self._connection, into, values)
        for statement, changes in (
            (_UPDATE_TRADE, rows.snapshots.changed_trades.values()),
            (_UPDATE_APPROVAL, rows.snapshots.changed_approvals.values()),
        ):
            if changes:
                self._connection.executemany(statement, changes)
