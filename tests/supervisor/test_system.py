"""The system as a whole: its beginning, its end, and cancellation and interrupts from outside."""

# ruff: noqa: PT012 - the block around a system is what fails

import gc
from functools import partial

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from supervisor import ActorRef, ChildSpec, RestartIntensityExceeded, SupervisorSpec, open_system, run_system
from tests.supervisor.samples import Broken, Crash, Get, Hold, Orderly, Sample


def spec_with(log: list[str], kind: type[Sample] = Orderly) -> SupervisorSpec:
    """Specify a system of two actors."""
    return SupervisorSpec("", children=[ChildSpec(name, partial(kind, log, name)) for name in "ab"])


async def test_run_system_as_a_task() -> None:
    """The task reports when all is up, and ends at the shutdown."""
    log: list[str] = []
    async with trio.open_nursery() as nursery:
        system = await nursery.start(run_system, spec_with(log))
        assert await system.ref("/a").ask(Get()) == 0
        await system.shutdown()
        await system.wait_finished()
    assert log == ["+a", "+b", "-b", "-a"]


async def test_stop_of_the_root_is_the_end_of_the_system() -> None:
    """Also where it comes while everything stops already: whoever waits for the end hears of it."""
    log: list[str] = []
    async with open_system(spec_with(log)) as system, trio.open_nursery() as nursery:
        gate = trio.Event()
        nursery.start_soon(system.ref("/b").ask, Hold(gate))
        await wait_all_tasks_blocked()
        nursery.start_soon(system.shutdown)
        await wait_all_tasks_blocked()
        nursery.start_soon(system.stop, "/")
        await wait_all_tasks_blocked()
        gate.set()
        await system.wait_finished()
    async with open_system(spec_with([])) as system:
        await system.stop("/")
        await system.wait_finished()
    assert log[2:] == ["holdb", "heldb", "-b", "-a"]


async def test_cancellation_from_outside_shuts_down_in_order() -> None:
    """What cancels the task stops the actors one after the other, not all at once."""
    log: list[str] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(run_system, spec_with(log))
        nursery.cancel_scope.cancel()
    assert log == ["+a", "+b", "-b", "-a"]


async def test_error_of_the_block_is_raised_bare_after_the_shutdown() -> None:
    """No nursery wraps it."""
    log: list[str] = []
    with pytest.raises(KeyError):
        async with open_system(spec_with(log)):
            raise KeyError
    assert log == ["+a", "+b", "-b", "-a"]


async def test_cancelled_block_shuts_down() -> None:
    """A cancelled block ends like any other."""
    log: list[str] = []
    with trio.CancelScope() as scope:
        async with open_system(spec_with(log)):
            scope.cancel()
            await trio.sleep_forever()
    assert log == ["+a", "+b", "-b", "-a"]


async def test_failure_while_the_block_fails_is_raised_from_its_error() -> None:
    """Neither hides the other."""
    with pytest.raises(RestartIntensityExceeded) as caught:
        async with open_system(SupervisorSpec("", children=[ChildSpec("a", Sample)], intensity=0)) as system:
            try:
                system.ref("/a").tell_nowait(Crash(ValueError()))
                await trio.sleep_forever()
            finally:
                raise KeyError
    assert isinstance(caught.value.__cause__, KeyError)


async def test_failed_start_of_a_task_is_raised_to_who_starts_it() -> None:
    """`nursery.start` raises the failure, in the shape of the tree."""

    class Hopeless(Broken):
        length = 100

    async with trio.open_nursery() as nursery:
        with pytest.raises(RestartIntensityExceeded):
            await nursery.start(run_system, spec_with([], Hopeless))


async def test_failure_waited_for_in_the_block() -> None:
    """`wait_finished` raises the failure; it is not raised from itself."""
    with pytest.raises(RestartIntensityExceeded) as caught:
        async with open_system(SupervisorSpec("", children=[ChildSpec("a", Sample)], intensity=0)) as system:
            system.ref("/a").tell_nowait(Crash(ValueError()))
            with trio.CancelScope(shield=True):
                await system.wait_finished()
    assert caught.value.__cause__ is None


async def test_interrupt_in_an_actor_ends_everything() -> None:
    """A keyboard interrupt is not a crash: it leaves through the nurseries."""
    with pytest.raises(BaseExceptionGroup) as caught:
        async with open_system(spec_with([])) as system:
            system.ref("/a").tell_nowait(Crash(KeyboardInterrupt()))
            await trio.sleep_forever()
    assert caught.group_contains(KeyboardInterrupt)


async def test_stray_cancellation_is_the_crash_of_its_actor() -> None:
    """A `Cancelled` that was kept and raised again harms nobody else."""
    with trio.CancelScope() as scope:
        scope.cancel()
        try:
            await trio.lowlevel.checkpoint()
        except trio.Cancelled as exc:
            stray = exc
            raise
    async with open_system(spec_with([])) as system:
        events = system.bus.subscribe("supervisor.crashed")
        system.ref("/a").tell_nowait(Crash(stray))
        assert "not its own" in str((await anext(events)).exit.cause)
        assert await system.ref("/a").ask(Get()) == 0


async def test_many_actors_start_and_stop() -> None:
    """A mass start and stop leaves other tasks their turn."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(count)
        async with open_system(SupervisorSpec("", children=[SupervisorSpec("s")])) as system:
            specs = [ChildSpec(f"a{number}", Sample) for number in range(2000)]
            refs = await system.start_children("/s", specs)
            assert turns >= 10
            await wait_all_started(refs[-1])
            turns = 0
            await system.stop("/s")
            assert turns >= 9
            assert system.control.tree("/s").children == ()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("enabled", [True, False])
async def test_mass_start_leaves_the_collector_as_it_was(enabled: bool) -> None:
    """Off stays off, and on comes back."""
    (gc.enable if enabled else gc.disable)()
    try:
        async with open_system() as system:
            await system.start_children("/", [ChildSpec("a", Sample)])
        assert gc.isenabled() == enabled
    finally:
        gc.enable()


async def wait_all_started(last: ActorRef) -> None:
    """Wait for the actor that was started last."""
    assert await last.ask(Get()) == 0
    await wait_all_tasks_blocked_without_counter()


async def wait_all_tasks_blocked_without_counter() -> None:
    """Give every started task its first turn."""
    for _ in range(3):
        await trio.lowlevel.checkpoint()


async def test_parts_of_a_system_can_be_looked_up() -> None:
    """Whether something lives at a path, and the root of it all."""
    async with open_system(spec_with([])) as system:
        assert [system.exists(path) for path in ("/", "/a", "/nobody")] == [True, True, False]
        assert system.root is system.node("/")


async def test_find_by_pattern() -> None:
    """Patterns match part by part; `**` matches any number of parts."""
    tree = SupervisorSpec(
        "agents",
        children=[
            SupervisorSpec(f"agt_{n}", children=[ChildSpec("agent", Sample), ChildSpec("portfolio", Sample)])
            for n in (1, 2)
        ],
    )
    async with open_system(SupervisorSpec("", children=[ChildSpec("journal", Sample), tree])) as system:
        await wait_all_tasks_blocked()
        found = {
            pattern: [ref.path for ref in system.find(pattern)]
            for pattern in (
                "/journal",
                "/agents/*/portfolio",
                "/agents/agt_2/*",
                "/**/agent",
                "/nobody/*",
                "/journal/*",
                "/agents",
                "/agents/x",
            )
        }
    assert found == {
        "/journal": ["/journal"],
        "/agents/*/portfolio": ["/agents/agt_1/portfolio", "/agents/agt_2/portfolio"],
        "/agents/agt_2/*": ["/agents/agt_2/agent", "/agents/agt_2/portfolio"],
        "/**/agent": ["/agents/agt_1/agent", "/agents/agt_2/agent"],
        "/nobody/*": [],
        "/journal/*": [],
        "/agents": [],
        "/agents/x": [],
    }
