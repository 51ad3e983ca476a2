"""Where tasks wait: by actor where one is known, and alike ones together."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import Actor, ChildSpec, NoSuchActor, SupervisorSpec, TaskName, open_system
from supervisor.stacks import NAMES_MAX, short
from tests.supervisor.samples import Hold, Sample

TREE = SupervisorSpec(
    "",
    children=[
        SupervisorSpec("many", children=[ChildSpec(f"s{number}", Sample) for number in range(NAMES_MAX + 2)]),
        ChildSpec("one", Sample),
    ],
)


class Helped(Actor):
    """Has a task beside its own."""

    async def started(self) -> None:
        """Start it."""
        self.ctx.start_task(self._help)

    async def _help(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever, name="a grandchild")


async def test_alike_stacks_are_one(mock_clock: MockClock) -> None:
    """The most first; the first of the tasks are named, all are counted."""
    async with open_system(TREE) as system:
        await wait_all_tasks_blocked()
        found = await system.control.stacks("/many")

    (stack,) = found.stacks
    assert (found.tasks, found.different, stack.tasks) == (NAMES_MAX + 2, 1, NAMES_MAX + 2)
    assert stack.names == tuple(TaskName(f"/many/s{number}", f"/many/s{number}") for number in range(NAMES_MAX))
    assert [line.split(" in ")[1] for line in stack.lines[:2]] == ["run", "serve"]


async def test_a_busy_actor_shows_the_line_at_which_its_handler_waits(mock_clock: MockClock) -> None:
    """From the outermost to the inmost."""
    gate = trio.Event()
    async with open_system(TREE) as system, trio.open_nursery() as nursery:
        nursery.start_soon(system.ref("/one").ask, Hold(gate))
        await wait_all_tasks_blocked()
        (stack,) = (await system.control.stacks("/one")).stacks
        gate.set()

    assert any(line.startswith("tests/supervisor/samples.py:") for line in stack.lines)
    assert stack.lines[0].startswith("supervisor/loop.py:")


async def test_tasks_of_an_actor_are_its_own(mock_clock: MockClock) -> None:
    """Those that it starts, and those that these start; of the root also the ones that are nobody's."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("helped", Helped)])) as system:
        await wait_all_tasks_blocked()
        below = await system.control.stacks("/help*")
        everything = await system.control.stacks()

    names = {name for stack in below.stacks for name in stack.names}
    assert names == {
        TaskName("/helped", "/helped"),
        TaskName("/helped _help", "/helped"),
        TaskName("a grandchild", "/helped"),
    }
    assert everything.tasks > below.tasks
    assert None in {name.actor for stack in everything.stacks for name in stack.names}
    assert len(await_limit := everything.stacks) == everything.different, await_limit


async def test_only_so_many_are_shown(mock_clock: MockClock) -> None:
    """The rest is counted; and what is not there is said so."""
    async with open_system(TREE) as system:
        await wait_all_tasks_blocked()
        found = await system.control.stacks("/", 1)
        with pytest.raises(NoSuchActor):
            await system.control.stacks("/nobody")

    assert len(found.stacks) == 1
    assert found.different > 1


def test_files_are_named_below_the_project_or_their_library() -> None:
    """Where either is installed says nothing."""
    house = Path(__file__).parents[2]

    assert short(str(house / "actors/market.py")) == "actors/market.py"
    assert short("/usr/lib/site-packages/trio/_core/_run.py") == "trio/_core/_run.py"
    assert short("<frozen runpy>") == "<frozen runpy>"
