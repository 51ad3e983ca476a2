"""The tasks that serve actors: one that has served an actor waits here for the next one."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import trio

from supervisor import loop
from supervisor.current import current_cell
from supervisor.envelope import Woken

if TYPE_CHECKING:
    from supervisor.cell import Cell

IDLE_MAX = 512  # More wait only after a burst, and each takes some kilobytes.
RESTING = "resting"  # The name of a task that serves nobody.

Place = tuple[trio.lowlevel.Task, trio.CancelScope]
"""A task that waits, and the scope that cancels it."""


class Workers:
    """The idle tasks of one system, the one that served last in front, since the processor remembers it best."""

    def __init__(self) -> None:
        self._idle: list[Place] = []

    @property
    def has_room(self) -> bool:
        """Whether one task more may wait."""
        return len(self._idle) < IDLE_MAX

    def serve(self, cell: "Cell") -> None:
        """Give a cell a task: its scope at once, and its turn at the loop's next step."""
        if not self._idle:
            cell.scope = trio.CancelScope()
            cell.runtime.spawn(loop.run, cell, name=cell.path)
            return
        task, cell.scope = self._idle.pop()
        woken: Any = Woken(cell)
        trio.lowlevel.reschedule(task, woken)

    async def next_cell(self, scope: trio.CancelScope) -> "Cell":
        """Wait, as the present task, for a cell that wants one; `scope` is what cancels this task."""
        task = trio.lowlevel.current_task()
        task.name = RESTING
        current_cell.set(None)
        place = (task, scope)
        self._idle.append(place)
        return cast("Cell", await trio.lowlevel.wait_task_rescheduled(partial(self._give_up, place)))

    def _give_up(self, place: Place, _raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        """Be cancelled while waiting."""
        self._idle.remove(place)
        return trio.lowlevel.Abort.SUCCEEDED
