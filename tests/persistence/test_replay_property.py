"""`replay(events) == state` after whatever people and strategies do, on disk as in memory."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import trio
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.book import Book, open_book, replay
from actors.desk import Outcome, cancel_trade, expire_approval, liquidate, resolve_approval
from actors.errors import TradingError
from actors.firing import TickPrices, fire
from actors.model import Agent, AgentStatus, OrderType
from actors.money import dollars
from actors.ports.journal import AlreadyDone, Commit, Committed, IdempotencyClaim
from actors.resting import resting_orders
from persistence.memory import MemoryStore
from persistence.store import open_store
from persistence.verify import verify
from tests.actors.builders import (
    DAY_US,
    MINUTE_US,
    NOW_US,
    RULES,
    a_decision,
    a_ticket,
    an_agent,
    assess,
    buy,
    placed,
    sell,
)
from tests.persistence.commits import change, creation

AGENTS = ("agt_1", "agt_2", "agt_3")
SYMBOLS = ("AAPL", "TSLA")

order = st.tuples(
    st.sampled_from(["buy", "sell"]),
    st.sampled_from(SYMBOLS),
    st.integers(1, 300),
    st.integers(1, 400),
    st.sampled_from(OrderType),
)
tick = st.sampled_from([90, 105, 120])
"""The price of every symbol, in dollars: limits fill at the lowest one, stops are triggered at the highest."""

step = st.tuples(
    st.sampled_from(AGENTS),
    order | tick | st.sampled_from(["approve", "reject", "expire", "cancel", "liquidate", "repeat"]),
    st.integers(0, 20 * DAY_US),
    st.booleans(),
)


@define
class Floor:
    """Agents as their actors keep them, and what they wait to have committed."""

    agents: dict[str, Agent]
    books: dict[str, Book]
    now_us: int = NOW_US
    orders: int = 0
    batch: list[Commit] = field(factory=list)
    last: Commit | None = None

    def step(self, agent_id: str, what: object, later_us: int) -> None:
        """Let an agent do something, unless the rules refuse it."""
        self.now_us += later_us
        self.orders += 1
        if what == "repeat":
            self.batch += [self.last] if self.last is not None else []
            return
        try:
            outcome = self._decide(agent_id, what)
        except TradingError:
            return
        if outcome is not None and outcome.events:
            self.books[agent_id] = outcome.book
            claim = IdempotencyClaim("usr", f"key-{self.orders}", "f")
            self.last = change(self.agents[agent_id], outcome, self.now_us, claim=claim)
            self.batch.append(self.last)

    def _decide(self, agent_id: str, what: object) -> Outcome | None:
        agent, book = self.agents[agent_id], self.books[agent_id]
        if isinstance(what, tuple):
            action, symbol, quantity, price, order_type = what
            ticket = a_ticket(self.orders, at_us=self.now_us, price_micros=dollars(price))
            asked = evolve(
                buy(symbol, quantity) if action == "buy" else sell(symbol, quantity),
                order_type=order_type,
                limit_price_micros=dollars(100) if order_type in {OrderType.LIMIT, OrderType.STOP_LIMIT} else None,
                stop_price_micros=dollars(110) if order_type in {OrderType.STOP, OrderType.STOP_LIMIT} else None,
            )
            return placed(book, asked, ticket, agent=agent, threshold_micros=dollars(20_000))
        if what == "liquidate":
            last = dict.fromkeys(SYMBOLS, dollars(100))
            return liquidate(book, agent, last, self.now_us, lambda prefix: f"{prefix}_{self._next()}")
        if isinstance(what, int):
            prices = TickPrices(self.now_us, dict.fromkeys(SYMBOLS, dollars(what)))
            return fire(
                book, agent, resting_orders(book), prices, RULES, assess, lambda prefix: f"{prefix}_{self._next()}"
            )
        request_id = next(iter(book.approvals), "ovr_none")
        if what == "expire":
            self.now_us += 10 * MINUTE_US
            return expire_approval(book, agent, request_id, self.now_us)
        if what == "cancel":
            return cancel_trade(book, agent, next(iter(book.open_trades), "trd_none"), "by its owner")
        decision = a_decision(approved=what == "approve", at_us=self.now_us)
        return resolve_approval(book, agent, request_id, decision, dollars(100))

    def _next(self) -> int:
        self.orders += 1
        return self.orders


async def run(path: Path, steps: Sequence[tuple[str, object, int, bool]]) -> None:
    """Take the steps, committing after those that say so, and compare."""
    agents = {agent_id: an_agent(agent_id=agent_id) for agent_id in AGENTS}
    floor = Floor(agents, {agent_id: open_book(agent) for agent_id, agent in agents.items()})
    floor.batch = [creation(agent) for agent in agents.values()]
    memory, store = MemoryStore(), open_store(path)
    for agent_id, what, later_us, commits in (*steps, ("agt_1", "repeat", 0, True)):
        floor.step(agent_id, what, later_us)
        if commits:
            results = await store.commit(floor.batch)
            assert list(results) == list(await memory.commit(floor.batch))
            assert all(isinstance(result, Committed | AlreadyDone) for result in results)
            floor.batch = []

    expected = [(agents[agent_id], floor.books[agent_id]) for agent_id in AGENTS]
    assert list(store.agents()) == expected
    assert list(memory.agents()) == expected
    for agent, book in expected:
        events = await store.events([agent.agent_id], 0, 10_000)
        assert replay(place.event for place in events) == (agent, book)
    store.close()
    report = verify(path)
    assert [str(finding) for finding in report.findings] == []
    assert report.head_hash == memory.digest()


@settings(max_examples=60, deadline=None)
@given(st.lists(step, max_size=25))
def test_what_is_stored_is_what_the_events_lead_to(steps: list[tuple[str, object, int, bool]]) -> None:
    """In batches of any size, over months, with repeated requests."""
    with TemporaryDirectory() as folder:
        trio.run(run, Path(folder) / "floor.db", steps)


def test_the_steps_of_the_property_do_something(tmp_path: Path) -> None:
    """One of each kind: what the property says of refusals alone would be worth little."""
    agent = evolve(an_agent(), status=AgentStatus.ACTIVE)
    floor = Floor({"agt_1": agent}, {"agt_1": open_book(agent)})
    market, limit, stop = OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT
    large, small = ("buy", "AAPL", 300, 100, market), ("buy", "TSLA", 10, 100, market)
    resting, triggered = ("buy", "TSLA", 10, 105, limit), ("buy", "TSLA", 10, 105, stop)
    counts = []
    for what in (
        *(small, large, "approve", large, "reject", large, "expire", large, "cancel"),
        *(resting, triggered, 90, 120, 90, "liquidate", "repeat"),
    ):
        floor.step("agt_1", what, 1)
        counts.append(len(floor.batch))

    assert counts == list(range(1, 17))
