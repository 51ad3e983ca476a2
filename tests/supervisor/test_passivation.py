"""Passivation: an actor without work gives up its task, and nothing else."""

from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import ActorFailed, ActorRef, ChildSpec, Message, Restart, Status, SupervisorSpec, open_system
from tests.supervisor.samples import Add, Crash, Defer, Get, Later, Orderly, Run, Sample, Settle


def root(**fields: Any) -> SupervisorSpec:
    """Specify a system of one orderly sample with a log."""
    return SupervisorSpec("", children=[ChildSpec("a", fields.pop("factory", Orderly), **fields)])


async def test_state_is_kept_and_started_is_not_called_again() -> None:
    """Each message brings a task; the instance stays."""
    log: list[str] = []
    async with open_system(root(factory=lambda: Orderly(log), passivate_after_s=0)) as system:
        ref = system.ref("/a")
        for expected in (1, 2, 3):
            assert await ref.ask(Add(1)) == expected
            await wait_all_tasks_blocked()
            assert system.control.info("/a").status is Status.PASSIVE
        assert (await system.control.state("/a"))["sum"] == 3
        assert log == ["+"]
    assert log == ["+", "-"]


async def test_rest_after_a_time_without_work(autojump_clock: MockClock) -> None:
    """The time counts from the last message."""
    async with open_system(root(passivate_after_s=10)) as system:
        ref = system.ref("/a")
        await trio.sleep(6)
        await ref.ask(Add(1))
        await trio.sleep(9)
        assert system.control.info("/a").status is Status.RUNNING
        await trio.sleep(2)
        assert system.control.info("/a").status is Status.PASSIVE
        assert await ref.ask(Get()) == 1


async def test_busy_actor_does_not_rest(autojump_clock: MockClock) -> None:
    """A handler that takes long is work, and the time counts from its end."""

    class Slow(Sample):
        async def get(self, message: Get) -> int:
            await trio.sleep(15)
            return 0

    async with open_system(root(factory=Slow, passivate_after_s=10)) as system:
        await system.ref("/a").ask(Get(), 60)
        await trio.sleep(9)
        assert system.control.info("/a").status is Status.RUNNING
        await trio.sleep(2)
        assert system.control.info("/a").status is Status.PASSIVE


async def test_passive_start_waits_for_the_first_message() -> None:
    """Neither factory nor `started()` run before it; a stop before it costs nothing."""
    log: list[str] = []
    async with open_system(root(factory=lambda: Orderly(log), start_passive=True, restart=Restart.TEMPORARY)) as system:
        assert (log, await system.control.state("/a")) == ([], {})
        assert await system.ref("/a").ask(Add(1)) == 1
        assert log == ["+"]
        await system.start_child("/", ChildSpec("b", lambda: Orderly(log), start_passive=True))
    assert log == ["+", "-"]


async def test_restart_of_a_passive_start_is_not_passive() -> None:
    """After a crash `started()` runs at once, since it may have to take up what was left."""
    log: list[str] = []
    async with open_system(root(factory=lambda: Orderly(log), start_passive=True)) as system:
        system.ref("/a").tell_nowait(Crash(ValueError()))
        await wait_all_tasks_blocked()
        assert log == ["+", "+"]
        assert system.control.info("/a").status is Status.RUNNING


async def test_timer_wakes_a_passive_actor(autojump_clock: MockClock) -> None:
    """Timers belong to the cell's run, not to the task."""
    async with open_system(root(passivate_after_s=0)) as system:
        await system.ref("/a").ask(Later(5, Add(2)))
        await trio.sleep(6)
        assert await system.ref("/a").ask(Get()) == 2


async def test_deferred_reply_and_task_survive_the_rest() -> None:
    """An open ask and a task of the actor do not need the actor's own task."""
    async with open_system(root(passivate_after_s=0)) as system:
        ref = system.ref("/a")
        ticking = trio.Event()
        stop = trio.Event()

        async def task() -> None:
            ticking.set()
            await stop.wait()
            raise ValueError("task")

        answers: list[int] = []

        async def ask() -> None:
            answers.append(await ref.ask(Defer()))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await ref.tell(Run(task))
            await ticking.wait()
            await wait_all_tasks_blocked()
            info = system.control.info("/a")
            assert (info.status, info.tasks) == (Status.PASSIVE, 1)
            await ref.tell(Settle(4))
        assert answers == [4]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(expect_failed, ref, Defer())
            await wait_all_tasks_blocked()
            stop.set()
        assert await ref.ask(Add(1)) == 1


async def expect_failed(ref: ActorRef, message: Message[Any]) -> None:
    """Expect the actor to crash before it answers."""
    with pytest.raises(ActorFailed, match="task"):
        await ref.ask(message)


async def test_paused_actor_may_rest_with_messages_waiting() -> None:
    """It wakes when it is resumed."""
    async with open_system(root(passivate_after_s=0)) as system:
        await system.control.pause("/a")
        system.ref("/a").tell_nowait(Add(7))
        await wait_all_tasks_blocked()
        assert (system.control.info("/a").status, system.control.info("/a").queued) == (Status.PASSIVE, 1)
        await system.control.resume("/a")
        assert await system.ref("/a").ask(Get()) == 7


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 3), st.one_of(st.integers(1, 9), st.none())), max_size=20),
    st.sampled_from([None, 0.0, 1.0]),
    st.booleans(),
)
def test_passivation_changes_nothing_that_can_be_seen(
    steps: list[tuple[float, int | None]], passivate_after_s: float | None, start_passive: bool
) -> None:
    """With any pauses and crashes, the sums are those of an actor that never rests."""

    async def main() -> None:
        total = 0
        spec = root(passivate_after_s=passivate_after_s, start_passive=start_passive)
        async with open_system(SupervisorSpec("", children=spec.children, intensity=1000)) as system:
            for pause_s, amount in steps:
                await trio.sleep(pause_s)
                if amount is None:
                    system.ref("/a").tell_nowait(Crash(ValueError()))
                    total = 0
                else:
                    total += amount
                    assert await system.ref("/a").ask(Add(amount)) == total

    trio.run(main, clock=MockClock(autojump_threshold=0))
