"""A whole floor without threads, sockets or disk, for tests under a virtual clock.

Everything is the real thing but the surroundings: the storage in memory that fails on request, the fakes of metering
and oversight, prices that a test sets, and a publisher that checks that the views are ahead of every event.
"""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import trio
from attrs import evolve, field, frozen
from numpy.typing import NDArray
from trio.testing import MockClock, wait_all_tasks_blocked

from actors import paths
from actors.book import Book, replay
from actors.errors import JournalUnavailable
from actors.events import Event, Recorded
from actors.ledger import Portfolio
from actors.lifecycle import AgentEvent
from actors.market import MarketRules
from actors.messages import CancelTrade, ChangeStatus, CreateAgent, Decide, NewAgent, SubmitTrade
from actors.model import Agent, Approval, Decision, OrderRequest, Principal, StrategyKind, Trade
from actors.money import dollars
from actors.ports.journal import Commit, CommitResult, IdempotencyClaim
from actors.services import Services
from actors.tree import floor_tree
from actors.views import FloorViews, MarketSnapshot
from simulations.ports.clock import CountingIds, VirtualClock
from simulations.ports.guarded import GuardedStore
from simulations.ports.metering import InLoopMetering
from simulations.ports.oversight import InLoopOversight
from supervisor import ActorSystem, open_system
from tests.actors.builders import AAPL_MICROS, APPROVER, NOW_US, OWNER, RULES, SECOND_US, TSLA_MICROS, buy
from tests.actors.scripted import installed
from tests.fakes.notifications import FakeNotifications


class ScriptedPrices:
    """A price model whose prices stay as they are until a test sets them."""

    def __init__(self, prices: Mapping[str, int] | None = None) -> None:
        self._prices = dict(prices or {"AAPL": AAPL_MICROS, "TSLA": TSLA_MICROS})
        self.failures = 0
        """How many of the next steps raise."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in the order of the prices."""
        return tuple(self._prices)

    def open_micros(self) -> NDArray[np.int64]:
        """Return the prices of now."""
        return np.array(list(self._prices.values()), dtype=np.int64)

    def step(self, dt_years: float) -> NDArray[np.int64]:
        """Return the prices of now, or raise while failures are left."""
        if self.failures:
            self.failures -= 1
            raise ArithmeticError("the model fails on request")
        return self.open_micros()

    def set(self, symbol: str, price: str) -> None:
        """Set a price in dollars; the next tick shows it."""
        self._prices[symbol] = dollars(price)


class ScriptedStore(GuardedStore):
    """Storage that is unavailable on request, and whose commits a test can hold half way."""

    def __init__(self) -> None:
        super().__init__()
        self.unavailable = False
        self.gate: trio.Event | None = None
        """While there is one, a commit waits for it, as it would in the writer's thread: no cancellation stops it."""
        self.delay_s = 0.0
        """How long a commit takes."""
        self.batches: list[int] = []
        """The sizes of the batches that were begun."""

    async def commit(self, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        """Commit a batch, unless it is unavailable."""
        self.require_writable()
        self.batches.append(len(batch))
        with trio.CancelScope(shield=True):
            if self.gate is not None:
                await self.gate.wait()
            await trio.sleep(self.delay_s)
            results = await super().commit(batch)
        return results  # noqa: RET504 - the scope could, for all a type checker knows, have swallowed the return

    def require_readable(self) -> None:
        """Raise JournalUnavailable on request."""
        if self.unavailable:
            raise JournalUnavailable("the disk is full")

    require_writable = require_readable


class RecordingPublisher:
    """Keeps what was published, and checks at once that whoever hears of it finds it in the views."""

    def __init__(self, views: FloorViews) -> None:
        self._views = views
        self.recorded: list[Recorded] = []
        self.ticks = 0
        self.failing: set[str] = set()
        """The streams whose next publication raises, against what the port asks for."""

    def publish(self, recorded: Sequence[Recorded], agent: Agent | None, book: Book | None) -> None:
        """Take the events of one commit."""
        if recorded[0].stream in self.failing:
            self.failing.remove(recorded[0].stream)
            raise OSError("the publisher fails on request")
        self.recorded.extend(recorded)
        assert self._views.last_seq >= recorded[-1].seq
        assert agent is None or self._views.agents[agent.agent_id].updated_at_us >= agent.updated_at_us
        assert book is None or book.portfolio.agent_id in self._views.books

    def publish_market(self, snapshot: MarketSnapshot) -> None:
        """Take the prices of one tick."""
        assert self._views.market is snapshot
        self.ticks += 1


@frozen
class Surroundings:
    """What outlives a floor: time, storage, the services and the market. Handed to a second floor it is a restart."""

    clock: VirtualClock
    ids: CountingIds
    store: ScriptedStore
    prices: ScriptedPrices
    metering: InLoopMetering
    oversight: InLoopOversight
    notifications: FakeNotifications = field(factory=FakeNotifications)


def surroundings(start_us: int = NOW_US, prices: Mapping[str, int] | None = None) -> Surroundings:
    """Return new surroundings, everything up and empty."""
    clock = VirtualClock(start_us)
    return Surroundings(
        clock,
        CountingIds(),
        ScriptedStore(),
        ScriptedPrices(prices),
        InLoopMetering(clock.now_us),
        InLoopOversight(clock.now_us),
    )


@frozen
class HeadlessFloor:
    """A running floor and the short ways to use it."""

    system: ActorSystem
    services: Services
    around: Surroundings
    publisher: RecordingPublisher

    @property
    def views(self) -> FloorViews:
        """The published snapshots."""
        return self.services.views

    @property
    def store(self) -> ScriptedStore:
        """The storage."""
        return self.around.store

    def agent(self, agent_id: str = "agt_1") -> Agent:
        """Return an agent as it is published."""
        return self.views.agent(agent_id)

    def book(self, agent_id: str = "agt_1") -> Book:
        """Return a book as it is published."""
        return self.views.book(agent_id)

    def portfolio(self, agent_id: str = "agt_1") -> Portfolio:
        """Return a portfolio as it is published."""
        return self.book(agent_id).portfolio

    def published(self, stream: str = "agt_1") -> list[Event]:
        """Return the events that were published of one agent."""
        return [record.event for record in self.publisher.recorded if record.stream == stream]

    def published_types(self, stream: str = "agt_1") -> list[str]:
        """Return the names of these events."""
        return [event.type for event in self.published(stream)]

    async def create(self, claim: IdempotencyClaim | None = None, **changes: Any) -> Agent:
        """Create an agent; without another wish it is a custom one with $100,000 that is driven from outside."""
        new = NewAgent("Test agent", StrategyKind.CUSTOM, dollars(100_000), 5)
        return await self.system.ref(paths.FLOOR).ask(CreateAgent(evolve(new, **changes), OWNER, claim))

    async def trade(
        self,
        order: OrderRequest | None = None,
        agent_id: str = "agt_1",
        principal: Principal = OWNER,
        claim: IdempotencyClaim | None = None,
    ) -> Trade:
        """Trade by the owner's hand; without another wish buy 10 AAPL."""
        message = SubmitTrade(buy() if order is None else order, principal, claim)
        return await self.system.ref(paths.agent(agent_id)).ask(message)

    async def cancel(self, trade_id: str, agent_id: str = "agt_1") -> Trade:
        """Take an open trade back."""
        return await self.system.ref(paths.agent(agent_id)).ask(CancelTrade(trade_id, OWNER))

    async def change(self, event: AgentEvent, agent_id: str = "agt_1") -> Agent:
        """Change the status of an agent."""
        return await self.system.ref(paths.agent(agent_id)).ask(ChangeStatus(event, OWNER))

    async def decide(
        self, request_id: str | None = None, *, approved: bool = True, agent_id: str = "agt_1"
    ) -> Approval:
        """Decide an approval on the floor; without an id the one that is pending."""
        if request_id is None:
            (request_id,) = self.book(agent_id).approvals
        decision = Decision(approved, APPROVER.user_id, APPROVER.name, "http", None, self.around.clock.now_us())
        return await self.system.ref(paths.approval(agent_id, request_id)).ask(Decide(decision, APPROVER))

    async def advance(self, seconds: float) -> None:
        """Let virtual time pass, and everything due then happen."""
        await trio.sleep(seconds)
        await wait_all_tasks_blocked()

    def check(self) -> None:
        """Assert that what is published is what the log says: `replay(events) == views`, for every agent."""
        log: dict[str, list[Event]] = {}
        for record in self.store._log:
            log.setdefault(record.stream, []).append(record.event)
        assert {stream: replay(events) for stream, events in log.items()} == {
            agent_id: (agent, self.views.books[agent_id]) for agent_id, agent in self.views.agents.items()
        }


@asynccontextmanager
async def headless_floor(
    around: Surroundings | None = None, *, tick_s: float = 1.0, **rules: Any
) -> AsyncIterator[HeadlessFloor]:
    """Run a floor around a block of code, under a mock clock. Surroundings of an earlier floor make it a restart.

    `rules` change when trades wait for a human.
    """
    assert isinstance(trio.lowlevel.current_clock(), MockClock), "a headless floor must never wait for real"
    around = around or surroundings()
    views = FloorViews()
    for agent, book in around.store.agents():
        views.publish(agent, book)
    views.last_seq = around.store.last_seq()
    publisher = RecordingPublisher(views)
    services = Services(
        views=views,
        store=around.store,
        history=around.store,
        metering=around.metering,
        oversight=around.oversight,
        publisher=publisher,
        clock=around.clock,
        ids=around.ids,
        rules=evolve(RULES, **rules),
        seed=1,
        notifications=around.notifications,
    )
    tree = floor_tree(services, around.prices, MarketRules(round(tick_s * SECOND_US), time_compression=1.0))
    with installed():
        async with open_system(tree, rng=random.Random(1)) as system:  # noqa: S311 - jitter of restarts
            yield HeadlessFloor(system, services, around, publisher)
