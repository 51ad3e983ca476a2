"""The inbox: trades that wait for a human, what each would do, and deciding it."""

from typing import Any, ClassVar, Final

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tradefloor.console.actors import Scrolled
from tradefloor.console.desk import ACTS, Desk, start
from tradefloor.console.dialogs import Because
from tradefloor.operating.approval_card import approval_card, order
from tradefloor.operating.connection import API
from tradefloor.operating.tables import dollars

REQUESTS: Final = f"{API}/oversight/requests"
SHOWN_MAX: Final = 100
NOTHING: Final = "Nothing waits. What needs a human appears here by itself."
RISKS: Final = {"low": "green", "medium": "yellow", "high": "red", "critical": "bold red"}


class Inbox(OptionList):
    """The list, for the keyboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]


class ApprovalsView(Horizontal):
    """What waits, the oldest first, and the details of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('approve')", "Approve"),
        Binding("r", "decide('reject')", "Reject"),
    ]

    class Counted(Message):
        """So many wait; `more`: and some beyond what is listed."""

        def __init__(self, waiting: int, *, more: bool) -> None:
            super().__init__()
            self.waiting = waiting
            self.more = more

    def __init__(self, desk: Desk, *, id: str) -> None:  # noqa: A002 - as textual calls it
        super().__init__(id=id)
        self._desk = desk
        self._items: dict[str, Any] = {}

    def compose(self) -> ComposeResult:
        """Put the list on the left."""
        yield Inbox()
        with Scrolled(id="approval"):
            yield Static(Text(NOTHING, "dim"), id="request")

    async def look(self) -> None:
        """Ask what waits. Raises Refused and NotReached."""
        answer = await self._desk.floor.get(REQUESTS, status="pending", limit=SHOWN_MAX)
        waiting = {item["requestId"]: item for item in reversed(answer["items"])}
        if waiting != self._items:
            self._show(waiting)
        self.post_message(self.Counted(len(waiting), more=answer["nextCursor"] is not None))

    @on(OptionList.OptionHighlighted)
    def turn_to(self, event: OptionList.OptionHighlighted) -> None:
        """Show the request under the cursor."""
        self._show_card(event.option.id)

    def action_decide(self, decision: str) -> None:
        """Approve or reject what is under the cursor."""
        inbox = self.query_one(Inbox)
        if inbox.highlighted is None:
            self._desk.tell(NOTHING, False)
            return
        item = self._items[inbox.get_option_at_index(inbox.highlighted).id or ""]
        question = f"{decision.title()} {order(item['trade'])}, {dollars(item['estimatedValue'])}?"
        dialog = Because(question, reason_wanted=decision == "reject")
        self.app.push_screen(dialog, lambda why: self._answered(decision, item["requestId"], why))

    def _answered(self, decision: str, request_id: str, reason: str | None) -> None:
        if reason is None:
            self._desk.tell(f"{request_id} still waits.", False)
        else:
            start(self, lambda: self._decide(decision, request_id, reason), ACTS)

    async def _decide(self, decision: str, request_id: str, reason: str) -> None:
        with self._desk.asking():
            body = {"reason": reason} if reason else {}
            decided = await self._desk.floor.post(f"{REQUESTS}/{request_id}/{decision}", body)
            trade = decided["trade"]
            failed = f": {trade['failureReason']}" if trade["failureReason"] else ""
            outcome = f"The trade is {trade['status']}{failed}."
            self._desk.tell(f"{decided['status'].title()} {order(trade)}. {outcome}", bool(failed))
            await self.look()

    def _show(self, waiting: dict[str, Any]) -> None:
        """Show a new list, with the cursor on what it was on, or at the same height."""
        inbox = self.query_one(Inbox)
        height = inbox.highlighted or 0
        chosen = None if inbox.highlighted is None else inbox.get_option_at_index(height).id
        self._items = waiting
        inbox.clear_options()
        inbox.add_options([Option(_line(item), id=request_id) for request_id, item in waiting.items()])
        if waiting:
            inbox.highlighted = inbox.get_option_index(chosen) if chosen in waiting else min(height, len(waiting) - 1)
        else:
            self._show_card(None)

    def _show_card(self, request_id: str | None) -> None:
        item = self._items.get(request_id or "")
        card = self.query_one("#request", Static)
        card.update(Text(NOTHING, "dim") if item is None else approval_card(item))


def _line(item: Any) -> Text:
    risk = item["riskAssessment"]["level"]
    return Text.assemble(
        f"{order(item['trade'])}  ",
        (f"{risk} risk", RISKS.get(risk, "")),
        f"\n{dollars(item['estimatedValue'])}  until {item['expiresAt'][11:19]} UTC",
    )
