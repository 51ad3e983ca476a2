"""The floor's database behind the ports of actors: commits through one writer thread, queries through a few readers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar, TypeVarTuple, cast, overload

import trio
from sqlite_utils import Database

from actors.bars import Bar, Interval
from actors.book import Book
from actors.drawdown import Watermark
from actors.equity import Execution
from actors.errors import JournalUnavailable
from actors.events import Recorded
from actors.model import Agent, Approval, Trade, Usage, User
from actors.ports.history import ApprovalQuery, AuditEntry, LogEntry, Page, TradeQuery
from actors.ports.journal import Backlog, Channel, Commit, CommitResult, IdempotencyClaim, OutboxEntry
from persistence import bars, queries, recovery
from persistence.changes import Change
from persistence.files import FileLock, prepare
from persistence.migrating import migrate
from persistence.purge import due_agents, purge_agent, purge_claims
from persistence.schema import migrations
from persistence.sqlite import Connection, connect_reader, connect_writer, translated
from persistence.writer import Writer

READERS_MAX = 4
"""Queries that run at once; SQLite's readers scale with cores, and Python's share of each query does not."""

ResultT = TypeVar("ResultT")
ArgumentTs = TypeVarTuple("ArgumentTs")
StoreT = TypeVar("StoreT", bound="SqliteStore")


class Eagerly:
    """A limiter for `to_thread.run_sync` whose free token is taken at once.

    trio's own lets every other task take its turn first, although the thread is waited for anyway. The disk would
    rest meanwhile, and under load that is as long as a commit.
    """

    def __init__(self, limiter: trio.CapacityLimiter) -> None:
        self._limiter = limiter
        self.release_on_behalf_of = limiter.release_on_behalf_of

    async def acquire_on_behalf_of(self, borrower: object) -> None:
        """Take a token, waiting only where there is none."""
        try:
            self._limiter.acquire_on_behalf_of_nowait(borrower)
        except trio.WouldBlock:
            await self._limiter.acquire_on_behalf_of(borrower)


class SqliteStore:
    """Implements JournalStore, History and Recovery on one SQLite file.

    A commit or query that has begun in its thread is finished, whatever becomes of the task that asked: cancelling
    takes effect before or after it.
    """

    def __init__(self, path: Path, writer: Writer, lock: FileLock) -> None:
        self.path = path
        self._writer = writer
        self._lock = lock
        self._closed = False
        self._readers: list[Connection] = []
        self._writing = trio.CapacityLimiter(1)
        self._eagerly = Eagerly(self._writing)
        self._reading = trio.CapacityLimiter(READERS_MAX)

    @property
    def limiters(self) -> Mapping[str, trio.CapacityLimiter]:
        """The limits on threads, of the writer and of the readers."""
        return {"database.writer": self._writing, "database.readers": self._reading}

    def close(self) -> None:
        """Close the file, its log checkpointed, and let another program have it. No call may be under way."""
        if self._closed:
            return
        self._closed = True
        while self._readers:
            self._readers.pop().close()
        self._writer.close()
        self._lock.release()

    async def commit(self, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        """Commit a batch as one durable transaction. Raises JournalUnavailable."""
        return await self._write(self._writer.commit, batch)

    async def save_prices(self, prices: Mapping[str, int], at_us: int) -> None:
        """Keep the last prices. Raises JournalUnavailable."""
        await self._write(self._writer.save_prices, prices, at_us)

    async def save_bars(self, minutes: Sequence[Bar]) -> None:
        """Store bars of minutes. Raises JournalUnavailable."""
        await self._write(self._writer.transact, "store bars", partial(bars.save_bars, minutes=minutes))

    async def save_watermarks(self, watermarks: Sequence[Watermark]) -> None:
        """Keep the peaks of these agents' equity. Raises JournalUnavailable."""
        await self._write(self._writer.save_watermarks, watermarks)

    async def watermarks(self) -> Sequence[Watermark]:
        """Return every agent's peak that was kept. Raises JournalUnavailable."""
        return await self.read(queries.watermarks)

    async def delivered(self, entry_ids: Sequence[int]) -> None:
        """Remove entries that the receiver has taken. Raises JournalUnavailable."""
        await self._write(self._writer.delivered, entry_ids)

    async def purge(self, now_us: int) -> int:
        """Remove rows of agents deleted more than 90 days ago, keys that have served, and minutes kept no longer.

        Returns the number of agents purged. Each agent is a transaction of its own, between which commits go on. Raises
        JournalUnavailable; what was purged until then stays purged.
        """
        while await self._write(self._writer.transact, "purge", partial(purge_claims, now_us=now_us)):
            pass
        for symbol in await self.read(bars.symbols_of_bars):
            purge_bars = partial(bars.purge_bars, symbol=symbol, now_us=now_us)
            while await self._write(self._writer.transact, "purge", purge_bars):
                pass
        agent_ids = await self.read(due_agents, now_us)
        for agent_id in agent_ids:
            await self._write(self._writer.transact, "purge", partial(purge_agent, agent_id=agent_id, now_us=now_us))
        return len(agent_ids)

    async def outbox(self, channel: Channel, after_entry_id: int, limit: int) -> Sequence[OutboxEntry]:
        """Return the next entries of one channel, oldest first. Raises JournalUnavailable."""
        return await self.read(queries.outbox, channel, after_entry_id, limit)

    async def backlogs(self) -> Mapping[Channel, Backlog]:
        """Return what waits in each channel of the outbox. Raises JournalUnavailable."""
        return await self.read(queries.backlogs)

    async def trade(self, agent_id: str, trade_id: str) -> Trade | None:
        """Return a trade of an agent, whatever became of it."""
        return await self.read(queries.trade, agent_id, trade_id)

    async def trades(self, query: TradeQuery) -> Page[Trade]:
        """List trades, newest first. Raises BadCursor."""
        return await self.read(queries.trades, query)

    async def approval(self, request_id: str) -> tuple[Approval, Trade] | None:
        """Return an approval and its trade, whatever became of them."""
        return await self.read(queries.approval, request_id)

    async def approvals(self, query: ApprovalQuery) -> Page[tuple[Approval, Trade]]:
        """List approvals with their trades, newest first. Raises BadCursor."""
        return await self.read(queries.approvals, query)

    async def usage(self, agent_id: str, period: str) -> Usage | None:
        """Return what an agent used in a month (`YYYY-MM`), None where it used nothing."""
        return await self.read(queries.usage, agent_id, period)

    async def events(self, streams: Sequence[str] | None, after_seq: int, limit: int) -> Sequence[Recorded]:
        """Return events by sequence: of these streams, or of all with None."""
        return await self.read(queries.events, streams, after_seq, limit)

    async def events_before(self, stream: str, before_seq: int, limit: int) -> Sequence[Recorded]:
        """Return the events of a stream before a sequence, newest first."""
        return await self.read(queries.events_before, stream, before_seq, limit)

    async def entry(self, seq: int) -> LogEntry | None:
        """Return the event with a sequence in its place in the chain, None where there is none."""
        return await self.read(queries.entry, seq)

    async def audit(self, after_seq: int, limit: int) -> Sequence[AuditEntry]:
        """Return what the audit shows by sequence, oldest first."""
        return await self.read(queries.audit, after_seq, limit)

    async def audit_before(self, before_seq: int, limit: int) -> Sequence[AuditEntry]:
        """Return what the audit shows before a sequence, newest first."""
        return await self.read(queries.audit_before, before_seq, limit)

    async def claimed(self, claim: IdempotencyClaim) -> tuple[str, Recorded] | None:
        """Return the fingerprint and the answering event of a claimed idempotency key, None where it is free."""
        return await self.read(queries.claimed, claim)

    async def executions(self, agent_id: str, before_seq: int, limit: int) -> Sequence[Execution]:
        """Return the next fills of an agent before a sequence of the log, the newest first."""
        return await self.read(queries.executions, agent_id, before_seq, limit)

    async def bars(self, symbol: str, from_us: int, to_us: int, interval: Interval) -> Sequence[Bar]:
        """Return the bars of a symbol from a time on the grid of the interval to before another, the oldest first."""
        return await self.read(bars.bars, symbol, from_us, to_us, interval)

    async def closes(self, symbols: Sequence[str], moments_us: Sequence[int]) -> Mapping[str, Sequence[int | None]]:
        """Return the last stored price of each symbol before each of these whole minutes, None for none."""
        return await self.read(bars.closes, symbols, moments_us)

    async def user_by_email(self, email: str) -> User | None:
        """Return the person with this address, compared without case."""
        return await self.read(queries.user_by_email, email)

    async def user(self, user_id: str) -> User | None:
        """Return a person."""
        return await self.read(queries.user, user_id)

    async def check(self) -> None:
        """Raise JournalUnavailable when the storage cannot be read."""
        await self.read(queries.check)

    def agents(self) -> Iterator[tuple[Agent, Book]]:
        """Yield every agent that is not deleted, with its book. Raises JournalUnavailable."""
        with translated("read the agents"), self._reader() as connection:
            yield from recovery.agents(connection)

    def prices(self) -> Mapping[str, int]:
        """Return the last prices that were kept (micros per share, by symbol). Raises JournalUnavailable."""
        return self._query(recovery.prices)

    def last_seq(self) -> int:
        """Return the sequence of the last event, 0 where there is none. Raises JournalUnavailable."""
        return self._query(recovery.last_seq)

    async def change(
        self, doing: str, decide: Callable[[Connection, *ArgumentTs], Change[ResultT]], *arguments: *ArgumentTs
    ) -> ResultT:
        """Decide in the writer's transaction, on what is stored then, and commit what was decided.

        Raises JournalUnavailable saying what could not be done, and what Writer.change raises.
        """
        return await self._write(self._writer.change, doing, lambda connection: decide(connection, *arguments))

    async def read(self, query: Callable[[Connection, *ArgumentTs], ResultT], *arguments: *ArgumentTs) -> ResultT:
        """Run a query in a thread, on a connection that cannot write. Raises JournalUnavailable."""
        return await trio.to_thread.run_sync(self._query, query, *arguments, limiter=self._reading)

    async def _write(self, work: Callable[[*ArgumentTs], ResultT], *arguments: *ArgumentTs) -> ResultT:
        self._require_open()
        return await trio.to_thread.run_sync(work, *arguments, limiter=cast("trio.CapacityLimiter", self._eagerly))

    def _query(self, query: Callable[[Connection, *ArgumentTs], ResultT], *arguments: *ArgumentTs) -> ResultT:
        with translated("read"), self._reader() as connection:
            return query(connection, *arguments)

    @contextmanager
    def _reader(self) -> Iterator[Connection]:
        """Lend a connection that rests, or a new one; the limiter bounds how many there are."""
        self._require_open()
        connection = self._readers.pop() if self._readers else connect_reader(self.path)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._readers.append(connection)

    def _require_open(self) -> None:
        if self._closed:
            raise JournalUnavailable("the store is closed")


@overload
def open_store(path: Path | str) -> SqliteStore: ...


@overload
def open_store(path: Path | str, store_class: type[StoreT]) -> StoreT: ...


def open_store(path: Path | str, store_class: type[SqliteStore] = SqliteStore) -> SqliteStore:
    """Open a floor's database for writing; make it, or bring its tables up to date.

    Raises FloorInUse when another program has it open, JournalUnavailable when SQLite cannot open it, OSError when the
    folder or the file cannot be made.
    """
    database = Path(path)
    prepare(database)
    lock = FileLock(database)
    try:
        with translated(f"open {database}"):
            connection = connect_writer(database)
            migrate(Database(connection), migrations)
    except BaseException:
        lock.release()
        raise
    return store_class(database, Writer(connection), lock)
