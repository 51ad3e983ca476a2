"""Where every task waits: the stacks of all tasks of the loop, alike ones together.

Ten thousand idle agents wait at the same lines, so they are one stack that says how many there are. Whoever looks pays
for it, in slices.
"""

import sys
from bisect import insort
from collections.abc import Collection, Iterator
from operator import attrgetter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import trio
from attrs import define, frozen

from supervisor.current import current_cell, owner_path
from supervisor.runtime import Runtime
from supervisor.selection import ROOT, tops

SLICE: Final = 100
"""So many stacks are read between two checkpoints: about a millisecond."""

NAMES_MAX: Final = 5
"""Of tasks that wait alike, so many are named."""

_HOUSE: Final = Path(__file__).parents[1]
_PACKAGES: Final = ("site-packages", "dist-packages", f"python{sys.version_info.major}.{sys.version_info.minor}")

_HANDOVER: Final = "_real_async_yield"
"""Where trio hands over to its loop: the end of every stack, which says nothing."""

Place = tuple[CodeType, int]


@frozen
class TaskName:
    """A task, and the path of the actor that it is or belongs to, None where there is none."""

    task: str
    actor: str | None


@frozen
class Stack:
    """Tasks that wait at the same lines, from the outermost to the inmost; `names` are the first of them by name."""

    tasks: int
    names: tuple[TaskName, ...]
    lines: tuple[str, ...]


@frozen
class Stacks:
    """The stacks of which most tasks are first, and how many tasks and different stacks there are in all."""

    stacks: tuple[Stack, ...]
    tasks: int
    different: int


@define
class _Alike:
    tasks: int
    names: list[TaskName]


async def stacks(runtime: Runtime, target: str, limit: int) -> Stacks:
    """Read the stacks of the tasks of what a path or pattern names, of all tasks for the root. Raises `NoSuchActor`."""
    wanted = None if target == ROOT else {node.path for node in await tops(runtime, target)}
    found: dict[tuple[Place, ...], _Alike] = {}
    total = 0
    for number, task in enumerate(_tasks(), 1):
        cell = task.context.get(current_cell)
        actor = task.context.get(owner_path) if cell is None else cell.path
        if _is_wanted(actor, wanted):
            total += 1
            _add(found, tuple(_places(task.coro)), TaskName(task.name, actor))
        if not number % SLICE:
            await trio.lowlevel.checkpoint()
    most = sorted(found.items(), key=lambda pair: -pair[1].tasks)[:limit]
    shown = tuple(Stack(alike.tasks, tuple(alike.names), tuple(map(_line, places))) for places, alike in most)
    return Stacks(shown, total, len(found))


def _tasks() -> Iterator[trio.lowlevel.Task]:
    """Yield every task there is now, parents first; those that end meanwhile have no lines any more."""
    root = trio.lowlevel.current_root_task()
    pending = [] if root is None else [root]
    for task in pending:
        yield task
        for nursery in task.child_nurseries:
            pending.extend(nursery.child_tasks)


def _is_wanted(actor: str | None, wanted: Collection[str] | None) -> bool:
    """Say whether an actor is one of these or below one of them."""
    if wanted is None:
        return True
    at = actor or ""
    while at and at not in wanted:
        at = at.rpartition("/")[0]
    return bool(at)


def _add(found: dict[tuple[Place, ...], _Alike], places: tuple[Place, ...], name: TaskName) -> None:
    alike = found.setdefault(places, _Alike(0, []))
    alike.tasks += 1
    if len(alike.names) < NAMES_MAX or name.task < alike.names[-1].task:
        insort(alike.names, name, key=attrgetter("task"))
        del alike.names[NAMES_MAX:]


def _places(coroutine: Any) -> Iterator[Place]:
    at: Any = coroutine
    while at is not None:
        frame: FrameType | None = (
            getattr(at, "cr_frame", None) or getattr(at, "gi_frame", None) or getattr(at, "ag_frame", None)
        )
        if frame is not None and frame.f_code.co_name != _HANDOVER:
            yield frame.f_code, frame.f_lineno or 0
        at = getattr(at, "cr_await", None) or getattr(at, "gi_yieldfrom", None) or getattr(at, "ag_await", None)


def _line(place: Place) -> str:
    code, number = place
    return f"{short(code.co_filename)}:{number} in {code.co_qualname}"


def short(filename: str) -> str:
    """Return the name of a file below the project or its library, without where that is installed."""
    path = Path(filename)
    for part in _PACKAGES:
        if part in path.parts:
            return "/".join(path.parts[path.parts.index(part) + 1 :])
    return path.relative_to(_HOUSE).as_posix() if path.is_relative_to(_HOUSE) else filename
