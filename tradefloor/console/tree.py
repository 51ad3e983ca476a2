"""The supervision tree: a part of it is asked for when it is opened, and only what can be seen is asked for again.

So the console costs a floor of 100,000 actors as little as one of ten. What is found beyond the children that are
shown is pinned among them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from attrs import evolve, frozen
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from tradefloor.operating.tables import STYLES, count

ROOT: Final = "/"
CHILDREN_FIRST: Final = 200
CHILDREN_MAX: Final = 1_000
"""More children than this nobody reads, and a second's look at them would cost the floor 10 ms."""

QUIET: Final = frozenset({"running", "passive"})
"""States that are told by their sign alone."""

SIGNS: Final = {"running": "●", "busy": "●", "passive": "○", "paused": "‖", "stopped": "□"}
OTHER_SIGN: Final = "!"


@frozen
class Place:
    """A node as the tree shows it. `children` is None for an actor, and for the line that stands for further nodes."""

    path: str
    state: str
    children: int | None
    is_rest: bool = False


class ActorTree(Tree[Place]):
    """The tree of a floor. Asks for what it wants with `Wanted`, and is told by `show`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("right,l", "open", "Open", show=False),
        Binding("left,h", "close", "Close", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
    ]

    class Wanted(Message):
        """The children of a node, so many of them, are to be shown."""

        def __init__(self, path: str, limit: int) -> None:
            super().__init__()
            self.path = path
            self.limit = limit

    def __init__(self) -> None:
        super().__init__("/", Place(ROOT, "running", 0))
        self.guide_depth = 2
        self.auto_expand = False
        self._by_path: dict[str, TreeNode[Place]] = {ROOT: self.root}
        self._limits: dict[str, int] = {}
        self._pinned: set[str] = set()

    @property
    def path(self) -> str:
        """Where the cursor is; the line that stands for further nodes is where their supervisor is."""
        return ROOT if self.cursor_node is None or self.cursor_node.data is None else self.cursor_node.data.path

    def in_sight(self) -> list[tuple[str, int]]:
        """Return the open supervisors of the lines that can be seen, with how many children each shows at most."""
        first = self.scroll_offset.y
        nodes = [self.get_node_at_line(line) for line in range(first, first + max(1, self.size.height))]
        parents = dict.fromkeys(node.parent for node in nodes if node is not None and node.parent is not None)
        paths = [parent.data.path for parent in parents if parent.data is not None]
        return [(path, self._limits.get(path, CHILDREN_FIRST)) for path in paths or [ROOT]]

    def show(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Show a node and its children, as the floor lists them: the node first."""
        own, *children = [_place(item) for item in items]
        node = self._by_path.get(own.path)
        if node is None:
            return
        self._set(node, own)
        wanted = {child.path for child in children} | self._pinned
        for child in tuple(node.children):
            if child.data is not None and not child.data.is_rest and child.data.path not in wanted:
                self._forget(child)
        asked_for_more = self.cursor_node is not None and self.cursor_node is _rest_of(node)
        new = [place for place in children if place.path not in self._by_path]
        for place in children:
            self._put(node, place)
        self._show_rest(node, own)
        if asked_for_more and new:
            self.go_to(new[0].path)

    def pin(self, place: Mapping[str, Any]) -> None:
        """Show a node below one that is shown, though it is not among the first children."""
        made = _place(place)
        parent = self._by_path[parent_of(made.path)]
        if made.path not in self._by_path:
            self._pinned.add(made.path)
            self._put(parent, made)
            assert parent.data is not None, "every node of this tree has its place"
            self._show_rest(parent, parent.data)

    def go_to(self, path: str) -> bool:
        """Open all above a node and put the cursor there; say whether it is shown at all."""
        node = self._by_path.get(path)
        if node is None:
            return False
        parent = node.parent
        while parent is not None:
            parent.expand()
            parent = parent.parent
        self.get_node_at_line(0)  # Has the lines counted anew: until then a node that was hidden has none.
        self.move_cursor(node)
        return True

    def renew(self, path: str, state: str) -> None:
        """Show the state of a node, where it is shown."""
        node = self._by_path.get(path)
        if node is not None and node.data is not None:
            self._set(node, evolve(node.data, state=state))

    def remove_path(self, path: str) -> None:
        """Take a node away that is gone from the floor."""
        node = self._by_path.get(path)
        if node is not None and not node.is_root:
            self._forget(node)

    def render_label(self, node: TreeNode[Place], base_style: Style, style: Style) -> Text:
        """Show a node: a sign and, where it matters, a word for its state, its name, and how many children it has."""
        place = node.data
        assert place is not None, "every node of this tree has its place"
        if place.is_rest:
            return Text(str(node.label), Style.combine([base_style, style, Style(dim=True)]))
        shown = Text(style=Style.combine([base_style, style]))
        if place.children is None:
            shown.append(f"{SIGNS.get(place.state, OTHER_SIGN)} ", STYLES.get(place.state, ""))
        else:
            shown.append("▾ " if node.is_expanded else "▸ ", "dim")
        if place.state not in QUIET:
            shown.append(f"{place.state} ", STYLES.get(place.state, ""))
        shown.append(name_of(place.path))
        if place.children is not None:
            shown.append(f" {count(place.children)}", "dim")
        return shown

    def action_open(self) -> None:
        """Open the node under the cursor, or go to its first child."""
        node = self.cursor_node
        if node is not None and node.allow_expand and not node.is_expanded:
            node.expand()
        elif node is not None and node.is_expanded and node.children:
            self.move_cursor(node.children[0])

    def action_close(self) -> None:
        """Close the node under the cursor, or go to its supervisor."""
        node = self.cursor_node
        if node is not None and node.is_expanded:
            node.collapse()
        elif node is not None and node.parent is not None:
            self.move_cursor(node.parent)

    def action_first(self) -> None:
        """Go to the first line."""
        self.move_cursor_to_line(0)

    def action_last(self) -> None:
        """Go to the last line."""
        self.move_cursor_to_line(self.last_line)

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Place]) -> None:
        """Ask for the children."""
        if event.node.data is not None:
            self._want(event.node.data.path)

    def on_tree_node_selected(self, event: Tree.NodeSelected[Place]) -> None:
        """Open or close a node, or ask for more children."""
        place = event.node.data
        if place is not None and place.is_rest:
            self._limits[place.path] = CHILDREN_MAX
            self._want(place.path)
        elif event.node.allow_expand:
            event.node.toggle()

    def _want(self, path: str) -> None:
        self.post_message(self.Wanted(path, self._limits.get(path, CHILDREN_FIRST)))

    def _put(self, parent: TreeNode[Place], place: Place) -> None:
        """Add a node below its supervisor, or renew it there."""
        node = self._by_path.get(place.path)
        if node is None:
            before = _rest_of(parent)
            node = parent.add(name_of(place.path), place, before=before, allow_expand=place.children is not None)
            self._by_path[place.path] = node
        else:
            self._set(node, place)

    def _set(self, node: TreeNode[Place], place: Place) -> None:
        if node.data != place:
            node.data = place
            node.refresh()

    def _show_rest(self, node: TreeNode[Place], place: Place) -> None:
        """Say at the end how many more children there are; the line stays where it is, as the cursor may be on it."""
        line = _rest_of(node)
        rest = (place.children or 0) - len(node.children) + (line is not None)
        if rest <= 0:
            if line is not None:
                line.remove()
            return
        way = "/ finds" if self._limits.get(place.path) == CHILDREN_MAX else "Enter, /"
        text = f"… {count(rest)} more ({way})"
        if line is None:
            node.add_leaf(text, Place(place.path, "", None, is_rest=True))
        else:
            line.set_label(text)

    def _forget(self, node: TreeNode[Place]) -> None:
        for child in tuple(node.children):
            self._forget(child)
        if node.data is not None and not node.data.is_rest:
            self._by_path.pop(node.data.path, None)
            self._pinned.discard(node.data.path)
        node.remove()


def _rest_of(node: TreeNode[Place]) -> TreeNode[Place] | None:
    """Return the line that stands for the children that are not shown."""
    last = node.children[-1] if node.children else None
    return last if last is not None and last.data is not None and last.data.is_rest else None


def name_of(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2] or ROOT


def parent_of(path: str) -> str:
    """Return the path of the supervisor above."""
    return path.rpartition("/")[0] or ROOT


def _place(item: Mapping[str, Any]) -> Place:
    children = item["children"] if item["kind"] == "supervisor" else None
    return Place(item["path"], item["state"], children)
