"""What an actor owns beside its mailbox: timers, tasks, and the deaths it wants to hear of."""

import math
from collections.abc import Awaitable, Callable
from typing import Any

import trio

from supervisor.cell import Cell
from supervisor.current import current_cell, owner_path
from supervisor.message import Terminated
from supervisor.policy import Exit, Reason
from supervisor.timers import Timer


def tell_later(cell: Cell, delay_s: float, message: object) -> Timer:
    """Queue a message to the actor after a delay; the end of its run calls it off. Raises `ValueError` for NaN."""
    if math.isnan(delay_s):  # It has no place in the heap of deadlines, which would go on in no order.
        raise ValueError("a delay is a number of seconds, not nan")
    timers = cell.timers
    if timers is None:
        timers = cell.timers = {}

    def due(timer: Timer) -> None:
        timers.pop(timer, None)
        try:
            cell.notify(message)
        except Exception as exc:  # noqa: BLE001 - of its `mailbox_key`: that is no crash of those who share the sweeper
            cell.crash(exc)

    timer = Timer(due)
    if cell.ending:  # Its last tasks are no part of the next run.
        timer.cancel()
    else:
        timers[timer] = None
        cell.runtime.deadlines.push(cell.runtime.now() + delay_s, timer)
    return timer


def start_task(cell: Cell, async_fn: Callable[..., Awaitable[object]], args: tuple[Any, ...]) -> trio.CancelScope:
    """Run a task that ends with the actor's run, and whose crash is the actor's."""
    scope = trio.CancelScope()
    if cell.ending:  # All others have been cancelled already.
        scope.cancel()
    if cell.tasks is None:
        cell.tasks = {}
    cell.tasks[scope] = None
    name = f"{cell.path} {getattr(async_fn, '__name__', async_fn)}"
    cell.runtime.nursery.start_soon(_run_task, cell, scope, async_fn, args, name=name)
    return scope


async def _run_task(
    cell: Cell, scope: trio.CancelScope, async_fn: Callable[..., Awaitable[object]], args: tuple[Any, ...]
) -> None:
    current_cell.set(None)
    owner_path.set(cell.path)
    cause: Exception | None = None
    try:
        with scope:
            await async_fn(*args)
    except trio.Cancelled:
        if cell.runtime.nursery.cancel_scope.cancel_called:
            raise
        cause = RuntimeError("a task of the actor raised a cancellation that was not its own")
    except Exception as exc:  # noqa: BLE001 - it is the actor's crash, never that of the nursery
        cause = exc
    assert cell.tasks is not None
    cell.tasks.pop(scope, None)
    if cause is not None and cell.ending:
        cell.note(f"a task crashed while it was stopped: {cause!r}")
    elif cause is not None:
        cell.crash(cause)
    cell.end_if_alone()


def watch(cell: Cell, path: str) -> None:
    """Let the actor be told when another one ends for good or is quarantined; at once if that is so already."""
    target = cell.runtime.nodes.get(path)
    if not isinstance(target, Cell):
        cell.notify(Terminated(path, Exit(Reason.NORMAL)))
    elif target.closed:
        reason = Reason.NORMAL if target.failure is None else Reason.CRASHED
        cell.notify(Terminated(path, Exit(reason, target.failure), quarantined=target.failure is not None))
    elif cell not in target.watchers:
        target.watchers = (*target.watchers, cell)


def unwatch(cell: Cell, path: str) -> None:
    """Take `watch` back."""
    target = cell.runtime.nodes.get(path)
    if isinstance(target, Cell):
        target.watchers = tuple(watcher for watcher in target.watchers if watcher is not cell)
