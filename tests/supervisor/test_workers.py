"""One task serves one actor after the other, and leaves nothing of the one to the next."""

import trio
from attrs import frozen
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    Actor,
    ActorSystem,
    ChildSpec,
    Message,
    Status,
    SupervisorSpec,
    correlated,
    correlation_id,
    handles,
    open_system,
)
from supervisor.workers import IDLE_MAX, RESTING


@frozen
class Seen:
    """What an actor sees of the task that serves it."""

    task: trio.lowlevel.Task
    name: str
    correlation: str | None


@frozen
class Look(Message[Seen]):
    """Answer with what is seen."""


@frozen
class Stay(Message[None]):
    """Stay at work until the gate opens."""

    gate: trio.Event


class Watchful(Actor):
    """Looks at its task."""

    def __init__(self) -> None:
        self.seen_at_start: str | None = None

    async def started(self) -> None:
        """See the correlation id that is there before any message."""
        self.seen_at_start = correlation_id.get()

    @handles(Look)
    def look(self, _message: Look) -> Seen:
        """Answer."""
        task = trio.lowlevel.current_task()
        return Seen(task, task.name, self.seen_at_start)

    @handles(Stay)
    async def stay(self, message: Stay) -> None:
        """Stay."""
        await message.gate.wait()


def tree(count: int = 2) -> SupervisorSpec:
    """Specify actors that give up their task after each message."""
    specs = [
        ChildSpec(f"a{number}", Watchful, passivate_after_s=0, start_passive=True, shutdown_s=1)
        for number in range(count)
    ]
    return SupervisorSpec("", children=specs)


def resting(system: ActorSystem) -> int:
    """Count the tasks that serve nobody."""
    return sum(task.name == RESTING for task in system.runtime.nursery.child_tasks)


async def test_a_task_goes_on_to_the_next_actor() -> None:
    """Under the name of whom it serves, and without the correlation id of the message before."""
    async with open_system(tree()) as system:
        with correlated("cor_1"):
            first = await system.ref("/a0").ask(Look())
        second = await system.ref("/a1").ask(Look())
        assert first.task is second.task
        assert [(first.name, first.correlation), (second.name, second.correlation)] == [("/a0", None), ("/a1", None)]
        await wait_all_tasks_blocked()
        assert resting(system) == 1


async def test_a_task_that_was_cancelled_serves_nobody_any_more(autojump_clock: MockClock) -> None:
    """An actor that does not end in time is killed with its task, and others get another one."""
    async with open_system(tree()) as system:
        task = (await system.ref("/a0").ask(Look())).task
        system.ref("/a0").tell_nowait(Stay(trio.Event()))
        await wait_all_tasks_blocked()
        await system.stop("/a0")
        assert system.control.info("/a0").status is Status.STOPPED
        assert (await system.ref("/a1").ask(Look())).task is not task


async def test_only_so_many_tasks_wait() -> None:
    """After a burst the others end."""
    async with open_system(tree(IDLE_MAX + 5)) as system:
        gate = trio.Event()
        for number in range(IDLE_MAX + 5):
            system.ref(f"/a{number}").tell_nowait(Stay(gate))
        await wait_all_tasks_blocked()
        gate.set()
        await wait_all_tasks_blocked()
        assert resting(system) == IDLE_MAX
