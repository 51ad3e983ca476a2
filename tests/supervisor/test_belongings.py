"""What an actor owns: timers, tasks, watches, children."""

import math
from functools import partial
from typing import Any, cast

import pytest
import trio
from attrs import frozen
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    ActorFailed,
    ActorRef,
    ChildSpec,
    Exit,
    MailboxSpec,
    Message,
    Overflow,
    Reason,
    Status,
    SupervisorSpec,
    Terminated,
    handles,
    open_system,
)
from tests.supervisor.samples import Add, Crash, End, Get, Hold, Later, Nobody, Orderly, Run, Sample, Watch

ROOT = SupervisorSpec("", children=[ChildSpec("a", Sample), ChildSpec("b", Sample)])


async def test_timer_tells_later_and_a_restart_calls_it_off(autojump_clock: MockClock) -> None:
    """A timer is the run's: the next instance sets its own."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        await ref.ask(Later(5, Add(1)))
        await trio.sleep(5.1)
        assert await ref.ask(Get()) == 1
        await ref.ask(Later(5, Add(1)))
        assert system.control.info("/a").timers == 1
        ref.tell_nowait(Crash(ValueError()))
        await trio.sleep(6)
        assert await ref.ask(Get()) == 0


async def test_delay_needs_to_be_a_number(autojump_clock: MockClock) -> None:
    """One that is none is the crash of its actor; the timers of all others go on."""
    async with open_system(ROOT) as system:
        await system.ref("/b").ask(Later(1, Add(1)))
        with pytest.raises(ActorFailed, match="number of seconds"):
            await system.ref("/a").ask(Later(math.nan, Add(1)))
        await trio.sleep(2)
        assert await system.ref("/b").ask(Get()) == 1


@frozen
class Unkeyed(Message[int]):
    """Has a key that is none."""

    @property
    def mailbox_key(self) -> object:
        """Give what has no hash."""
        return []


async def test_message_that_no_mailbox_takes_is_the_crash_of_who_told_it_to_itself(autojump_clock: MockClock) -> None:
    """Deadlines and timers of all others go on."""
    spec = ChildSpec("k", Sample, mailbox=MailboxSpec(8, Overflow.LATEST))
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        ref = system.ref("/k")
        await ref.ask(Later(1, Unkeyed()))
        await trio.sleep(2)
        assert (await system.control.stats("/k")).restarts == 1
        await ref.ask(Later(1, Add(1)))
        await trio.sleep(2)
        assert await ref.ask(Get()) == 1


async def test_timer_can_be_cancelled(autojump_clock: MockClock) -> None:
    """What is cancelled does not come."""

    class Hesitant(Sample):
        async def started(self) -> None:
            self.ctx.tell_later(1, Add(1)).cancel()
            self.ctx.tell_later(1, Add(2))
            assert self.ctx.time_s == trio.current_time()

    async with open_system(SupervisorSpec("", children=[ChildSpec("h", Hesitant)])) as system:
        await trio.sleep(2)
        assert await system.ref("/h").ask(Get()) == 2


async def test_task_ends_with_its_actor() -> None:
    """A stop and a restart cancel the tasks, and wait until they have ended."""
    log: list[str] = []

    async def task() -> None:
        log.append("task")
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.lowlevel.checkpoint()
            log.append("ended")

    spec = ChildSpec("a", partial(Orderly, log))
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        for _ in range(2):
            await system.ref("/a").ask(Run(task))
            await wait_all_tasks_blocked()
            await system.control.restart("/a")
    assert log == ["+", "task", "-", "ended", "+", "task", "-", "ended", "+", "-"]


async def test_crash_of_a_task_is_the_crash_of_its_actor() -> None:
    """The message in hand fails with the task's error, and the actor restarts."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        crash = trio.Event()

        async def task() -> None:
            await crash.wait()
            raise ValueError("task")

        await ref.ask(Add(1))
        await ref.ask(Run(task))
        await ref.ask(Run(task))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(expect_failed, ref, Hold(trio.Event()))
            await wait_all_tasks_blocked()
            crash.set()
        assert await ref.ask(Get()) == 0
        assert (await system.control.stats("/a")).restarts == 1


async def expect_failed(ref: ActorRef, message: Message[Any]) -> None:
    """Expect a crash with the task's error."""
    with pytest.raises(ActorFailed, match="task"):
        await ref.ask(message)


async def test_what_a_task_begins_while_its_actor_ends_is_not_of_the_next_run(autojump_clock: MockClock) -> None:
    """Another task is cancelled as well, or the end would wait for it; a timer is called off."""

    class Restless(Sample):
        @handles(Nobody)
        def begin(self, message: Nobody) -> None:
            """Start a task that begins more when it is cancelled."""
            self.ctx.start_task(self.go_on)

        async def go_on(self) -> None:
            """Wait, and go on."""
            try:
                await trio.sleep_forever()
            finally:
                self.ctx.start_task(trio.sleep_forever)
                self.ctx.tell_later(1, Add(1))

    async with open_system(SupervisorSpec("", children=[ChildSpec("r", Restless)])) as system:
        ref = system.ref("/r")
        ref.tell_nowait(Nobody())
        await wait_all_tasks_blocked()
        ref.tell_nowait(Crash(ValueError()))
        await trio.sleep(2)
        assert await ref.ask(Get()) == 0


async def test_stray_cancellation_in_a_task_is_the_crash_of_its_actor() -> None:
    """A `Cancelled` that was kept and raised again harms nobody else."""
    stray: list[BaseException] = []

    async def keep() -> None:
        with trio.CancelScope() as scope:
            scope.cancel()
            try:
                await trio.lowlevel.checkpoint()
            except trio.Cancelled as exc:
                stray.append(exc)
                raise
        raise stray[0]

    async with open_system(ROOT) as system:
        events = system.bus.subscribe("supervisor.crashed")
        await system.ref("/a").ask(Run(keep))
        assert "not its own" in str((await anext(events)).exit.cause)
        assert await system.ref("/b").ask(Get()) == 0


async def test_error_of_a_task_that_is_cancelled_is_only_noted() -> None:
    """The actor has ended already."""

    async def task() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError("on the way out")

    async with open_system(ROOT) as system:
        await system.ref("/a").ask(Run(task))
        await wait_all_tasks_blocked()
        await system.stop("/a")
        assert "on the way out" in system.control.info("/a").events[0][1]


async def test_task_asks_like_an_outsider(autojump_clock: MockClock) -> None:
    """A task of the actor may ask the actor itself, and has no deadline to inherit."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        sums: list[int] = []

        async def task() -> None:
            sums.append(await ref.ask(Add(1)))

        await ref.ask(Run(task), 0.5)
        await trio.sleep(1)
        assert sums == [1]


async def test_task_that_hangs_is_bounded_by_the_time_to_stop(autojump_clock: MockClock) -> None:
    """The time to stop covers the actor's tasks."""

    async def task() -> None:
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(7)

    async with open_system(ROOT) as system:
        await system.ref("/a").ask(Run(task))
        await wait_all_tasks_blocked()
        await system.stop("/a")
        assert trio.current_time() == 7.0


async def test_watcher_hears_of_the_end_but_not_of_restarts() -> None:
    """One notice at the end; at once when there is nobody to watch; none after `unwatch`."""
    async with open_system(ROOT) as system:
        watcher, target = system.ref("/b"), system.ref("/a")
        await watcher.ask(Watch(target))
        target.tell_nowait(Crash(ValueError()))
        await target.ask(Get())
        assert (await system.control.state("/b"))["terminated"] == ()
        await system.stop("/a")
        await watcher.ask(Watch(target))
        await watcher.ask(Watch(system.ref("/nobody")))
        await watcher.ask(Get())
        assert (await system.control.state("/b"))["terminated"] == (
            Terminated("/a", Exit(Reason.SHUTDOWN)),
            Terminated("/a", Exit(Reason.NORMAL)),
            Terminated("/nobody", Exit(Reason.NORMAL)),
        )
        await system.control.restart("/a")
        await watcher.ask(Watch(target))
        await watcher.ask(Watch(target, watching=False))
        await watcher.ask(Watch(system.ref("/nobody"), watching=False))
        await system.stop("/a")
        await watcher.ask(Get())
        assert len(cast("tuple[Terminated, ...]", (await system.control.state("/b"))["terminated"])) == 3


async def test_watcher_that_has_ended_is_not_told() -> None:
    """No dead letter for it either."""
    async with open_system(ROOT) as system:
        await system.ref("/b").ask(Watch(system.ref("/a")))
        await system.stop("/b")
        await system.stop("/a")
        assert system.control.dead_letters() == ()


async def test_actor_starts_children_and_ends_itself() -> None:
    """Below its own supervisor, or below a named one; `stop` ends it after the message in hand."""

    class Parent(Sample):
        async def get(self, message: Get) -> int:
            sibling = await self.ctx.start_child(ChildSpec("sibling", Sample))
            cousin = self.ctx.start_child_nowait(ChildSpec("cousin", Sample), "/other")
            assert (self.ctx.path, self.ctx.self_ref.path) == ("/p", "/p")
            self.ctx.stop()
            self.ctx.stop()
            return await sibling.ask(Add(1)) + await cousin.ask(Add(2))

    async with open_system(SupervisorSpec("", children=[ChildSpec("p", Parent), SupervisorSpec("other")])) as system:
        assert await system.ref("/p").ask(Get()) == 3
        assert [ref.path for ref in system.find("/**")] == ["/p", "/other/cousin", "/sibling"]
        await system.ref("/other/cousin").ask(End())
        assert system.control.info("/p").status in {Status.RUNNING, Status.STARTING, Status.STOPPING}
