"""The journal: the one writer's facade. It commits what is queued as one transaction, then tells everybody.

While one batch is in the writer's thread the next one gathers, so the batch grows with the load and a commit costs the
less the more there are. The order of a commit's effects: durable, then in the views, then answered, then published.
"""

import logging
from collections import deque
from collections.abc import Mapping, Sequence

import trio
from attrs import frozen

from actors import paths
from actors.book import Book
from actors.errors import DuplicateClientOrderId, EmailInUse, IdempotencyMismatch, JournalUnavailable, NotStorable
from actors.events import (
    AgentCreated,
    AgentStatusChanged,
    ApprovalRequested,
    Event,
    TradeCreated,
    TradeExecuted,
    TradeTriggered,
)
from actors.messages import Append, DrainOutbox, KeepBars, KeepPrices, TakeUpChange, TendAgent, WatchAgain
from actors.model import AgentStatus, TradeStatus
from actors.ports.journal import (
    CHANNELS,
    AlreadyDone,
    Channel,
    ClientOrderIdTaken,
    Commit,
    CommitResult,
    Committed,
    EmailTaken,
    JournalStore,
    Unstorable,
)
from actors.ports.publisher import Publisher
from actors.views import FloorViews
from supervisor import Actor, Context, Refusal, Reply, correlated, handles
from supervisor.errors import SupervisorError

BATCH_COMMITS_MAX = 256
"""A batch that fills one transaction well; larger ones gain little and make the first commit in them wait."""

BARS_WAITING_MAX = 1_440
"""Minutes of bars that wait at most while the storage is unavailable: a day's; then the oldest are lost."""

_log = logging.getLogger(__name__)
_TENDED = frozenset({AgentCreated, AgentStatusChanged, ApprovalRequested})
_LIVING = frozenset({AgentStatus.ACTIVE, AgentStatus.PAUSED, AgentStatus.STOPPED})
"""With one of these an agent has an actor that is up, or comes up when it is told something."""

_FACADES = {
    Channel.METERING: paths.METERING,
    Channel.OVERSIGHT: paths.OVERSIGHT,
    Channel.NOTIFY: paths.NOTIFIER,
}


@frozen
class _Queued:
    append: Append
    reply: Reply[Committed]


class JournalActor(Actor):
    """Commits changes in batches. Its state is the queue of those that wait for the batch under way."""

    def __init__(self, store: JournalStore, views: FloorViews, publisher: Publisher) -> None:
        self._store = store
        self._views = views
        self._publisher = publisher
        self._queue: deque[_Queued] = deque()
        self._prices: KeepPrices | None = None
        self._bars: deque[KeepBars] = deque(maxlen=BARS_WAITING_MAX)
        self._work = trio.Event()
        self._commits = 0
        self._batches = 0
        self._writing_s = 0.0

    async def started(self) -> None:
        """Start the loop that commits batch after batch."""
        self.ctx.start_task(self._write)

    def inspect(self) -> Mapping[str, object]:
        """Show the queue, the batching, and the time that the batches took so far."""
        return {
            "queued": len(self._queue),
            "commits": self._commits,
            "batches": self._batches,
            "writing_s": self._writing_s,
        }

    @handles(Append)
    def append(self, message: Append) -> Reply[Committed]:
        """Queue a change; the reply comes once it is durable."""
        reply = self.ctx.defer()
        self._queue.append(_Queued(message, reply))
        self._work.set()
        return reply

    @handles(KeepPrices)
    def keep_prices(self, message: KeepPrices) -> None:
        """Keep the newest prices with the next write."""
        self._prices = message
        self._work.set()

    @handles(KeepBars)
    def keep_bars(self, message: KeepBars) -> None:
        """Store the bars of a minute with the next write."""
        self._bars.append(message)
        self._work.set()

    async def _write(self) -> None:
        while True:
            await self._work.wait()
            self._work = trio.Event()
            while self._queue:
                await self._commit_batch(self._take_batch())
            await self._write_prices()
            await self._write_bars()

    def _take_batch(self) -> list[_Queued]:
        """Take what is queued, refusing what nobody waits for and what was decided on a state that is not the last one.

        An actor that was restarted while its change was in the writer's thread may decide on the state before it; the
        views say so. A second change of one stream waits for the next batch, when the views show the first.
        """
        batch: list[_Queued] = []
        later: list[_Queued] = []
        streams: set[str] = set()
        while self._queue and len(batch) < BATCH_COMMITS_MAX:
            queued = self._queue.popleft()
            commit = queued.append.commit
            if not queued.reply.wanted:
                queued.reply.fail(JournalUnavailable("nobody waits for this change any more"))
                continue
            if commit.stream in streams:
                later.append(queued)
                continue
            if not self._is_current(queued.append):
                queued.reply.fail(JournalUnavailable(f"{commit.stream} changed meanwhile; try again"))
                continue
            streams.add(commit.stream)
            batch.append(queued)
        self._queue.extendleft(reversed(later))
        return batch

    def _is_current(self, append: Append) -> bool:
        stream = append.commit.stream
        if append.base_book is not None and self._views.books.get(stream) is not append.base_book:
            return False
        return append.base_agent is None or self._views.agents.get(stream) is append.base_agent

    async def _commit_batch(self, batch: Sequence[_Queued]) -> None:
        if not batch:
            return
        commits = [queued.append.commit for queued in batch]
        began_s = self.ctx.time_s
        try:
            results = await self._store.commit(commits)
        except JournalUnavailable as error:
            _log.warning("the journal could not commit: %s", error)
            for queued in batch:
                queued.reply.fail(JournalUnavailable(*error.args))
            return
        self._batches += 1
        self._writing_s += self.ctx.time_s - began_s
        # Whatever a publisher does, the views must show all of the batch: the next decisions are made on them.
        for queued, result in zip(batch, results, strict=True):
            self._settle(queued, result)
        last_seqs = [result.recorded[-1].seq for result in results if isinstance(result, Committed) and result.recorded]
        if last_seqs:
            self._views.last_seq = last_seqs[-1]
        # A dictionary, as a set would tell the facades in another order in each process.
        for channel in {CHANNELS[type(delivery)]: None for commit in commits for delivery in commit.deliveries}:
            tell(self.ctx, _FACADES[channel], DrainOutbox())
        self._publish(commits, results)

    def _publish(self, commits: Sequence[Commit], results: Sequence[CommitResult]) -> None:
        tells_log = _log.isEnabledFor(logging.DEBUG)
        for commit, result in zip(commits, results, strict=True):
            if isinstance(result, Committed):
                if tells_log:
                    _tell_log(commit, result)
                self._publisher.publish(result.recorded, commit.agent, commit.book)

    def _settle(self, queued: _Queued, result: CommitResult) -> None:
        commit = queued.append.commit
        if isinstance(result, Committed):
            self._commits += 1
            self._show(commit)
            queued.reply.reply(result)
            if not _TENDED.isdisjoint(map(type, commit.events)):
                tell(self.ctx, paths.FLOOR, TendAgent(commit.stream))
            if commit.agent is not None and commit.agent.status in _LIVING and queued.append.base_agent is not None:
                tell(self.ctx, paths.agent(commit.stream), TakeUpChange())
            book = commit.book
            if book is not None and book.open_trades and any(_rests(event, book) for event in commit.events):
                tell(self.ctx, paths.portfolio(commit.stream), WatchAgain())
        elif isinstance(result, AlreadyDone):
            self._repeat(queued, result)
        else:
            queued.reply.fail(_refusal(result))

    def _show(self, commit: Commit) -> None:
        self._views.publish(commit.agent, commit.book)
        for event in commit.events:
            if isinstance(event, TradeExecuted):
                self._views.count_traded(event.trade.symbol, event.trade.quantity)

    def _repeat(self, queued: _Queued, done: AlreadyDone) -> None:
        claim = queued.append.commit.claim
        if claim is not None and claim.fingerprint == done.fingerprint:
            queued.reply.reply(Committed((done.answer,)))
        else:
            queued.reply.fail(IdempotencyMismatch("the idempotency key was used with another request; use a new key"))

    async def _write_prices(self) -> None:
        if self._prices is None:
            return
        kept, self._prices = self._prices, None
        try:
            await self._store.save_prices(kept.prices, kept.at_us)
        except JournalUnavailable as error:
            _log.warning("the last prices were not kept, the next ones will be: %s", error)

    async def _write_bars(self) -> None:
        if not self._bars:
            return
        kept = tuple(self._bars)
        self._bars.clear()
        try:
            await self._store.save_bars([bar for message in kept for bar in message.bars])
        except JournalUnavailable as error:
            _log.warning("the bars of %d minutes are stored later: %s", len(kept), error)
            self._bars = deque((*kept, *self._bars), maxlen=BARS_WAITING_MAX)


def _tell_log(commit: Commit, committed: Committed) -> None:
    with correlated(commit.correlation_id):
        events = ", ".join(f"{item.seq} {type(item.event).__name__}" for item in committed.recorded)
        _log.debug("committed for %s: %s", commit.stream, events or "no event")


def _refusal(result: ClientOrderIdTaken | EmailTaken | Unstorable) -> Refusal:
    """Return what a commit that the store did not take means to whoever asked for it."""
    match result:
        case ClientOrderIdTaken(trade_id):
            return DuplicateClientOrderId(f"the agent's trade {trade_id} has this clientOrderId already")
        case EmailTaken():
            return EmailInUse("another person has this email address already")
        case Unstorable(reason):
            return NotStorable(f"the change cannot be stored: {reason}")


def _rests(event: Event, book: Book) -> bool:
    """Say whether an event leaves an order to rest, or to wait for something else from now on.

    Its portfolio knows, unless it crashed or gave up while the commit was under way.
    """
    if not isinstance(event, TradeCreated | TradeTriggered):
        return False
    trade = book.open_trades.get(event.trade.trade_id)
    return trade is not None and trade.status is TradeStatus.PENDING


def tell(ctx: Context, path: str, message: DrainOutbox | TakeUpChange | TendAgent | WatchAgain) -> None:
    """Tell an actor that has something to see to; one that is full or gone looks for itself when it comes back."""
    try:
        ctx.ref(path).tell_nowait(message)
    except SupervisorError:
        _log.debug("%s will look for itself", path)
