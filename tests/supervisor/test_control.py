"""The operator's verbs."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    Activity,
    ActorFailed,
    ActorStopped,
    AskTimeout,
    ChildSpec,
    NodeStats,
    NoSuchActor,
    Refusal,
    Status,
    SupervisorSpec,
    Trace,
    UnhandledMessage,
    open_system,
)
from tests.supervisor.samples import Add, Crash, Forward, Get, Hold, Later, Nobody, Orderly, Refuse, Sample, Tick

ROOT = SupervisorSpec("", children=[ChildSpec("a", Sample), SupervisorSpec("s", children=[ChildSpec("b", Sample)])])


async def test_tree_and_info_show_every_node() -> None:
    """Paths, kinds and status; for an actor also what it has to do."""
    async with open_system(ROOT) as system:
        tree = system.control.tree()
        assert [(view.path, view.kind, view.status) for view in (tree, *tree.children)] == [
            ("/", "supervisor", Status.RUNNING),
            ("/a", "actor", Status.RUNNING),
            ("/s", "supervisor", Status.RUNNING),
        ]
        assert (system.control.info("/s").strategy, system.control.info("/s").children) == ("one_for_one", 1)
        await system.ref("/a").ask(Later(5, Get()))
        async with trio.open_nursery() as nursery:
            gate = trio.Event()
            nursery.start_soon(system.ref("/a").ask, Hold(gate))
            await wait_all_tasks_blocked()
            system.ref("/a").tell_nowait(Get())
            info = system.control.info("/a")
            gate.set()
        assert (info.in_hand, info.queued, info.timers, info.restart) == ("Hold", 1, 1, "permanent")
        with pytest.raises(NoSuchActor):
            system.control.info("/nobody")


async def test_pause_keeps_the_mailbox_and_the_control_lane() -> None:
    """A paused actor takes messages but does not handle them; its state can be seen."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        await ref.ask(Add(1))
        await system.control.pause("/a")
        await system.control.pause("/a")
        ref.tell_nowait(Add(1))
        await wait_all_tasks_blocked()
        assert (await system.control.state("/a"))["sum"] == 1
        assert system.control.info("/a").queued == 1
        await system.control.resume("/a")
        await system.control.resume("/a")
        assert await ref.ask(Get()) == 2
        assert [event for _, event in system.control.info("/a").events] == ["paused", "resumed"]


async def test_pause_of_a_subtree_holds_for_later_children() -> None:
    """What starts below a paused supervisor is paused, too; a part of it can be resumed."""
    async with open_system(ROOT) as system:
        await system.control.pause("/s")
        later = await system.start_child("/s", ChildSpec("c", Sample, passivate_after_s=0))
        later.tell_nowait(Add(1))
        system.ref("/s/b").tell_nowait(Add(1))
        await wait_all_tasks_blocked()
        assert (await system.control.stats("/s")).queued == 2
        assert system.control.info("/s/c").paused
        assert await system.ref("/a").ask(Get()) == 0
        await system.control.resume("/s/c")
        assert await later.ask(Get()) == 1
        assert (await system.control.stats("/s")).queued == 1
        await system.control.resume("/")
        assert await system.ref("/s/b").ask(Get()) == 1


async def test_control_lane_is_served_first() -> None:
    """A question is answered after the message in hand, before all that wait."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        gate = trio.Event()
        seen = []

        async def look() -> None:
            seen.append((await system.control.state("/a"))["sum"])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ref.ask, Hold(gate))
            await wait_all_tasks_blocked()
            for _ in range(3):
                ref.tell_nowait(Add(1))
            nursery.start_soon(look)
            with trio.move_on_after(0) as scope:
                await system.control.state("/a")
            assert scope.cancelled_caught
            await wait_all_tasks_blocked()
            gate.set()
        assert seen == [0]
        assert await ref.ask(Get()) == 3


async def test_state_of_a_busy_actor_has_a_deadline(autojump_clock: MockClock) -> None:
    """An actor that does not come to it does not hold the operator for ever; its end answers, too."""
    async with open_system(ROOT) as system:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(expect_stopped, system.ref("/a").ask, Hold(trio.Event()), 60)
            await wait_all_tasks_blocked()
            with pytest.raises(AskTimeout):
                await system.control.state("/a", timeout_s=1)
            nursery.start_soon(expect_stopped, system.control.state, "/a", 60)
            await wait_all_tasks_blocked()
            await system.stop("/a")
        with pytest.raises(ActorStopped):
            await system.control.state("/a")
        assert await system.control.state("/s") == {}


async def expect_stopped(async_fn: Callable[..., Awaitable[object]], *args: object) -> None:
    """Expect the actor to end before it answers."""
    with pytest.raises(ActorStopped):
        await async_fn(*args)


async def test_error_of_inspect_goes_to_the_operator() -> None:
    """The actor is none the worse, whether it was idle or busy."""

    class Shy(Sample):
        def inspect(self) -> Mapping[str, object]:
            raise KeyError("shy")

    async with open_system(SupervisorSpec("", children=[ChildSpec("a", Shy)])) as system:
        with pytest.raises(KeyError):
            await system.control.state("/a")
        gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(system.ref("/a").ask, Hold(gate))
            await wait_all_tasks_blocked()
            nursery.start_soon(expect_key_error, system.control.state, "/a")
            await wait_all_tasks_blocked()
            gate.set()
        assert (await system.control.stats("/a")).restarts == 0


async def expect_key_error(async_fn: Callable[..., Awaitable[object]], *args: object) -> None:
    """Expect the error of `inspect`."""
    with pytest.raises(KeyError):
        await async_fn(*args)


async def test_stop_and_restart() -> None:
    """What the spec names can be stopped and restarted by hand, with its mailbox; alone or as a subtree."""
    log: list[str] = []
    children = [ChildSpec(name, partial(Orderly, log, name)) for name in "ab"]
    async with open_system(SupervisorSpec("", children=[SupervisorSpec("s", children=children)])) as system:
        await system.control.stop("/s/b")
        with pytest.raises(ActorStopped):
            await system.ref("/s/b").ask(Get())
        assert await system.control.restart("/s/b") is Status.RUNNING
        assert log == ["+a", "+b", "-b", "+b"]
        await system.control.pause("/s")
        system.ref("/s/a").tell_nowait(Add(3))
        assert await system.control.restart("/s") is Status.RUNNING
        assert log[4:] == ["-b", "-a", "+a", "+b"]
        await system.control.resume("/s")
        assert await system.ref("/s/a").ask(Get()) == 3
        await system.control.stop("/s")
        with pytest.raises(ActorStopped):
            await system.control.restart("/s/a")
        with pytest.raises(ActorStopped):
            await system.control.restart("/")


async def test_a_trace_has_what_is_taken_in_hand() -> None:
    """Of a subtree, while the block runs; two traces do not disturb each other."""
    async with open_system(ROOT) as system:
        async with system.control.trace("/s", 10, 10) as trace:
            await system.ref("/s/b").ask(Add(2))
            async with system.control.trace("/**", 1, 10) as other:
                await system.ref("/s/b").ask(Add(3))
                await system.ref("/a").ask(Add(4))
                assert [(event.path, event.message) async for event in other] == [("/s/b", Add(3))]
                assert other.seen == 2
            assert [(await anext(trace)).message for _ in range(2)] == [Add(2), Add(3)]
        await system.ref("/s/b").ask(Add(5))
        assert (trace.seen, trace.skipped) == (2, 0)
        with pytest.raises(NoSuchActor):
            async with system.control.trace("/x*", 1, 1):
                pass


async def test_a_trace_takes_so_many_a_second(autojump_clock: MockClock) -> None:
    """What comes faster is counted and not taken; the reader waits for the next one."""
    async with open_system(ROOT) as system, system.control.trace("/a", 3, 2) as trace:
        for number in range(5):
            await system.ref("/a").ask(Add(number))
        taken = []

        async def read() -> None:
            taken.extend([(event.at_s, event.message) async for event in trace])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await wait_all_tasks_blocked()
            with pytest.raises(trio.BusyResourceError):
                await anext(trace)
            await trio.sleep(1)
            await system.ref("/a").ask(Add(9))
        assert taken == [(0.0, Add(0)), (0.0, Add(1)), (1.0, Add(9))]
        assert (trace.seen, trace.skipped) == (6, 3)
        with trio.move_on_after(1):
            async with system.control.trace("/a", 1, 1) as other:
                await anext(other)
    with pytest.raises(ValueError, match="at least one"):
        Trace(lambda: 0.0, 0, 1)


async def test_stats_sum_over_a_subtree(mock_clock: MockClock) -> None:
    """Counters of all actors below the path."""
    async with open_system(ROOT) as system:
        await system.start_child("/", ChildSpec("p", Sample, start_passive=True))
        system.ref("/a").tell_nowait(Crash(ValueError()))
        await system.ref("/a").ask(Get())
        await system.ref("/s/b").ask(Get())
        stats = NodeStats(
            actors=3,
            handled=2,
            skipped=0,
            queued=0,
            restarts=1,
            busy_s=0.0,
            activities={Activity.RUNNING: 2, Activity.PASSIVE: 1},
        )
        assert await system.control.stats() == stats


async def test_a_refused_message_was_handled_all_the_same() -> None:
    """A refusal is an answer; what no handler is for was left out."""
    async with open_system(ROOT) as system:
        for _ in range(2):
            with pytest.raises(Refusal):
                await system.ref("/a").ask(Refuse())
        with pytest.raises(UnhandledMessage):
            await system.ref("/a").ask(Nobody())
        stats = await system.control.stats("/a")
        assert (stats.handled, stats.skipped) == (2, 1)


async def test_stats_count_actors_by_what_they_do(autojump_clock: MockClock) -> None:
    """Alike ones together: those that rest, those that are paused, and each that has a message in hand."""
    children = [ChildSpec(name, Sample) for name in "abcd"]
    async with open_system(SupervisorSpec("", children=children)) as system, trio.open_nursery() as nursery:
        gate = trio.Event()
        for name in "ab":
            nursery.start_soon(system.ref(f"/{name}").ask, Hold(gate), 60.0)
        await wait_all_tasks_blocked()
        await system.control.pause("/b")
        await system.control.pause("/c")
        stats = await system.control.stats()
        gate.set()
    assert stats.activities == {Activity.BUSY: 1, Activity.PAUSED: 2, Activity.RUNNING: 1}


async def test_waits_show_the_graph_and_a_circle_is_refused() -> None:
    """Each blocked ask is an edge; one that would close a circle fails at once and names it."""
    children = [ChildSpec(name, Sample) for name in "abc"]
    async with open_system(SupervisorSpec("", children=children, intensity=100)) as system:
        with pytest.raises(ActorFailed) as caught:
            await system.ref("/a").ask(Forward(("/b", "/c", "/a")))
        cause: BaseException | None = caught.value
        while isinstance(cause, ActorFailed):
            cause = cause.__cause__
        assert str(cause) == "refused to wait in a circle: /c -> /a -> /b -> /c"
        with pytest.raises(ActorFailed, match="/a -> /a"):
            await system.ref("/a").ask(Forward(("/a",)))
        gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(system.ref("/b").ask, Hold(gate))
            await wait_all_tasks_blocked()
            nursery.start_soon(system.ref("/a").ask, Forward(("/b",)))
            await wait_all_tasks_blocked()
            (wait,) = await system.control.waits()
            assert (wait.path, wait.target, wait.message) == ("/a", "/b", "Get")
            assert system.control.info("/a").waits[0].target == "/b"
            gate.set()
        assert await system.control.waits() == ()


async def test_dead_letters_are_counted_and_published() -> None:
    """The last ones are kept; each is an event."""
    async with open_system(ROOT) as system:
        letters = system.bus.subscribe("supervisor.dead_letter")
        system.ref("/nobody").tell_nowait(Tick("A", 1))
        letter = await anext(letters)
        assert (letter.path, letter.message, letter.reason) == ("/nobody", Tick("A", 1), "no such actor")
        assert system.control.dead_letters() == (letter,)
        assert system.control.dead_letters_total == 1


async def test_events_of_a_node_are_the_last_ones() -> None:
    """An operator sees a bounded history."""
    async with open_system(ROOT) as system:
        for _ in range(10):
            await system.control.pause("/a")
            await system.control.resume("/a")
        assert len(system.control.info("/a").events) == 16
