"""Envelopes: a message on its way, with all that an ask needs to resolve exactly once."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import trio

from supervisor.errors import AlreadyReplied, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from supervisor.cell import Cell

R = TypeVar("R")


class Woken:
    """What a rescheduled task is sent, in place of an `outcome.Value` that could be used only once."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def unwrap(self) -> object:
        """Give the value that `wait_task_rescheduled` returns."""
        return self._value


WAKE: Any = Woken(None)


class Envelope:
    """A message and its sender. `open` until the message is handled, resolved or given up.

    For an ask the envelope itself is sent to the waiting task, which calls `unwrap`: no further object is needed.
    """

    __slots__ = (
        "asks",
        "correlation_id",
        "deadline",
        "deferred",
        "error",
        "message",
        "open",
        "queued_at_s",
        "target",
        "task",
        "value",
        "waiting",
    )

    def __init__(
        self,
        message: object,
        target: "Cell",
        deadline: float,
        correlation: str | None,
        *,
        asks: bool,
    ) -> None:
        self.message = message
        self.target = target
        self.deadline = deadline
        self.correlation_id = correlation
        self.asks = asks
        self.task: trio.lowlevel.Task | None = None  # The parked asker, or a teller that waits for room: an edge.
        self.open = True
        self.deferred = False
        self.waiting: OrderedDict[Envelope, None] | None = (
            None  # The line before a full mailbox, while it stands there.
        )
        self.value: object = None
        self.error: Exception | None = None
        self.queued_at_s: float  # Set once it has to wait in a mailbox: most messages never do.

    def unwrap(self) -> object:
        """Give the reply to the asker, or raise what came in its place."""
        if self.error is None:
            return self.value
        try:
            raise self.error
        finally:
            self.error = None  # Or the traceback would keep this frame and all it holds alive.

    def reply(self, value: object) -> None:
        """Answer; without effect once the ask is resolved."""
        if self.open:
            self.value = value
            self._resolve()

    def fail(self, error: Exception) -> None:
        """Answer with an error; without effect once the ask is resolved."""
        if self.open:
            self.error = error
            self._resolve()

    def expire(self) -> None:
        """Give up: the deadline has passed. A tell that has entered the mailbox no longer has one."""
        if self.asks:
            self.fail(AskTimeout(self.target.path))
        elif self.waiting is not None:
            self.fail(MailboxFull(self.target.path))

    def abandon(self, _raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        """Forget the sender, whose wait was cancelled."""
        self.task = None
        self.give_up()
        return trio.lowlevel.Abort.SUCCEEDED

    def admit(self) -> None:
        """Enter the mailbox from the line before it; a teller has waited for just that."""
        self.waiting = None
        if not self.asks and (task := self.task) is not None:
            self.task = None
            trio.lowlevel.reschedule(task, WAKE)

    def give_up(self) -> None:
        """Be skipped from now on."""
        self.open = False
        if self.waiting is not None:
            self.waiting.pop(self, None)
            self.waiting = None
        if self.deferred and self.target.deferred is not None:
            self.target.deferred.pop(self, None)

    def _resolve(self) -> None:
        self.give_up()
        if (task := self.task) is not None:
            self.task = None
            trio.lowlevel.reschedule(task, self)  # type: ignore[arg-type]  # Only `unwrap` of an Outcome is used.


class Reply(Generic[R]):
    """An answer that is given later: the ask stays open after its handler has returned, and keeps its deadline.

    It is given once; a second time raises `AlreadyReplied`. When the asker has gone meanwhile the answer is dropped.
    """

    __slots__ = ("_envelope", "_given")

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._given = False

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for the answer."""
        return self._envelope.open and self._envelope.asks

    def reply(self, value: R) -> None:
        """Answer the ask."""
        self._give()
        self._envelope.reply(value)

    def fail(self, error: Exception) -> None:
        """Answer the ask with an exception, which the asker's `ask` raises."""
        self._give()
        self._envelope.fail(error)

    def _give(self) -> None:
        if self._given:
            raise AlreadyReplied("this ask has had its answer")
        self._given = True
