"""The registry: nodes by path, and by patterns of paths."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from supervisor.errors import NoSuchActor
from supervisor.node import Node, SupervisorNode


def node(nodes: Mapping[str, Node], path: str) -> Node:
    """Give the node at the path. Raises `NoSuchActor`."""
    try:
        return nodes[path]
    except KeyError:
        raise NoSuchActor(path) from None


def find(root: SupervisorNode, pattern: str) -> list[Node]:
    """Find the nodes whose path matches, in starting order, parents first.

    In a part of the path `*`, `?` and `[...]` match as in file names; the part `**` matches any number of parts.
    """
    parts = [part for part in pattern.split("/") if part]
    return list(dict.fromkeys(_match(root, parts)))


def _match(at: Node, parts: list[str]) -> Iterator[Node]:
    if not parts:
        yield at
        return
    if parts[0] == "**":
        yield from _match(at, parts[1:])
    if not isinstance(at, SupervisorNode):
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        for child in at.children.values():
            yield from _match(child, parts)
    elif not set(part) & set("*?["):
        if part in at.children:
            yield from _match(at.children[part], rest)
    else:
        for name, child in at.children.items():
            if fnmatchcase(name, part):
                yield from _match(child, rest)
