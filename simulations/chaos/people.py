"""People at work: they trade, decide and operate, try again under the same key, and remember what they were told."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import trio

from actors import paths
from actors.errors import FloorBusy, JournalUnavailable
from actors.lifecycle import AgentEvent
from actors.messages import CancelTrade, ChangeStatus, CreateAgent, Decide, NewAgent, SubmitTrade
from actors.model import ApprovalStatus, Decision, OrderRequest, OrderType, Principal, Role, StrategyKind, TimeInForce
from actors.money import dollars
from actors.ports.journal import IdempotencyClaim
from actors.ports.oversight import DecisionRecord, DecisionResult, OversightError
from simulations.chaos import plan
from simulations.chaos.invariants import Violated
from simulations.chaos.world import OWNER, Life, World
from supervisor import Refusal
from supervisor.errors import SupervisorError

ResultT = TypeVar("ResultT")

APPROVER: Final = Principal("usr_approver", "Ada Approver", Role.APPROVER)
RESOLVED_WITHIN_S: Final = 60.0
"""Every ask has a deadline of five seconds: one that is not resolved in this time never is."""

TRY_AGAIN_S: Final = 1.0
UNKNOWN: Final = (FloorBusy, JournalUnavailable, SupervisorError)
"""What somebody is told who cannot know whether the change took effect."""

NEWCOMERS: Final = (
    NewAgent("Driven by hand", StrategyKind.CUSTOM, dollars(100_000), 5),
    NewAgent("Overseen", StrategyKind.CUSTOM, dollars(100_000), 5, oversight_threshold_micros=dollars(500)),
    NewAgent("Balanced", StrategyKind.BALANCED, dollars(50_000), 8, oversight_threshold_micros=dollars(4_000)),
    NewAgent("Aggressive", StrategyKind.AGGRESSIVE, dollars(20_000), 10),
)
"""The agents of a run; their ids are `agt_1` and so on."""


class Gone(Exception):
    """The floor went down before it answered: what became of the request is not known."""


async def call(
    world: World, life: Life, ask: Callable[[], Awaitable[ResultT]], within_s: float = RESOLVED_WITHIN_S
) -> ResultT:
    """Ask a life of the floor. Raises Gone when it ends before the answer has arrived, and what the ask raises."""
    with trio.CancelScope(deadline=trio.current_time() + within_s) as scope:
        life.calls.add(scope)
        try:
            result = await ask()
        finally:
            life.calls.discard(scope)
    if world.life is not life:
        raise Gone
    if scope.cancelled_caught:
        world.violated(Violated("every ask is resolved", f"one was not within {RESOLVED_WITHIN_S:.0f} s"))
        raise Gone
    return result


async def insist(world: World, ask: Callable[[Life], Awaitable[ResultT]]) -> ResultT:
    """Ask until the outcome is known, as whoever has an idempotency key may. Raises the refusal that is the answer."""
    while True:
        life = await world.floor()
        try:
            return await call(world, life, lambda: ask(life))  # noqa: B023 - it is called at once
        except (*UNKNOWN, Gone):
            await trio.sleep(TRY_AGAIN_S)


async def create_agents(world: World) -> None:
    """Make the agents, and let those with a strategy trade by themselves."""
    for newcomer in NEWCOMERS:
        life = await world.floor()
        made = await life.system.ref(paths.FLOOR).ask(CreateAgent(newcomer, OWNER))
        if newcomer.strategy is not StrategyKind.CUSTOM:
            await life.system.ref(paths.agent(made.agent_id)).ask(ChangeStatus(AgentEvent.RESUME, OWNER))


async def trade(world: World, act: plan.Trade) -> None:
    """Trade for an agent; with a key until the outcome is known, without one once."""
    agent_id = f"agt_{act.agent}"
    life = await world.floor()
    price_micros = life.views.market.prices.get(act.symbol, 0)
    if not price_micros:
        return
    order = _order(act, price_micros)
    claim = IdempotencyClaim(OWNER.user_id, f"{agent_id}-{act.key}", repr(order)) if act.key else None
    message = SubmitTrade(order, OWNER, claim)
    try:
        if claim is None:
            made = await call(world, life, lambda: life.system.ref(paths.agent(agent_id)).ask(message))
        else:
            made = await insist(world, lambda life: life.system.ref(paths.agent(agent_id)).ask(message))
    except (Refusal, SupervisorError, Gone):
        return
    world.told_of_trade(agent_id, made.trade_id, None if claim is None else claim.key)


async def decide(world: World, act: plan.Decide) -> None:
    """Decide the oldest approval of an agent, on the floor or at the service."""
    agent_id = f"agt_{act.agent}"
    life = await world.floor()
    book = life.views.books.get(agent_id)
    request_id = next(iter(book.approvals), None) if book is not None else None
    if request_id is None:
        return
    now_us = world.clock.now_us()
    if act.elsewhere:
        result: DecisionResult = "approved" if act.approved else "rejected"
        try:
            await world.oversight_service.decide(
                request_id, DecisionRecord(result, APPROVER.user_id, APPROVER.name, "oversight", "", now_us)
            )
        except OversightError:
            return
        return
    decision = Decision(act.approved, APPROVER.user_id, APPROVER.name, "http", None, now_us)
    path = paths.approval(agent_id, request_id)
    try:
        resolved = await call(world, life, lambda: life.system.ref(path).ask(Decide(decision, APPROVER)))
    except (Refusal, SupervisorError, Gone):
        return
    world.told_of_decision(request_id, approved=resolved.status is ApprovalStatus.APPROVED)


async def cancel(world: World, act: plan.Cancel) -> None:
    """Take the oldest open trade of an agent back."""
    agent_id = f"agt_{act.agent}"
    life = await world.floor()
    book = life.views.books.get(agent_id)
    trade_id = next(iter(book.open_trades), None) if book is not None else None
    if trade_id is not None:
        await _try(world, life, lambda: life.system.ref(paths.agent(agent_id)).ask(CancelTrade(trade_id, OWNER)))


async def cancel_all(world: World, agent: int) -> None:
    """Take every open trade of an agent back."""
    life = await world.floor()
    for _ in life.views.book(f"agt_{agent}").open_trades:
        await cancel(world, plan.Cancel(agent))


async def set_status(world: World, act: plan.SetStatus) -> None:
    """Pause an agent, or let it trade by itself."""
    life = await world.floor()
    message = ChangeStatus(act.event, OWNER)
    await _try(world, life, lambda: life.system.ref(paths.agent(f"agt_{act.agent}")).ask(message))


async def operate(world: World, act: plan.Operate) -> None:
    """Restart actors, or let them rest for a while."""
    life = await world.floor()
    control = life.system.control
    if act.verb is plan.Verb.RESTART:
        await _try(world, life, lambda: control.restart(act.path))
        return
    await _try(world, life, lambda: control.pause(act.path))
    await trio.sleep(act.lasts_s)
    if world.life is life:
        await _try(world, life, lambda: control.resume(act.path))


async def _try(world: World, life: Life, ask: Callable[[], Awaitable[object]]) -> None:
    try:
        await call(world, life, ask)
    except (Refusal, SupervisorError, Gone):
        return  # Whatever became of it, the witness sees.


def _order(act: plan.Trade, price_micros: int) -> OrderRequest:
    aimed_micros = round(price_micros * (1 + act.offset))
    is_limit, is_stop = act.order_type is OrderType.LIMIT, act.order_type is OrderType.STOP
    return OrderRequest(
        act.symbol,
        act.action,
        act.quantity,
        act.order_type,
        limit_price_micros=aimed_micros if is_limit else None,
        stop_price_micros=aimed_micros if is_stop else None,
        time_in_force=TimeInForce.GTC,
    )
