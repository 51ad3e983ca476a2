"""How many trades a second become durable, against SQLite itself doing no more than to insert the same rows.

Each trade is what the floor makes of one: two events, the rows of the trade, the portfolio and the usage, and an entry
of the outbox, at `synchronous=FULL`. Each portfolio commits one trade after another; what is queued while a transaction
is under way goes into the next one, so the batches are as large as there are portfolios.
"""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import trio
from attrs import define, field, frozen
from sqlite_utils import Database

from actors.book import Book, open_book
from actors.desk import OversightRules, Ticket, place_order
from actors.events import AgentCreated
from actors.model import (
    Action,
    Agent,
    AgentStatus,
    OrderRequest,
    Principal,
    QuotaConfig,
    Role,
    StrategyKind,
    Trade,
)
from actors.money import dollars
from actors.ports.journal import Commit, JournalStore, UsageDelivery
from actors.ports.metering import UsageEvent
from actors.risk import PortfolioImpact, RiskAssessment
from persistence.batch import Batch
from persistence.chain import GENESIS
from persistence.schema import migrations
from persistence.sqlite import connect_writer
from persistence.store import SqliteStore, open_store
from simulations.bench.report import Figure

TRADES = {1: 1_000, 16: 4_000, 256: 10_240}
TRADES_QUICK = {1: 50, 16: 320, 256: 1_024}
"""How many trades a round has, by the number of portfolios that commit at once."""

RATIO_MIN = {256: 0.5}

ROUNDS = 9
"""The round with the median ratio counts: both sides of it ran within the same second on a machine that is now slow and
now fast."""

START_US = 1_771_329_600_000_000
TRADER = Principal("usr_bench", "Benchmark", Role.TRADER)
RULES = OversightRules(threshold_micros=dollars(50_000), ttl_us=600_000_000, price_tolerance_ppm=20_000)

Append = Callable[[Commit], Awaitable[object]]
Journal = Callable[[JournalStore], AbstractAsyncContextManager[Append]]
"""Opens a way to commit one change: returns once it is durable."""


@define
class _GroupCommit:
    """The least that makes batches: what is queued while a transaction is under way goes into the next one."""

    store: JournalStore
    queue: list[tuple[Commit, trio.Event]] = field(factory=list)
    work: trio.Event = field(factory=trio.Event)

    async def append(self, commit: Commit) -> None:
        """Queue a change and wait until it is durable."""
        done = trio.Event()
        self.queue.append((commit, done))
        self.work.set()
        await done.wait()

    async def write(self) -> None:
        """Commit batch after batch."""
        while True:
            await self.work.wait()
            self.work = trio.Event()
            while self.queue:
                batch, self.queue = self.queue, []
                await self.store.commit([commit for commit, _ in batch])
                for _, done in batch:
                    done.set()
                await trio.lowlevel.checkpoint()


@asynccontextmanager
async def group_commit(store: JournalStore) -> AsyncIterator[Append]:
    """Open the storage's own group commit, without an actor before it."""
    group = _GroupCommit(store)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(group.write)
        yield group.append
        nursery.cancel_scope.cancel()


@frozen
class _Work:
    """What the portfolios commit: the agents first, then each portfolio's trades in order."""

    creations: tuple[Commit, ...]
    trades: tuple[tuple[Commit, ...], ...]

    @property
    def count(self) -> int:
        """How many trades there are."""
        return sum(len(trades) for trades in self.trades)


def run(quick: bool = False, journal: Journal = group_commit) -> list[Figure]:
    """Measure with 1, 16 and 256 portfolios at once, each beside SQLite alone with transactions of as many trades."""
    figures = []
    for portfolios, count in (TRADES_QUICK if quick else TRADES).items():
        work = _make_work(portfolios, count // portfolios)
        # No floor holds thousands of commits at once; the collector would walk them all while the store is timed.
        gc.collect()
        gc.freeze()
        rounds = [(_time_raw(work), _time_store(work, journal)) for _ in range(1 if quick else ROUNDS)]
        gc.unfreeze()
        raw_s, store_s = sorted(rounds, key=lambda times: times[0] / times[1])[len(rounds) // 2]
        figures.append(
            Figure(
                name=f"durable trades, {portfolios} {'portfolio' if portfolios == 1 else 'portfolios'} at once",
                value=work.count / store_s,
                unit="trades/s",
                bound=work.count / raw_s,
                bound_name=f"the same rows by sqlite3 alone, {portfolios} a transaction",
                ratio_min=RATIO_MIN.get(portfolios),
            )
        )
    return figures


def _make_work(portfolios: int, trades_each: int) -> _Work:
    agents = [_agent(number) for number in range(portfolios)]
    trades = []
    for agent in agents:
        book, commits = open_book(agent), []
        for number in range(trades_each):
            commit, book = _trade(agent, book, number)
            commits.append(commit)
        trades.append(tuple(commits))
    return _Work(tuple(_creation(agent) for agent in agents), tuple(trades))


def _agent(number: int) -> Agent:
    return Agent(
        agent_id=f"agt_{number:012d}",
        user_id=TRADER.user_id,
        name="Benchmark",
        strategy=StrategyKind.CUSTOM,
        status=AgentStatus.PAUSED,
        risk_tolerance=5,
        initial_budget_micros=dollars(100_000),
        quota=QuotaConfig(api_calls=100_000),
        created_at_us=START_US,
        updated_at_us=START_US,
    )


def _creation(agent: Agent) -> Commit:
    return Commit(agent.agent_id, START_US, TRADER, None, (AgentCreated(agent),), agent, open_book(agent))


def _trade(agent: Agent, book: Book, number: int) -> tuple[Commit, Book]:
    """Buy a share and sell it again in turn, at the market."""
    order = OrderRequest("AAPL", Action.SELL if number % 2 else Action.BUY, 1)
    trade_id = f"trd_{number:06d}{agent.agent_id}"
    outcome = place_order(book, agent, order, Ticket(trade_id, str, START_US, dollars("1.00")), RULES, _never_asked)
    usage = (
        UsageEvent(f"{trade_id}:submitted", agent.agent_id, "trade.submitted", 1, 0, START_US),
        UsageEvent(f"{trade_id}:executed", agent.agent_id, "trade.executed", 0, dollars("0.10"), START_US),
    )
    return (
        Commit(
            stream=agent.agent_id,
            at_us=START_US,
            principal=TRADER,
            correlation_id=f"cor_{trade_id}",
            events=outcome.events,
            book=outcome.book,
            deliveries=(UsageDelivery(usage),),
        ),
        outcome.book,
    )


def _never_asked(_book: Book, _trade_asked: Trade) -> tuple[RiskAssessment, PortfolioImpact]:
    raise AssertionError("no trade of the benchmark needs approval")


def _time_store(work: _Work, journal: Journal) -> float:
    """Return the seconds that the store takes."""
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "floor.db")
        try:
            return trio.run(_commit_all, store, work, journal)
        finally:
            store.close()


async def _commit_all(store: SqliteStore, work: _Work, journal: Journal) -> float:
    await store.commit(work.creations)
    async with journal(store) as append:
        started = perf_counter()
        async with trio.open_nursery() as portfolios:
            for trades in work.trades:
                portfolios.start_soon(_commit_in_turn, append, trades)
        return perf_counter() - started


async def _commit_in_turn(append: Append, trades: Sequence[Commit]) -> None:
    for commit in trades:
        await append(commit)


def _time_raw(work: _Work) -> float:
    """Return the seconds that SQLite takes to insert the same rows, prepared beforehand, with the same settings."""
    batch = Batch(0, GENESIS)
    transactions = []
    for turn in zip(*work.trades, strict=True):
        batch = Batch(batch.seq, batch.head)
        for commit in turn:
            batch.add(commit, batch.seq)
        transactions.append(
            (
                ("events", 9, batch.events),
                ("trades", 8, list(batch.snapshots.new_trades.values())),
                ("portfolios", 8, list(batch.portfolios.values())),
                ("usage", 5, list(batch.usage.values())),
                ("outbox", 4, batch.outbox),
            )
        )
    with TemporaryDirectory() as folder:
        connection = connect_writer(Path(folder) / "raw.db")
        migrations.apply(Database(connection))
        started = perf_counter()
        for tables in transactions:
            connection.execute("BEGIN")
            for table, columns, rows in tables:
                marks = ", ".join("?" * columns)
                connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - constants
            connection.execute("COMMIT")
        seconds = perf_counter() - started
        connection.close()
    return seconds
