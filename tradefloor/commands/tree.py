"""`tradefloor tree`: the supervision tree of a running floor."""

from collections.abc import Mapping
from typing import Any

import click
from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from tradefloor.operating.connection import ACTORS, Place
from tradefloor.operating.options import floor_options, show, watched
from tradefloor.operating.tables import state


@click.command()
@click.argument("path", default="/")
@click.option("--depth", type=click.IntRange(0, 64), default=2, show_default=True, help="Levels below PATH.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1_000, show_default=True, help="Nodes at most.")
@watched
@floor_options
def tree(place: Place, path: str, depth: int, limit: int, *, as_json: bool, watch: bool) -> None:
    """Show the actors and supervisors at and below PATH."""
    show(
        place,
        lambda floor: floor.get(f"{ACTORS}/tree", path=path, depth=depth, limit=limit),
        _render,
        as_json=as_json,
        watch=watch,
    )


def _render(answer: Mapping[str, Any]) -> RenderableType:
    nodes: dict[str, Tree] = {}
    top: Tree | None = None
    for item in answer["items"]:
        path = item["path"]
        parent = nodes.get(path.rpartition("/")[0] or "/")
        if parent is None:
            top = nodes[path] = Tree(_label(item, path), guide_style="dim")
        else:
            nodes[path] = parent.add(_label(item, path.rpartition("/")[2]))
    assert top is not None, "a tree has a top"
    if answer["truncated"]:
        top.add(Text("... there are more: --depth and --limit show them", "dim"))
    return top


def _label(item: Mapping[str, Any], name: str) -> Text:
    label = Text.assemble(name, "  ", state(item["state"]))
    if item["kind"] == "supervisor":
        label.append(f"  {item['children']:,} children", "dim")
    return label
