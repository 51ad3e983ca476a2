"""The console as a whole: two views, a line for the floor, one for what was done, and a look every so often."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import ContentSwitcher, Footer, Static

from tradefloor.console.actors import ActorsView
from tradefloor.console.approvals import ApprovalsView, Inbox
from tradefloor.console.desk import Desk, start
from tradefloor.console.dialogs import Help
from tradefloor.console.tree import ActorTree
from tradefloor.operating.async_connection import AsyncConnection
from tradefloor.operating.connection import ACTORS, READY
from tradefloor.operating.tables import count, state

LOOKS: Final = "looks"
ACTORS_VIEW: Final = "actors"
APPROVALS_VIEW: Final = "approvals"
LOOKS_A_COUNT: Final = 10
"""All actors are counted once in so many looks: that walks the whole tree."""

WORTH_TELLING: Final = ("failed", "stuck", "restarting", "paused")


class ConsoleApp(App[None]):
    """Shows one floor until it is quit; one that goes away is waited for."""

    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "Tradefloor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", f"view('{ACTORS_VIEW}')", "Actors", show=False),
        Binding("2", f"view('{APPROVALS_VIEW}')", "Approvals", show=False),
        Binding("f5,ctrl+r", "look", "Look", key_display="F5"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, floor: AsyncConnection, interval_s: float | None) -> None:
        """Show a floor, looking every so many seconds; without an interval only when asked to, by F5."""
        super().__init__()
        self.animation_level = "none"
        self._floor = floor
        self._interval_s = interval_s
        self._desk = Desk(floor, self._tell, self._lose, self._find)
        self._actors = ActorsView(self._desk, id=ACTORS_VIEW)
        self._approvals = ApprovalsView(self._desk, id=APPROVALS_VIEW)
        self._switcher = ContentSwitcher(self._actors, self._approvals, initial=ACTORS_VIEW)
        self._tabs = Static(id="tabs")
        self._health = Static(id="health")
        self._lost_line = Static(id="lost", markup=False)
        self._told_line = Static(id="told", markup=False)
        self._waiting = ""
        self._is_lost = False
        self._looked = 0
        self._counts = Text()

    def compose(self) -> ComposeResult:
        """Put the views between the line for the floor and the one for what was done."""
        with Horizontal(id="head"):
            yield self._tabs
            yield self._health
        yield self._lost_line
        yield self._switcher
        yield self._told_line
        yield Footer()

    def on_mount(self) -> None:
        """Begin to look."""
        self._lost_line.display = False
        self._show_tabs()
        self._tell(f"This is the floor at {self._floor.place}; ? shows the keys.", False)
        self.action_look()
        if self._interval_s is not None:
            self.set_interval(self._interval_s, self._look_again)

    async def on_unmount(self) -> None:
        """Let go of the floor."""
        await self._floor.close()

    def action_look(self) -> None:
        """Look at all again, now."""
        self._looked = 0
        start(self, self._look, LOOKS, only=True)

    def action_view(self, view: str) -> None:
        """Turn to a view, whose keys then work."""
        self._switcher.current = view
        self._show_tabs()
        self._switcher.query_one(ActorTree if view == ACTORS_VIEW else Inbox).focus()
        self.action_look()

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(Help())

    @on(ApprovalsView.Counted)
    def show_waiting(self, counted: ApprovalsView.Counted) -> None:
        """Say beside the name of the view how many wait."""
        self._waiting = f" ({counted.waiting}{'+' if counted.more else ''})" if counted.waiting else ""
        self._show_tabs()

    def _look_again(self) -> None:
        """Look, unless the last look has not ended: a floor that is slow is not asked more often than it answers."""
        if not any(worker.group == LOOKS and worker.is_running for worker in self.workers):
            start(self, self._look, LOOKS)

    async def _look(self) -> None:
        with self._desk.asking():
            health = await self._floor.get(READY)
            if self._looked % LOOKS_A_COUNT == 0:
                self._counts = _counts(await self._floor.get(f"{ACTORS}/stats", path="/"))
            self._looked += 1
            self._health.update(Text.assemble(_health(health), self._counts))
            await self._approvals.look()
            if self._switcher.current == ACTORS_VIEW:
                await self._actors.look()

    def _tell(self, line: str, bad: bool) -> None:
        self._told_line.set_class(bad, "bad")
        self._told_line.update(line)

    def _lose(self, why: str) -> None:
        """Say that nobody answers, since when the screen is old, and that it goes on by itself."""
        if not self._is_lost:
            self._is_lost = True
            self._looked = 0
            self._lost_line.display = True
        again = "" if self._interval_s is None else f" Trying again every {self._interval_s:g} s; what you see is old."
        self._lost_line.update(f"Connection lost: {why}.{again}")
        self._switcher.add_class("old")

    def _find(self) -> None:
        """Say that the floor is there again."""
        if self._is_lost:
            self._is_lost = False
            self._lost_line.display = False
            self._switcher.remove_class("old")
            self._tell(f"The floor at {self._floor.place} answers again.", False)

    def _show_tabs(self) -> None:
        current = self._switcher.current
        names = ((ACTORS_VIEW, "1 Actors"), (APPROVALS_VIEW, f"2 Approvals{self._waiting}"))
        shown = [f"[@click=app.view('{view}')]{_tab(name, view == current)}[/]" for view, name in names]
        self._tabs.update(" ".join(shown))


def _tab(name: str, is_current: bool) -> str:
    return f"[reverse] {name} [/reverse]" if is_current else f" {name} "


def _health(answer: Mapping[str, Any]) -> Text:
    """Say that all is well, or what is not."""
    wrong = [f"{name} {told}" for name, told in answer["checks"].items() if told != "ok"]
    return Text("not ready: " + ", ".join(wrong), "bold red") if wrong else Text("ok", "green")


def _counts(stats: Mapping[str, Any]) -> Text:
    """Say how many actors there are, and of which somebody should know."""
    shown = Text(f"  {count(stats['actors'])} actors")
    for name in WORTH_TELLING:
        if stats["states"].get(name):
            shown.append_text(Text.assemble(f"  {count(stats['states'][name])} ", state(name)))
    return shown
