"""A census of the actors by class, for metrics."""

import trio

from supervisor.cell import UNSTARTED, Cell
from supervisor.counts import ClassCount
from supervisor.inspection import oldest_age_s
from supervisor.node import Status
from supervisor.runtime import Runtime
from supervisor.selection import ROOT, cells


async def census(runtime: Runtime) -> dict[str, ClassCount]:
    """Count the actors and what they did, by the name of their class.

    An actor that goes while others are counted is counted here or next time, never twice and never less than before.
    """
    counts = {name: count.copy_done() for name, count in runtime.retired.items()}
    now_s = runtime.now()
    for batch in cells(runtime, [runtime.nodes[ROOT]]):
        for cell in batch:
            _add(counts.setdefault(cell.class_name or UNSTARTED, ClassCount()), cell, now_s)
        await trio.lowlevel.checkpoint()
    return counts


def _add(count: ClassCount, cell: Cell, now_s: float) -> None:
    count.actors += 1
    count.passive += cell.status is Status.PASSIVE
    count.paused += cell.paused
    count.failed += cell.status is Status.FAILED
    if cell.mailbox:
        count.queued += len(cell.mailbox)
        count.oldest_age_s = max(count.oldest_age_s, oldest_age_s(cell, now_s))
    count.add_done(cell)
