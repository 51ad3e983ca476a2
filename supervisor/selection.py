"""Choosing nodes by path or pattern, and walking below them, in slices: other tasks get their turn in between.

A tree of 100,000 actors takes tens of milliseconds to walk, which no request at the edge should have to wait for.
"""

from collections import deque
from collections.abc import Iterator
from fnmatch import fnmatchcase

import trio
from attrs import frozen

from supervisor import registry
from supervisor.cell import Cell
from supervisor.errors import NoSuchActor
from supervisor.node import Node, SupervisorNode
from supervisor.runtime import Runtime

SLICE = 1000
"""So many nodes are looked at between two checkpoints: about a millisecond."""

ROOT = "/"
_WILD = frozenset("*?[")


@frozen
class Selection:
    """The highest nodes that a pattern names; what is below them belongs to it, too. `actors` counts those in all."""

    paths: tuple[str, ...]
    actors: int


def is_pattern(target: str) -> bool:
    """Say whether this is a pattern and no path; names have none of its characters."""
    return not _WILD.isdisjoint(target)


async def tops(runtime: Runtime, target: str) -> list[Node]:
    """Return the highest nodes that a path or pattern names. Raises `NoSuchActor` where there are none."""
    if not is_pattern(target):
        await trio.lowlevel.checkpoint()
        return [registry.node(runtime.nodes, target)]
    found = await _match(runtime.nodes[ROOT], tuple(part for part in target.split("/") if part))
    highest = [node for node in found if not _is_below(node, found)] if "**" in target else list(found)
    if not highest:
        raise NoSuchActor(target)
    return highest


def slices(nodes: list[Node]) -> Iterator[list[Node]]:
    """Yield these nodes and all below them, parents first, at most SLICE at a time; checkpoints go in between.

    The children of a node are looked up when it is yielded: whatever starts below one later has it as its parent.
    """
    level = nodes
    while level:
        below: list[Node] = []
        for start in range(0, len(level), SLICE):
            batch = level[start : start + SLICE]
            # One expression for a thousand nodes takes a fifth of the time that a loop would.
            below += [child for node in batch if type(node) is SupervisorNode for child in node.children.values()]
            yield batch
        level = below


def cells(runtime: Runtime, nodes: list[Node]) -> Iterator[list[Cell]]:
    """Yield the actors among these nodes and all below them, at most SLICE at a time; checkpoints go in between.

    Where almost every actor is meant, they are not looked for in the tree, which takes three times as long.
    """
    crowd = nodes[0] if len(nodes) == 1 else None
    if not isinstance(crowd, SupervisorNode) or (crowd.parent is not None and len(crowd.children) <= SLICE):
        for nodes_here in slices(nodes):
            yield [node for node in nodes_here if type(node) is Cell]
        return
    everywhere = list(runtime.cells)
    below = "" if crowd.parent is None else f"{crowd.path}/"
    for start in range(0, len(everywhere), SLICE):
        batch = everywhere[start : start + SLICE]
        yield [cell for cell in batch if cell.path.startswith(below)] if below else batch


async def select(runtime: Runtime, target: str) -> Selection:
    """Say what a path or pattern names. Raises `NoSuchActor`."""
    nodes = await tops(runtime, target)
    actors = 0
    for batch in cells(runtime, nodes):
        actors += len(batch)
        await trio.lowlevel.checkpoint()
    return Selection(tuple(node.path for node in nodes), actors)


async def _match(root: Node, parts: tuple[str, ...]) -> dict[Node, None]:
    """Find the nodes that match, but none below one that `**` at the end of the pattern has found already."""
    found: dict[Node, None] = {}
    pending = deque([(root, parts)])
    looked_at = 0
    while pending:
        node, rest = pending.popleft()
        looked_at += 1
        if not looked_at % SLICE:
            await trio.lowlevel.checkpoint()
        if not rest:
            found[node] = None
            continue
        if rest[0] == "**":
            pending.appendleft((node, rest[1:]))
        if not isinstance(node, SupervisorNode) or (rest[0] == "**" and len(rest) == 1):
            continue
        following = rest if rest[0] == "**" else rest[1:]
        for child in tuple(node.children.values()):
            looked_at += 1
            if not looked_at % SLICE:
                await trio.lowlevel.checkpoint()
            if rest[0] in {"*", "**"} or fnmatchcase(child.name, rest[0]):
                pending.append((child, following))
    return found


def _is_below(node: Node, found: dict[Node, None]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent in found:
            return True
        parent = parent.parent
    return False
