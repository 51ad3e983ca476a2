"""The ports to storage in memory, for headless simulations: no threads, no disk, and the same answers.

What it does not do is encode, so text that is no Unicode is not found out here. `digest` is the hash that the log in a
database would end in after the same commits.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import chain, islice

import trio

from actors.audit import AUDITED
from actors.bars import Bar, Interval
from actors.book import Book
from actors.drawdown import Watermark
from actors.equity import Execution, execution_of
from actors.events import Recorded, TradeCreated, TradeExecuted
from actors.model import Agent, AgentStatus, Approval, Trade, Usage, User
from actors.ports.history import ApprovalQuery, AuditEntry, LogEntry, Page, TradeQuery
from actors.ports.journal import (
    CHANNELS,
    AlreadyDone,
    Channel,
    ClientOrderIdTaken,
    Commit,
    CommitResult,
    Committed,
    EmailTaken,
    IdempotencyClaim,
    OutboxEntry,
    Unstorable,
)
from persistence import codec
from persistence.batch import check
from persistence.chain import GENESIS, link
from persistence.cursors import APPROVALS, TRADES, from_cursor, page_of
from persistence.limits import CLAIM_RETENTION_US, DELIVERIES_PER_COMMIT_MAX, RETENTION_US
from persistence.memory_bars import MemoryBars
from persistence.rows import email_key, event_row
from persistence.snapshots import OF_APPROVAL, OF_TRADE


class MemoryStore:
    """Implements JournalStore, History and Recovery in memory."""

    def __init__(self) -> None:
        self._log: list[Recorded] = []
        self._streams: dict[str, list[Recorded]] = defaultdict(list)
        self._agents: dict[str, Agent] = {}
        self._books: dict[str, Book] = {}
        self._trades: dict[str, dict[str, tuple[int, Trade]]] = defaultdict(dict)
        self._approvals: dict[str, tuple[int, Approval]] = {}
        self._usage: dict[tuple[str, str], Usage] = {}
        self._users: dict[str, User] = {}
        self._outbox: dict[Channel, dict[int, OutboxEntry]] = {channel: {} for channel in Channel}
        self._claims: dict[tuple[str, str], tuple[str, Recorded]] = {}
        self._client_orders: dict[tuple[str, str], str] = {}
        self._prices: dict[str, int] = {}
        self._bars = MemoryBars()
        self._watermarks: dict[str, Watermark] = {}
        self._hashes: list[bytes] = []

    async def commit(self, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        """Commit a batch, each commit for itself."""
        await trio.lowlevel.checkpoint()
        return [self._refusal(commit) or self._apply(commit) for commit in batch]

    async def save_prices(self, prices: Mapping[str, int], at_us: int) -> None:  # noqa: ARG002 - the port asks for it
        """Keep the last prices; when they were taken is of no use here."""
        await trio.lowlevel.checkpoint()
        self._prices.update(prices)

    async def save_bars(self, bars: Sequence[Bar]) -> None:
        """Store bars of minutes."""
        await trio.lowlevel.checkpoint()
        self._bars.save(bars)

    async def save_watermarks(self, watermarks: Sequence[Watermark]) -> None:
        """Keep the peaks of these agents' equity."""
        await trio.lowlevel.checkpoint()
        self._watermarks.update({watermark.agent_id: watermark for watermark in watermarks})

    async def watermarks(self) -> Sequence[Watermark]:
        """Return every agent's peak that was kept."""
        await trio.lowlevel.checkpoint()
        return [self._watermarks[agent_id] for agent_id in sorted(self._watermarks)]

    async def delivered(self, entry_ids: Sequence[int]) -> None:
        """Remove entries that the receiver has taken."""
        await trio.lowlevel.checkpoint()
        for entries in self._outbox.values():
            for entry_id in entry_ids:
                entries.pop(entry_id, None)

    async def purge(self, now_us: int) -> int:
        """Remove rows of agents deleted more than 90 days ago, keys that have served, and minutes kept no longer."""
        await trio.lowlevel.checkpoint()
        self._bars.purge(now_us)
        self._claims = {
            key: claim for key, claim in self._claims.items() if claim[1].at_us >= now_us - CLAIM_RETENTION_US
        }
        due = [
            agent.agent_id
            for agent in self._agents.values()
            if agent.status is AgentStatus.DELETED and agent.updated_at_us < now_us - RETENTION_US
        ]
        for agent_id in due:
            del self._agents[agent_id]
            self._books.pop(agent_id, None)
            self._trades.pop(agent_id, None)
            self._watermarks.pop(agent_id, None)
        gone = set(due)
        self._usage = {key: usage for key, usage in self._usage.items() if usage.agent_id not in gone}
        self._client_orders = {key: trade for key, trade in self._client_orders.items() if key[0] not in gone}
        self._approvals = {key: kept for key, kept in self._approvals.items() if kept[1].agent_id not in gone}
        return len(due)

    async def outbox(self, channel: Channel, after_entry_id: int, limit: int) -> Sequence[OutboxEntry]:
        """Return the next entries of one channel, oldest first."""
        await trio.lowlevel.checkpoint()
        entries = self._outbox[channel].values()
        return list(islice((entry for entry in entries if entry.entry_id > after_entry_id), limit))

    async def trade(self, agent_id: str, trade_id: str) -> Trade | None:
        """Return a trade of an agent, whatever became of it."""
        await trio.lowlevel.checkpoint()
        return self._trade(agent_id, trade_id)

    async def trades(self, query: TradeQuery) -> Page[Trade]:
        """List trades, newest first. Raises BadCursor."""
        await trio.lowlevel.checkpoint()
        before = None if query.cursor is None else from_cursor(TRADES, query.cursor)
        found = (
            (seq, trade)
            for seq, trade in reversed(self._trades.get(query.agent_id, {}).values())
            if (before is None or seq < before)
            and query.status in {None, trade.status}
            and query.symbol in {None, trade.symbol}
            and (query.from_us is None or trade.submitted_at_us >= query.from_us)
            and (query.to_us is None or trade.submitted_at_us < query.to_us)
        )
        return page_of(TRADES, list(islice(found, query.limit + 1)), query.limit)

    async def approval(self, request_id: str) -> tuple[Approval, Trade] | None:
        """Return an approval and its trade, whatever became of them."""
        await trio.lowlevel.checkpoint()
        kept = self._approvals.get(request_id)
        return None if kept is None else self._with_trade(kept[1])

    async def approvals(self, query: ApprovalQuery) -> Page[tuple[Approval, Trade]]:
        """List approvals with their trades, newest first. Raises BadCursor."""
        await trio.lowlevel.checkpoint()
        before = None if query.cursor is None else from_cursor(APPROVALS, query.cursor)
        found = (
            (seq, self._with_trade(approval))
            for seq, approval in reversed(self._approvals.values())
            if (before is None or seq < before)
            and query.user_id in {None, approval.user_id}
            and query.agent_id in {None, approval.agent_id}
            and query.status in {None, approval.status}
        )
        return page_of(APPROVALS, list(islice(found, query.limit + 1)), query.limit)

    async def usage(self, agent_id: str, period: str) -> Usage | None:
        """Return what an agent used in a month (`YYYY-MM`), None where it used nothing."""
        await trio.lowlevel.checkpoint()
        usage = self._usage.get((agent_id, period))
        return usage if usage is not None and usage.breakdown else None

    async def events(self, streams: Sequence[str] | None, after_seq: int, limit: int) -> Sequence[Recorded]:
        """Return events by sequence: of these streams, or of all with None."""
        await trio.lowlevel.checkpoint()
        if streams is None:
            return self._log[after_seq : after_seq + limit]
        found = chain.from_iterable(self._streams.get(stream, ()) for stream in set(streams))
        return nsmallest(limit, (place for place in found if place.seq > after_seq), key=lambda place: place.seq)

    async def events_before(self, stream: str, before_seq: int, limit: int) -> Sequence[Recorded]:
        """Return the events of a stream before a sequence, newest first."""
        await trio.lowlevel.checkpoint()
        found = (place for place in reversed(self._streams.get(stream, ())) if place.seq < before_seq)
        return list(islice(found, limit))

    async def entry(self, seq: int) -> LogEntry | None:
        """Return the event with a sequence in its place in the chain, None where there is none."""
        await trio.lowlevel.checkpoint()
        if not 0 < seq <= len(self._log):
            return None
        return LogEntry(self._log[seq - 1], self._hash_at(seq), self._hash_at(seq - 1), holds=True)

    async def audit(self, after_seq: int, limit: int) -> Sequence[AuditEntry]:
        """Return what the audit shows by sequence, oldest first."""
        await trio.lowlevel.checkpoint()
        return self._audited(islice(self._log, after_seq, None), limit)

    async def audit_before(self, before_seq: int, limit: int) -> Sequence[AuditEntry]:
        """Return what the audit shows before a sequence, newest first."""
        await trio.lowlevel.checkpoint()
        return self._audited((place for place in reversed(self._log) if place.seq < before_seq), limit)

    def _audited(self, places: Iterable[Recorded], limit: int) -> Sequence[AuditEntry]:
        found = (place for place in places if isinstance(place.event, AUDITED))
        return [AuditEntry(place, self._hash_at(place.seq)) for place in islice(found, limit)]

    async def claimed(self, claim: IdempotencyClaim) -> tuple[str, Recorded] | None:
        """Return the fingerprint and the answering event of a claimed idempotency key, None where it is free."""
        await trio.lowlevel.checkpoint()
        return self._claims.get((claim.scope, claim.key))

    async def executions(self, agent_id: str, before_seq: int, limit: int) -> Sequence[Execution]:
        """Return the next fills of an agent before a sequence of the log, the newest first."""
        await trio.lowlevel.checkpoint()
        fills = (
            execution_of(place.seq, place.event.trade)
            for place in reversed(self._streams.get(agent_id, ()))
            if place.seq < before_seq and isinstance(place.event, TradeExecuted)
        )
        return list(islice(fills, limit))

    async def bars(self, symbol: str, from_us: int, to_us: int, interval: Interval) -> Sequence[Bar]:
        """Return the bars of a symbol from a time on the grid of the interval to before another, the oldest first."""
        await trio.lowlevel.checkpoint()
        return self._bars.bars(symbol, from_us, to_us, interval)

    async def closes(self, symbols: Sequence[str], moments_us: Sequence[int]) -> Mapping[str, Sequence[int | None]]:
        """Return the last stored price of each symbol before each of these whole minutes, None for none."""
        await trio.lowlevel.checkpoint()
        return self._bars.closes(symbols, moments_us)

    async def user_by_email(self, email: str) -> User | None:
        """Return the person with this address, compared without case."""
        await trio.lowlevel.checkpoint()
        return self._user_by_email(email)

    async def user(self, user_id: str) -> User | None:
        """Return a person."""
        await trio.lowlevel.checkpoint()
        return self._users.get(user_id)

    async def check(self) -> None:
        """Return: memory can always be read."""
        await trio.lowlevel.checkpoint()

    def agents(self) -> Iterator[tuple[Agent, Book]]:
        """Yield every agent that is not deleted, with its book."""
        for agent_id in sorted(self._agents):
            if self._agents[agent_id].status is not AgentStatus.DELETED:
                yield self._agents[agent_id], self._books[agent_id]

    def prices(self) -> Mapping[str, int]:
        """Return the last prices that were kept (micros per share, by symbol)."""
        return dict(sorted(self._prices.items()))

    def last_seq(self) -> int:
        """Return the sequence of the last event, 0 where there is none."""
        return len(self._log)

    def digest(self) -> str:
        """Return the hash in which the log ends, in hexadecimal."""
        return self._hash_at(len(self._log)).hex()

    def _hash_at(self, seq: int) -> bytes:
        """Return the hash of an event, having hashed everything that was committed since this was asked last."""
        head = self._hashes[-1] if self._hashes else GENESIS
        for place in islice(self._log, len(self._hashes), None):
            head = link(head, event_row(place, codec.encode(place.principal)))
            self._hashes.append(head)
        return self._hashes[seq - 1] if seq else GENESIS

    def _refusal(self, commit: Commit) -> CommitResult | None:
        try:
            check(commit)
        except ValueError as error:
            return Unstorable(str(error))
        if commit.claim is not None:
            done = self._claims.get((commit.claim.scope, commit.claim.key))
            if done is not None:
                return AlreadyDone(*done)
        for event in commit.events:
            if isinstance(event, TradeCreated) and event.trade.client_order_id is not None:
                taken = self._client_orders.get((event.trade.agent_id, event.trade.client_order_id))
                if taken is not None:
                    return ClientOrderIdTaken(taken)
        for user in commit.users:
            owner = self._user_by_email(user.email)
            if owner is not None and owner.user_id != user.user_id:
                return EmailTaken(owner.user_id)
        return None

    def _apply(self, commit: Commit) -> Committed:
        recorded = tuple(self._append(commit))
        if commit.agent is not None:
            self._agents[commit.agent.agent_id] = commit.agent
        if commit.book is not None:
            usage = commit.book.usage
            self._books[usage.agent_id] = commit.book
            self._usage[usage.agent_id, usage.period] = usage
        if commit.watermark is not None:
            self._watermarks[commit.watermark.agent_id] = commit.watermark
        for user in commit.users:
            self._users[user.user_id] = user
        for entry_id, delivery in enumerate(commit.deliveries, self.last_seq() * DELIVERIES_PER_COMMIT_MAX):
            entry = OutboxEntry(entry_id, commit.stream, commit.correlation_id, delivery)
            self._outbox[CHANNELS[type(delivery)]][entry_id] = entry
        if commit.claim is not None:
            self._claims[commit.claim.scope, commit.claim.key] = (commit.claim.fingerprint, recorded[-1])
        return Committed(recorded)

    def _append(self, commit: Commit) -> Iterator[Recorded]:
        stream = self._streams[commit.stream]
        for event in commit.events:
            place = Recorded(
                len(self._log) + 1,
                commit.stream,
                len(stream) + 1,
                commit.at_us,
                commit.correlation_id,
                commit.principal,
                event,
            )
            self._log.append(place)
            stream.append(place)
            self._remember(place)
            yield place

    def _remember(self, place: Recorded) -> None:
        event = place.event
        if isinstance(event, OF_TRADE + OF_APPROVAL):
            trade = event.trade
            trades = self._trades[trade.agent_id]
            trades[trade.trade_id] = (trades.get(trade.trade_id, (place.seq,))[0], trade)
            if isinstance(event, TradeCreated):
                self._remember_client_order(trade)
        if isinstance(event, OF_APPROVAL):
            approval = event.approval
            created_seq = self._approvals.get(approval.request_id, (place.seq,))[0]
            self._approvals[approval.request_id] = (created_seq, approval)

    def _remember_client_order(self, trade: Trade) -> None:
        if trade.client_order_id is not None:
            self._client_orders[trade.agent_id, trade.client_order_id] = trade.trade_id

    def _trade(self, agent_id: str, trade_id: str) -> Trade | None:
        kept = self._trades.get(agent_id, {}).get(trade_id)
        return None if kept is None else kept[1]

    def _with_trade(self, approval: Approval) -> tuple[Approval, Trade]:
        return approval, self._trades[approval.agent_id][approval.trade_id][1]

    def _user_by_email(self, email: str) -> User | None:
        key = email_key(email)
        return next((user for user in self._users.values() if email_key(user.email) == key), None)
