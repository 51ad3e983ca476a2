"""Whatever people, programs, services and the market do in whatever order, the floor's books stay right."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import trio
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from actors import ledger, paths
from actors.errors import FloorBusy
from actors.lifecycle import AgentEvent
from actors.model import Action, StrategyKind
from actors.money import dollars
from actors.ports.journal import IdempotencyClaim
from actors.ports.oversight import DecisionRecord, OversightError
from simulations.determinism import deterministic_scheduling
from supervisor import Refusal
from supervisor.errors import SupervisorError
from tests.actors.builders import buy, sell
from tests.actors.headless import HeadlessFloor, headless_floor, surroundings

AGENTS = ("agt_1", "agt_2", "agt_3")
STEP_S_MAX = 1_000.0
"""Beyond what any step takes, and little enough that one which never ends is found out, and shrunk, within seconds."""


@frozen
class Step:
    """Something that somebody does; `waits`: it is done before the next one begins."""

    name: str
    act: Callable[[HeadlessFloor], Any]
    waits: bool


async def trade(floor: HeadlessFloor, agent_id: str, action: Action, symbol: str, quantity: int, key: int) -> None:
    """Trade, with few enough keys that some come twice."""
    claim = IdempotencyClaim("usr_owner", f"key-{key}", f"{agent_id} {action} {symbol} {quantity}")
    order = (buy if action is Action.BUY else sell)(symbol, quantity)
    await floor.trade(order, agent_id, claim=claim if key else None)


async def decide(floor: HeadlessFloor, agent_id: str, *, approved: bool, outside: bool) -> None:
    """Decide the first approval that is pending, on the floor or at the service."""
    for request_id in list(floor.book(agent_id).approvals)[:1]:
        if outside:
            at_us = floor.around.clock.now_us()
            record = DecisionRecord("approved" if approved else "rejected", "usr_x", "Xenia", "slack", "", at_us)
            await floor.around.oversight.decide(request_id, record)
        else:
            await floor.decide(request_id, approved=approved, agent_id=agent_id)


async def cancel(floor: HeadlessFloor, agent_id: str) -> None:
    """Cancel the first trade that is open."""
    for trade_id in list(floor.book(agent_id).open_trades)[:1]:
        await floor.cancel(trade_id, agent_id)


async def restart(floor: HeadlessFloor, path: str) -> None:
    """Restart an actor in the middle of whatever it does, as an operator may."""
    await floor.system.control.restart(path)


async def set_price(floor: HeadlessFloor, symbol: str, price: str) -> None:
    """Move the market."""
    floor.around.prices.set(symbol, price)


async def toggle(floor: HeadlessFloor, what: str) -> None:
    """Break or mend something outside."""
    part: Any = getattr(floor.around, what)
    part.unavailable = not part.unavailable


async def slow_down(floor: HeadlessFloor, delay_s: float) -> None:
    """Let a commit take so long; the longest outlasts every ask."""
    floor.store.delay_s = delay_s


async def pass_time(floor: HeadlessFloor, seconds: float) -> None:
    """Let time pass."""
    await floor.advance(seconds)


AGENT = st.sampled_from(AGENTS)
ACTIONS = st.one_of(
    st.builds(
        partial,
        st.just(trade),
        agent_id=AGENT,
        action=st.sampled_from(Action),
        symbol=st.sampled_from(["AAPL", "TSLA"]),
        quantity=st.integers(1, 500),
        key=st.integers(0, 4),
    ),
    st.builds(partial, st.just(decide), agent_id=AGENT, approved=st.booleans(), outside=st.booleans()),
    st.builds(partial, st.just(cancel), agent_id=AGENT),
    st.builds(partial, st.just(HeadlessFloor.change), event=st.sampled_from(list(AgentEvent)[:2]), agent_id=AGENT),
    st.builds(partial, st.just(HeadlessFloor.change), event=st.just(AgentEvent.STOP), agent_id=st.just("agt_3")),
    st.builds(
        partial,
        st.just(restart),
        path=st.sampled_from(
            [paths.JOURNAL, paths.MARKET, paths.METERING, paths.OVERSIGHT, paths.FLOOR]
            + [path(agent_id) for agent_id in AGENTS for path in (paths.agent, paths.portfolio, paths.home_of)]
        ),
    ),
    st.builds(partial, st.just(set_price), symbol=st.just("TSLA"), price=st.sampled_from(["100", "149", "151", "200"])),
    st.builds(partial, st.just(toggle), what=st.sampled_from(["store", "metering", "oversight"])),
    st.builds(partial, st.just(slow_down), delay_s=st.sampled_from([0.0, 0.01, 0.2, 7.0])),
    st.builds(partial, st.just(pass_time), seconds=st.sampled_from([0.0, 0.3, 5.0, 61.0, 601.0])),
)
STEPS = st.lists(st.tuples(ACTIONS, st.booleans()), min_size=5, max_size=30)


async def run(steps: Sequence[tuple[Callable[..., Any], bool]]) -> None:
    """Take the steps on one floor, some at the same time, and look at what is left."""
    around = surroundings()
    resolved: list[str] = []

    async def take(act: Callable[..., Any]) -> None:
        try:
            with trio.fail_after(STEP_S_MAX):
                await act(floor)
        except (Refusal, SupervisorError, OversightError, FloorBusy) as error:
            resolved.append(type(error).__name__)
        else:
            resolved.append("done")

    async with headless_floor(around) as floor:
        await floor.create()
        await floor.create(oversight_threshold_micros=dollars(500))
        await floor.create(strategy=StrategyKind.BALANCED)
        async with trio.open_nursery() as nursery:
            for act, waits in steps:
                nursery.start_soon(take, act)
                if waits:
                    await wait_all_tasks_blocked()
        assert len(resolved) == len(steps)
        await mend(floor)
        await assert_right(floor)
        log_seq = floor.views.last_seq
        views = (dict(floor.views.agents), dict(floor.views.books))
    async with headless_floor(around) as floor:
        assert (floor.views.agents, floor.views.books, floor.views.last_seq) == (*views, log_seq)


async def mend(floor: HeadlessFloor) -> None:
    """Put everything outside in order, let the agents rest, and wait until every approval is over."""
    around = floor.around
    around.store.unavailable = around.metering.unavailable = around.oversight.unavailable = False
    around.store.delay_s = 0.0
    await floor.advance(10)
    for agent_id in AGENTS:
        if floor.agent(agent_id).status.value in {"active", "paused"}:
            await floor.change(AgentEvent.PAUSE, agent_id)
    await floor.advance(700)


async def assert_right(floor: HeadlessFloor) -> None:
    """Assert what must hold of any floor that is at rest."""
    floor.check()
    usage_of = floor.around.metering.events.values()
    for agent_id, book in floor.views.books.items():
        ledger.check(book.portfolio)
        assert not book.open_trades
        assert not book.approvals
        assert book.portfolio.reserved_micros == 0
        assert all(position.free_quantity == position.quantity for position in book.portfolio.positions.values())
        calls = sum(event.api_calls for event in usage_of if event.agent_id == agent_id)
        cost_micros = sum(event.cost_micros for event in usage_of if event.agent_id == agent_id)
        assert (calls, cost_micros) == (book.usage.api_calls, book.usage.spent_micros)
    assert [record.seq for record in floor.store._log] == list(range(1, floor.views.last_seq + 1))
    assert not floor.system.find("/agents/*/approvals/*")
    assert not any(floor.store._outbox.values())
    assert not await floor.system.control.waits()


@pytest.mark.no_cover
@settings(max_examples=20)
@given(steps=STEPS, schedule=st.integers(0, 1_000))
def test_books_stay_right(steps: list[tuple[Callable[..., Any], bool]], schedule: int) -> None:
    """Every ask is resolved, nothing stays reserved, usage is counted once, and the log replays to what is shown.

    Which of the tasks that could go on goes first is part of the example, so that a failure happens again.
    """
    with deterministic_scheduling(schedule):
        trio.run(run, steps, clock=MockClock(autojump_threshold=0))
