"""Restarts that meet: of a group, of a supervisor, by an operator. Each actor has one task, and none is left behind."""

from collections.abc import Callable
from contextlib import suppress

import trio
from trio.testing import wait_all_tasks_blocked

from supervisor import ActorSystem, ChildSpec, NoSuchActor, Restart, Status, Strategy, SupervisorSpec, open_system
from tests.supervisor.samples import Hold, Orderly, child, crash

ROUNDS = 20
"""Where the order in which trio wakes two tasks decides, both orders come up in so many."""


class Gated(Orderly):
    """Is up once its gate is open."""

    gate: trio.Event

    async def started(self) -> None:
        """Wait."""
        await self.gate.wait()
        await super().started()


def gated(name: str, log: list[str], gate: Callable[[], trio.Event]) -> ChildSpec:
    """Specify an actor that waits at each start for the gate that there is then."""

    def make() -> Gated:
        actor = Gated(log, name)
        actor.gate = gate()
        return actor

    return ChildSpec(name, make)


def opened() -> trio.Event:
    """Make a gate that is open."""
    gate = trio.Event()
    gate.set()
    return gate


def tasks_of(system: ActorSystem, path: str) -> int:
    """Count the tasks that serve an actor."""
    return sum(task.name == path for task in system.runtime.nursery.child_tasks)


async def test_child_that_an_operator_starts_before_its_turn_is_started_once() -> None:
    """Its supervisor, which waits for the one before, finds it there."""
    log: list[str] = []
    gate = trio.Event()
    async with open_system() as system:
        spec = SupervisorSpec("s", children=[gated("a", log, lambda: gate), child("b", log)])
        system.start_child_nowait("/", spec)
        await wait_all_tasks_blocked()
        assert await system.control.restart("/s/b") is Status.RUNNING
        gate.set()
        await system.wait_up("/s")
        assert log == ["+b", "+a"]
        assert tasks_of(system, "/s/b") == 1


async def test_dynamic_child_that_is_stopped_before_its_turn_stays_away() -> None:
    """Also where its supervisor is being restarted with all that is below it."""
    log: list[str] = []
    gates = [opened()]
    async with open_system(SupervisorSpec("", children=[SupervisorSpec("s")])) as system:
        await system.start_child("/s", gated("a", log, lambda: gates[-1]))
        await system.start_child("/s", child("b", log))
        gates.append(trio.Event())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(system.control.restart, "/s")
            await wait_all_tasks_blocked()
            await system.stop("/s/b")
            gates[-1].set()
        assert log == ["+a", "+b", "-b", "-a", "+a"]
        assert tasks_of(system, "/s/b") == 0


async def test_operator_may_start_and_stop_children_while_their_group_restarts() -> None:
    """The group leaves them as they are then."""
    log: list[str] = []
    gates = [opened()]
    children = [gated("a", log, lambda: gates[-1]), child("b", log), child("c", log)]
    async with open_system(SupervisorSpec("", strategy=Strategy.ONE_FOR_ALL, children=children)) as system:
        log.clear()
        gates.append(trio.Event())
        system.ref("/a").tell_nowait(crash())
        await wait_all_tasks_blocked()
        assert await system.control.restart("/b") is Status.RUNNING
        await system.stop("/c")
        gates[-1].set()
        await wait_all_tasks_blocked()
        assert log == ["-c", "-b", "+b", "+a"]
        assert tasks_of(system, "/b") == 1
        assert system.control.info("/c").status is Status.STOPPED


async def test_later_failure_does_not_forget_the_earlier_one() -> None:
    """A child that fails while siblings stop for the restart of one before it: all of them come back, in order."""
    log: list[str] = []
    children = [child(name, log) for name in "abcd"]
    root = SupervisorSpec("", strategy=Strategy.REST_FOR_ONE, children=children)
    async with open_system(root) as system, trio.open_nursery() as nursery:
        gate = trio.Event()
        nursery.start_soon(system.ref("/d").ask, Hold(gate))
        await wait_all_tasks_blocked()
        log.clear()
        for name in "bc":
            system.ref(f"/{name}").tell_nowait(crash())
            await wait_all_tasks_blocked()
        gate.set()
        await wait_all_tasks_blocked()
        assert log == ["heldd", "-d", "+b", "+c", "+d"]


async def test_child_that_ended_well_is_not_started_again_by_the_start_of_its_group() -> None:
    """A transient child does its work once, also where a later one fails before all are up."""
    log: list[str] = []

    class Brief(Orderly):
        async def started(self) -> None:
            await super().started()
            self.ctx.stop()

    class Second(Orderly):
        async def started(self) -> None:
            await super().started()
            if log.count("+b") == 1:
                raise ValueError

    children = [
        child("a", log, Brief, restart=Restart.TRANSIENT),
        child("b", log, Second),
        child("c", log),
    ]
    async with open_system(SupervisorSpec("", strategy=Strategy.ONE_FOR_ALL, children=children)):
        assert log == ["+a", "-a", "+b", "+b", "+c"]


async def test_restart_by_hand_gives_way_to_the_stop_of_its_supervisor() -> None:
    """What is to be restarted when it has ended is not started, since its supervisor is on its way down."""
    log: list[str] = []
    gates = [trio.Event(), trio.Event()]
    async with open_system(SupervisorSpec("", children=[SupervisorSpec("s")])) as system:
        for name in "ab":
            await system.start_child("/s", child(name, log))
        async with trio.open_nursery() as nursery:
            for name, gate in zip("ab", gates, strict=True):
                nursery.start_soon(system.ref(f"/s/{name}").ask, Hold(gate))
            await wait_all_tasks_blocked()
            nursery.start_soon(system.control.restart, "/s/a")
            await wait_all_tasks_blocked()
            nursery.start_soon(system.stop, "/s")
            await wait_all_tasks_blocked()
            for gate in gates:
                gate.set()
                await wait_all_tasks_blocked()
        assert sorted(log) == ["+a", "+b", "-a", "-b", "helda", "heldb", "holda", "holdb"]
        assert not system.exists("/s/a")


async def test_restart_that_comes_as_an_actor_ends_for_good_finds_nothing() -> None:
    """Whichever is first, nothing runs that has no place in the tree any more."""
    log: list[str] = []
    async with open_system() as system:
        for _ in range(ROUNDS):
            await system.start_child("/", child("d", log))
            gate = trio.Event()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(system.ref("/d").ask, Hold(gate))
                await wait_all_tasks_blocked()
                nursery.start_soon(system.stop, "/d")
                await wait_all_tasks_blocked()
                gate.set()
                nursery.start_soon(restart_if_there, system, "/d")
            assert tasks_of(system, "/d") == system.exists("/d")
            if system.exists("/d"):
                await system.stop("/d")


async def test_restart_by_hand_of_a_member_does_not_hold_its_group_up() -> None:
    """Whichever is first, all of the group come back."""
    log: list[str] = []
    root = SupervisorSpec("", strategy=Strategy.ONE_FOR_ALL, children=[child("a", log), child("b", log)], intensity=99)
    async with open_system(root) as system:
        for _ in range(ROUNDS):
            gate = trio.Event()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(system.ref("/a").ask, Hold(gate))
                await wait_all_tasks_blocked()
                system.ref("/b").tell_nowait(crash())
                await wait_all_tasks_blocked()
                nursery.start_soon(system.control.restart, "/a")
                await wait_all_tasks_blocked()
                gate.set()
            await wait_all_tasks_blocked()
            assert [node.status for node in system.root.children.values()] == [Status.RUNNING] * 2


async def test_supervisor_that_is_stopped_from_two_sides_is_started_once() -> None:
    """By hand and with its group: all below it run, each in one task, and the later wish counts where they differ."""
    log: list[str] = []
    inner = SupervisorSpec("s", children=[child("x", log), child("y", log)])
    root = SupervisorSpec("", strategy=Strategy.ONE_FOR_ALL, children=[child("a", log), inner], intensity=99)
    async with open_system(root) as system:
        for verb in [system.control.restart] * ROUNDS + [system.stop]:
            gate = trio.Event()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(system.ref("/s/y").ask, Hold(gate))
                await wait_all_tasks_blocked()
                system.ref("/a").tell_nowait(crash())
                await wait_all_tasks_blocked()
                nursery.start_soon(verb, "/s")
                await wait_all_tasks_blocked()
                gate.set()
            await wait_all_tasks_blocked()
            up = verb == system.control.restart
            assert [system.node(path).status for path in ("/a", "/s")] == [
                Status.RUNNING,
                Status.RUNNING if up else Status.STOPPED,
            ]
            assert [tasks_of(system, path) for path in ("/a", "/s/x", "/s/y")] == [1, up, up]


async def restart_if_there(system: ActorSystem, path: str) -> None:
    """Restart an actor, unless it has gone already."""
    with suppress(NoSuchActor):
        await system.control.restart(path)
