"""One run: the floor lives, crashes and lives again while the plan happens to it, and everything is checked throughout.

The same plan gives the same run, so a seed is all that a failure needs to be told.
"""

import contextlib
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import trio
from attrs import frozen

from actors.lifecycle import AgentEvent
from actors.model import AgentStatus
from actors.views import FloorViews
from simulations.chaos import faults, people, plan
from simulations.chaos.invariants import Violated, at_rest, check_sockets
from simulations.chaos.plan import Plan
from simulations.chaos.ports import OpenSockets, Surroundings
from simulations.chaos.world import (
    APPROVAL_TTL_S,
    WATCHER,
    Life,
    WitnessedPublisher,
    World,
    services_of,
    tree_of,
)
from simulations.determinism import deterministic_scheduling
from simulations.ports.clock import VirtualTime
from supervisor import SupervisorSpec, open_system

CHECK_EVERY_S: Final = 5.0
RECONNECT_S: Final = 0.5
SETTLE_S: Final = 40.0
"""Long enough for every retry, backoff and look at the outbox after the last fault."""


@frozen
class Verdict:
    """How a run ended. `violation` is None where every invariant held, else what was violated."""

    plan: Plan
    violation: str | None
    invariant: str | None
    virtual_s: float
    lives: int
    events: int
    executed: int
    lagged: int
    digest: str


def run(chosen: Plan, open_sockets: OpenSockets) -> Verdict:
    """Run a plan under a clock that does not wait."""
    with deterministic_scheduling(chosen.seed):
        return trio.run(_Run(chosen, open_sockets).main, clock=VirtualTime())


_ACTS: Final[Mapping[type[plan.Act], Callable[[World, Any], Awaitable[None]]]] = {
    plan.Trade: people.trade,
    plan.Decide: people.decide,
    plan.Cancel: people.cancel,
    plan.SetStatus: people.set_status,
    plan.Operate: people.operate,
    plan.Outage: faults.outage,
    plan.Unreliable: faults.unreliable,
    plan.SlowStorage: faults.slow_storage,
    plan.StallSocket: faults.stall_socket,
    plan.DropSocket: faults.drop_socket,
    plan.JumpClock: faults.jump_clock,
    plan.Crash: faults.crash,
}


class _Run:
    def __init__(self, chosen: Plan, open_sockets: OpenSockets) -> None:
        self._plan = chosen
        self._open_sockets = open_sockets
        self._lives = 0

    async def main(self) -> Verdict:
        async with trio.open_nursery() as nursery:
            world = World(self._plan.seed, nursery)
            nursery.start_soon(self._live, world)
            nursery.start_soon(self._watch, world)
            nursery.start_soon(self._tell, world)
        violation = world.violation
        return Verdict(
            plan=self._plan,
            violation=None if violation is None else str(violation),
            invariant=None if violation is None else violation.invariant,
            virtual_s=trio.current_time(),
            lives=self._lives,
            events=world.disk.last_seq(),
            executed=world.witness.executed,
            lagged=world.client.lagged,
            digest=world.disk.digest(),
        )

    async def _live(self, world: World) -> None:
        while True:
            self._lives += 1
            world.disk.is_powered = True
            with trio.CancelScope() as power:
                try:
                    await self._life(world, power)
                except Exception as error:  # noqa: BLE001 - whatever brings the floor down is what is looked for
                    world.violated(Violated("the floor stays up", repr(error)))
            world.end()
            await trio.sleep(world.down_s)

    async def _life(self, world: World, power: trio.CancelScope) -> None:
        """Be up until the power is cut. What runs on in tasks that are being cancelled reaches nothing any more."""
        views = FloorViews()
        for agent, book in world.disk.agents():
            views.publish(agent, book)
        views.last_seq = world.disk.last_seq()
        sockets = self._open_sockets(Surroundings(views, world.disk, world.clock, world.ids, WATCHER))
        services = services_of(world, views, WitnessedPublisher(world, sockets.publisher))
        tree = tree_of(world, services, self._lives)
        async with open_system(tree, rng=random.Random(world.seed)) as system:  # noqa: S311 - jitter of restarts
            await system.start_child("/", SupervisorSpec("edge", children=tuple(sockets.children)))
            life = Life(system, services, sockets, power)
            world.begin(life)
            try:
                await trio.sleep_forever()
            finally:
                world.end()
                for scope in life.calls:
                    scope.cancel()

    async def _watch(self, world: World) -> None:
        """Be a client of the sockets, life after life."""
        while True:
            life = await world.floor()
            wire = world.client.connect()
            with contextlib.suppress(people.Gone):
                await people.call(world, life, partial(life.sockets.serve, wire), within_s=math.inf)
            wire.cut()
            await trio.sleep(RECONNECT_S)

    async def _tell(self, world: World) -> None:
        try:
            await self._happen(world)
        except Exception as error:  # noqa: BLE001 - an answer that nobody expects is a defect, too
            world.violated(Violated("requests are answered or refused", repr(error)))

    async def _happen(self, world: World) -> None:
        await people.create_agents(world)
        began_s = trio.current_time()
        async with trio.open_nursery() as acts:
            for step in self._plan.steps:
                await self._wait_until(world, began_s + step.at_s)
                acts.start_soon(_ACTS[type(step.act)], world, step.act)
        await self._settle(world)
        world.nursery.cancel_scope.cancel()

    async def _wait_until(self, world: World, at_s: float) -> None:
        """Wait, and check now and then, and once more at the end."""
        while trio.current_time() < at_s:
            await trio.sleep(min(CHECK_EVERY_S, at_s - trio.current_time()))
            world.check()

    async def _settle(self, world: World) -> None:
        """Mend everything, let all agents rest, wait until every approval is over, and look at what is left."""
        faults.mend(world)
        await trio.sleep(SETTLE_S)
        for number, _ in enumerate(people.NEWCOMERS, 1):
            life = await world.floor()
            if life.views.agent(f"agt_{number}").status in {AgentStatus.ACTIVE, AgentStatus.PAUSED}:
                await people.set_status(world, plan.SetStatus(number, AgentEvent.PAUSE))
            await people.cancel_all(world, number)
        await self._wait_until(world, trio.current_time() + world.jumped_back_s + 2 * APPROVAL_TTL_S + SETTLE_S)
        try:
            _check_end(world)
        except Violated as violation:
            world.violated(violation)


def _check_end(world: World) -> None:
    """Check what must hold once everything is mended and nothing happens any more. Raises Violated."""
    world.check()
    for left in at_rest(world.witness.books):
        raise Violated("nothing stays open", left)
    if any(world.disk.waiting().values()):
        raise Violated("the outbox empties", f"{world.disk.waiting()} entries are still there")
    for agent_id, book in world.witness.books.items():
        events = [event for event in world.metering_service.events.values() if event.agent_id == agent_id]
        counted = (sum(event.api_calls for event in events), sum(event.cost_micros for event in events))
        if counted != (book.usage.api_calls, book.usage.spent_micros):
            used = (book.usage.api_calls, book.usage.spent_micros)
            raise Violated("usage is counted once", f"{agent_id} used {used}, the service counted {counted}")
    check_sockets(world.client.seen, world.witness.expected, complete=True)
