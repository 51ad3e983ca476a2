"""Messages that stay in hand: whose, for how long, what their handler waits for, and at which line.

Whoever looks pays for it; the loop of an actor keeps no more than the time at which a handler began.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

import trio
from attrs import frozen

from supervisor.cell import Cell
from supervisor.envelope import Envelope
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


async def slow_messages(runtime: Runtime, after_s: float, for_s: float) -> AsyncIterator[list[SlowMessage]]:
    """Yield the messages that have been in hand for at least so long, the longest first, for so many seconds.

    The tree is walked once, at the beginning; a message that is in hand then is looked at again when it becomes slow.
    So whoever goes on with the next call misses none, as long as `for_s` is at most `after_s`: what is taken in hand
    after the one walk and has left it before the next one was not slow.
    """
    ends_s = runtime.now() + for_s
    in_hand = await _in_hand(runtime)
    while in_hand:
        becomes_slow_s = in_hand[-1][0] + after_s
        if becomes_slow_s > ends_s:
            break
        await trio.sleep_until(becomes_slow_s)
        now_s = runtime.now()
        slow: dict[str, Cell] = {}
        while in_hand and in_hand[-1][0] + after_s <= now_s:
            _, envelope, cell = in_hand.pop()
            if cell.in_hand is envelope:
                slow[cell.path] = cell
        if slow:
            yield _told_of(runtime, slow)
    await trio.sleep_until(ends_s)


async def _in_hand(runtime: Runtime) -> list[tuple[float, Envelope, Cell]]:
    """Find all messages in hand and since when; the one that has been there for the longest comes last.

    When it was taken in hand is noted here: the cell may have another message by the time that it is looked at again.
    """
    found: list[tuple[float, Envelope, Cell]] = []
    for batch in cells(runtime, [runtime.nodes[ROOT]]):
        found += [(cell.in_hand_at_s, cell.in_hand, cell) for cell in batch if cell.in_hand is not None]
        await trio.lowlevel.checkpoint()
    return sorted(found, key=lambda each: -each[0])


def _told_of(runtime: Runtime, slow: Mapping[str, Cell]) -> list[SlowMessage]:
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
