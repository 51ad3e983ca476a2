"""The view of the actors: the tree on the left, all of the chosen one on the right, and what can be done with it."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static, Tree

from tradefloor.commands.control import DONE
from tradefloor.console.desk import ACTS, Desk, start
from tradefloor.console.dialogs import Because, Find
from tradefloor.console.finding import find
from tradefloor.console.pace import Pace
from tradefloor.console.tree import ROOT, ActorTree, Place, parent_of
from tradefloor.operating.actor_card import actor_card
from tradefloor.operating.connection import ACTORS, NotThere
from tradefloor.operating.tables import count

MESSAGES_SHOWN: Final = 20
ASKED: Final = {"pause": "Pause", "resume": "Resume", "restart": "Restart"}


class Scrolled(VerticalScroll):
    """Details that may be longer than the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
    ]


class ActorsView(Horizontal):
    """The tree and one actor of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "act('pause')", "Pause"),
        Binding("u", "act('resume')", "Resume"),
        Binding("R", "act('restart')", "Restart"),
        Binding("slash", "find", "Find", key_display="/"),
        Binding("m", "messages", "Mailbox"),
    ]

    def __init__(self, desk: Desk, *, id: str) -> None:  # noqa: A002 - as textual calls it
        super().__init__(id=id)
        self._desk = desk
        self._with_messages = False
        self._pace = Pace()

    def compose(self) -> ComposeResult:
        """Put the tree on the left."""
        yield ActorTree()
        with Scrolled(id="actor"):
            yield Static(id="pace")
            yield Static(Text("Looking at the floor ...", "dim"), id="card")

    @property
    def tree_of_actors(self) -> ActorTree:
        """The tree."""
        return self.query_one(ActorTree)

    def on_mount(self) -> None:
        """Open the root, whose children are then asked for."""
        self.tree_of_actors.root.expand()
        self.tree_of_actors.focus()

    async def look(self) -> None:
        """Ask again for what can be seen. Raises Refused and NotReached."""
        for path, limit in self.tree_of_actors.in_sight():
            await self._show_children(path, limit)
        path = self.tree_of_actors.path
        told = await self._show_card(path)
        if told is not None:
            self._pace.look(path, told["handled"])
            self._show_pace(path)

    @on(Tree.NodeHighlighted)
    def turn_to(self, event: Tree.NodeHighlighted[Place]) -> None:
        """Show the node under the cursor; what was asked about another one is given up."""
        if event.node.data is not None:
            self._turn_to(event.node.data.path)

    @on(ActorTree.Wanted)
    def load(self, wanted: ActorTree.Wanted) -> None:
        """Ask for the children of a node that was opened."""
        start(self, lambda: self._guarded_children(wanted.path, wanted.limit), "children")

    def action_messages(self) -> None:
        """Show what waits in the mailbox, or hide it again."""
        self._with_messages = not self._with_messages
        self._turn_to(self.tree_of_actors.path)

    def action_act(self, verb: str) -> None:
        """Pause, resume or restart what is under the cursor."""
        path = self.tree_of_actors.path
        start(self, lambda: self._ask_first(verb, path), ACTS)

    def action_find(self) -> None:
        """Look for an actor, and go there."""

        def look(text: str) -> None:
            start(self, lambda: self._find(dialog, text), "find", only=True)

        def go(path: str | None) -> None:
            if path is not None:
                start(self, lambda: self._go_to(path), "find", only=True)

        dialog = Find(look)
        self.app.push_screen(dialog, go)

    def _turn_to(self, path: str) -> None:
        start(self, lambda: self._guarded_card(path), "card", only=True)

    async def _ask_first(self, verb: str, path: str) -> None:
        """Ask a person whether so much is meant, and why."""
        with self._desk.asking():
            actors = (await self._desk.floor.get(f"{ACTORS}/stats", path=path))["actors"]
            question = f"{ASKED[verb]} {_actors(actors)} at {path}?"
            self.app.push_screen(Because(question, reason_wanted=True), lambda why: self._answered(verb, path, why))

    def _answered(self, verb: str, path: str, reason: str | None) -> None:
        if reason is None:
            self._desk.tell(f"Nothing was done to {path}.", False)
        else:
            start(self, lambda: self._act(verb, path, reason), ACTS)

    async def _act(self, verb: str, path: str, reason: str) -> None:
        with self._desk.asking():
            acted = await self._desk.floor.post(f"{ACTORS}/{verb}", {"path": path, "reason": reason})
            self._desk.tell(f"{DONE[verb]} {_actors(acted['actors'])} at {path}: {reason}", False)
            await self.look()

    async def _find(self, dialog: Find, text: str) -> None:
        with self._desk.asking():
            found = await find(self._desk.floor, text)
            if dialog.is_attached:
                dialog.show(found)

    async def _go_to(self, path: str) -> None:
        """Show a node with all above it, however far down the list it is, and put the cursor there."""
        with self._desk.asking():
            for part in _down_to(path):
                if not self.tree_of_actors.go_to(part):
                    self.tree_of_actors.pin(await self._node(part))
            self.tree_of_actors.go_to(path)
            self.tree_of_actors.focus()

    async def _node(self, path: str) -> Any:
        answer = await self._desk.floor.get(f"{ACTORS}/tree", path=path, depth=0)
        return answer["items"][0]

    async def _guarded_children(self, path: str, limit: int) -> None:
        with self._desk.asking():
            await self._show_children(path, limit)

    async def _guarded_card(self, path: str) -> None:
        with self._desk.asking():
            await self._show_card(path)

    async def _show_children(self, path: str, limit: int) -> None:
        try:
            answer = await self._desk.floor.get(f"{ACTORS}/tree", path=path, depth=1, limit=limit + 1)
        except NotThere:
            self.tree_of_actors.remove_path(path)
        else:
            self.tree_of_actors.show(answer["items"])

    async def _show_card(self, path: str) -> Any:
        """Show what is known of a node, and return it; None when it has ended."""
        messages = MESSAGES_SHOWN if self._with_messages else 0
        try:
            told = await self._desk.floor.get(f"{ACTORS}/inspect", path=path, messages=messages)
        except NotThere:
            self.tree_of_actors.remove_path(path)
            self.query_one("#card", Static).update(Text(f"{path} has ended.", "dim"))
            return None
        if path == self.tree_of_actors.path:
            self.tree_of_actors.renew(path, told["state"])
            self.query_one("#card", Static).update(actor_card(told))
            self._show_pace(path)
        return told

    def _show_pace(self, path: str) -> None:
        line = self._pace.line(path)
        pace = self.query_one("#pace", Static)
        pace.update(line)
        pace.display = bool(line)


def _actors(number: int) -> str:
    return f"{count(number)} {'actor' if number == 1 else 'actors'}"


def _down_to(path: str) -> Iterator[str]:
    """Yield the paths of what is above a node, the highest first, and its own."""
    if path != ROOT:
        yield from _down_to(parent_of(path))
    yield path
