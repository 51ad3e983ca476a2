"""Messages that stay in hand: whose, for how long, what their handler waits for, and at which line.

Whoever looks pays for it; the loop of an actor keeps no more than the time at which a handler began.
"""

from pathlib import Path
from types import FrameType
from typing import Any, Final

import trio
from attrs import frozen

from supervisor.cell import Cell
from supervisor.runtime import Runtime
from supervisor.selection import ROOT, cells

UNDERNEATH: Final = (str(Path(__file__).parent), str(Path(trio.__file__).parent))
"""The code of the runtime and of trio: a line there is never the one that somebody looks for."""


@frozen
class SlowMessage:
    """An actor has had a message in hand for `for_s` seconds; `line` is where its handler waits.

    `waits_for` are the paths of the actors that it asks. `key` tells two messages apart while both exist.
    """

    key: int
    actor: str
    message: str
    correlation_id: str | None
    for_s: float
    waits_for: tuple[str, ...]
    line: str


async def slow_messages(runtime: Runtime, after_s: float) -> list[SlowMessage]:
    """Find the messages that have been in hand for at least so long, the longest first."""
    slow: dict[str, Cell] = {}
    for batch in cells(runtime, [runtime.nodes[ROOT]]):
        now_s = runtime.now()
        for cell in batch:
            if cell.in_hand is not None and now_s - cell.in_hand_at_s >= after_s:
                slow[cell.path] = cell
        await trio.lowlevel.checkpoint()
    if not slow:
        return []
    lines = {task.name: line_of(task.coro) for task in runtime.nursery.child_tasks if task.name in slow}
    now_s = runtime.now()
    found = [_told(cell, now_s, lines[path]) for path, cell in slow.items() if cell.in_hand and path in lines]
    return sorted(found, key=lambda message: -message.for_s)


def line_of(coroutine: Any) -> str:
    """Say where a suspended coroutine waits: the innermost line that is neither the runtime's nor trio's."""
    at: Any = coroutine
    frame: FrameType | None = None
    while at is not None:
        inner = getattr(at, "cr_frame", None) or getattr(at, "gi_frame", None)
        if inner is not None and (frame is None or not inner.f_code.co_filename.startswith(UNDERNEATH)):
            frame = inner
        at = getattr(at, "cr_await", None) or getattr(at, "gi_yieldfrom", None)
    if frame is None:
        return "an unknown line"
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}"


def _told(cell: Cell, now_s: float, line: str) -> SlowMessage:
    envelope = cell.in_hand
    assert envelope is not None
    return SlowMessage(
        key=id(envelope),
        actor=cell.path,
        message=type(envelope.message).__name__,
        correlation_id=envelope.correlation_id,
        for_s=now_s - cell.in_hand_at_s,
        waits_for=tuple(wait.target.path for wait in cell.waits or ()),
        line=line,
    )
