"""What the console asks a person: are you sure and why, where something is, and nothing at all while it helps."""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.table import Table
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tradefloor.console.finding import Found

REASON_CHARACTERS_MAX: Final = 500
"""The API takes no more."""

KEYS: Final = (
    ("1  2", "actors, approvals"),
    ("↑ ↓  j k", "move"),
    ("→ ←", "open and close a part of the tree"),
    ("/", "find an actor by path, pattern or agent's name"),
    ("m", "show or hide what waits in the actor's mailbox"),
    ("p  u  R", "pause, resume (un-pause), restart, with all below it"),
    ("a  r", "approve, reject"),
    ("Tab", "from the list to the details, to scroll them"),
    ("F5", "look again now"),
    ("?  q", "this help, quit"),
)


class Because(ModalScreen[str | None]):
    """Ask whether something is meant, and why. Its result is the reason, None when it is not meant."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "No")]

    def __init__(self, question: str, *, reason_wanted: bool) -> None:
        super().__init__()
        self._question = question
        self._reason_wanted = reason_wanted

    def compose(self) -> ComposeResult:
        """Put the question above a line for the reason."""
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False, classes="question")
            hint = "why, for the audit" if self._reason_wanted else "why, for the audit (may stay empty)"
            yield Input(placeholder=hint, max_length=REASON_CHARACTERS_MAX)
            yield Static("Enter does it, Escape leaves it.", classes="hint")

    @on(Input.Submitted)
    def decide(self, submitted: Input.Submitted) -> None:
        """Take the reason; without one that is wanted, say so."""
        reason = submitted.value.strip()
        if self._reason_wanted and not reason:
            self.query_one(".hint", Static).update("A reason is wanted: it stays in the audit. Escape leaves it.")
        else:
            self.dismiss(reason)


class Find(ModalScreen[str | None]):
    """Ask where to go. Its result is a path, None for nowhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave"),
        Binding("down", "results", "Results", show=False),
    ]

    def __init__(self, look: Callable[[str], None]) -> None:
        super().__init__()
        self._look = look

    def compose(self) -> ComposeResult:
        """Put a line for what is looked for above what is found."""
        with Vertical(classes="dialog tall"):
            yield Static("Find actors", classes="question")
            yield Input(placeholder="/agents/*, or part of an agent's name or id")
            yield OptionList()
            yield Static("Enter looks, then goes to what is chosen; Escape leaves.", classes="hint")

    @on(Input.Submitted)
    def look(self, submitted: Input.Submitted) -> None:
        """Have it looked for; an empty line finds the fullest mailboxes."""
        self._look(submitted.value.strip())

    def show(self, found: tuple[Found, ...]) -> None:
        """Show what was found."""
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(one.label, id=one.path) for one in found])
        self.query_one(".hint", Static).update(_count(len(found)))
        if found:
            options.highlighted = 0
            options.focus()

    @on(OptionList.OptionSelected)
    def choose(self, chosen: OptionList.OptionSelected) -> None:
        """Go there."""
        self.dismiss(chosen.option.id)

    def action_results(self) -> None:
        """Move from the line into the results."""
        self.query_one(OptionList).focus()


class Help(ModalScreen[None]):
    """The keys, until any of them is pressed."""

    def compose(self) -> ComposeResult:
        """Put all keys on one page."""
        with Vertical(classes="dialog"):
            yield Static("Keys", classes="question")
            yield Static(_keys())
            yield Static("Any key closes this.", classes="hint")

    def on_key(self, event: Key) -> None:
        """Close it, and do nothing else with the key."""
        event.stop()
        self.dismiss()

    def on_click(self) -> None:
        """Close it."""
        self.dismiss()


def _keys() -> Table:
    keys = Table.grid(padding=(0, 2))
    keys.add_column(style="bold")
    keys.add_column()
    for key, meaning in KEYS:
        keys.add_row(key, meaning)
    return keys


def _count(found: int) -> str:
    if not found:
        return "Nothing is there. /agents/* is a pattern, /market a path, a word an agent's name."
    return f"{found:,} found. Enter goes there, Escape leaves."
