"""The wait-for graph: which actors wait for which, and the refusal to close a circle."""

from typing import TYPE_CHECKING

from supervisor.errors import AskCycle

if TYPE_CHECKING:
    from supervisor.cell import Cell


def refuse_cycle(asker: "Cell", target: "Cell") -> None:
    """Raise `AskCycle` if the target waits, directly or through others, for the asker."""
    if target is not asker and not target.waits:
        return  # By far the most asks.
    came_from: dict[Cell, Cell | None] = {target: None}
    stack = [target]
    while stack:
        cell = stack.pop()
        if cell is asker:
            raise AskCycle([asker.path, *reversed(_way_back(cell, came_from))])
        for envelope in cell.waits or ():
            if envelope.task is not None and envelope.target not in came_from:
                came_from[envelope.target] = cell
                stack.append(envelope.target)


def _way_back(cell: "Cell", came_from: "dict[Cell, Cell | None]") -> list[str]:
    way = []
    at: Cell | None = cell
    while at is not None:
        way.append(at.path)
        at = came_from[at]
    return way
