"""References to actors: the only way to send them messages."""

import math
from typing import TYPE_CHECKING, Any, TypeVar, cast

import trio

from supervisor.cell import UNSTARTED, Cell
from supervisor.current import correlation_id, current_cell
from supervisor.envelope import Envelope
from supervisor.errors import AskCycle, DeadlineExceeded, NoSuchActor
from supervisor.message import Message
from supervisor.waits import refuse_cycle

if TYPE_CHECKING:
    from supervisor.runtime import Runtime

R = TypeVar("R")


class ActorRef:
    """The address of an actor, equal by path. It stays valid across restarts, and before and after the actor's life."""

    __slots__ = ("_cell", "_runtime", "path")

    def __init__(self, runtime: "Runtime", path: str, cell: Cell | None = None) -> None:
        self._runtime = runtime
        self._cell = cell
        self.path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ActorRef) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"ActorRef({self.path!r})"

    async def tell(self, message: Message[Any]) -> None:
        """Send a message, and wait for room if the mailbox is full and its policy is to block.

        The wait lasts as long as an ask would at most, then `MailboxFull` is raised; within a handler `AskCycle` is
        raised when the wait could never end. A message for nobody becomes a dead letter.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        cell = self._find()
        if cell is None:
            self._runtime.bury(self.path, message, "no such actor")
        else:
            sender = current_cell.get()
            envelope = _told(cell, message, sender)
            cell.post(envelope, may_wait=True)
            if envelope.waiting is not None:
                await self._wait_for_room(cell, envelope, sender)
                return
        await trio.lowlevel.cancel_shielded_checkpoint()

    def tell_nowait(self, message: Message[Any]) -> None:
        """Send a message. Raises `MailboxFull` where `tell` would wait or raise it."""
        cell = self._find()
        if cell is None:
            self._runtime.bury(self.path, message, "no such actor")
            return
        cell.post(_told(cell, message, current_cell.get()))

    async def ask(self, message: Message[R], timeout_s: float | None = None) -> R:
        """Send a message and wait for its reply.

        The deadline is `timeout_s` from now (without it the system's default), and never later than that of the
        message in hand. Raises what the handler refuses with, `ActorFailed` with the cause as `__cause__`,
        `ActorQuarantined` likewise when nobody has handled it, `ActorStopped`, `NoSuchActor`, `AskTimeout`,
        `DeadlineExceeded`, `MailboxFull`, `Displaced`, `UnhandledMessage` or `AskCycle`. Cancelling the wait gives the
        ask up; a handler that has begun is not disturbed.
        """
        cell = self._find()
        if cell is None:
            raise NoSuchActor(self.path)
        runtime = self._runtime
        now = runtime.now()
        deadline = now + (runtime.ask_timeout_s if timeout_s is None else timeout_s)
        sender = current_cell.get()
        in_hand = None if sender is None else sender.in_hand
        if in_hand is None:
            correlation = correlation_id.get()
        else:
            correlation = in_hand.correlation_id
            deadline = min(deadline, in_hand.deadline)
        if not now < deadline < math.inf:
            raise DeadlineExceeded(self.path)
        envelope = Envelope(message, cell, deadline, correlation, asks=True)
        if sender is not None:
            refuse_cycle(sender, cell)
        cell.post(envelope, may_wait=True)
        envelope.task = trio.lowlevel.current_task()
        runtime.deadlines.push(deadline, envelope)
        try:
            if sender is not None:
                return cast("R", await _wait_within(sender, envelope))
            return cast("R", await trio.lowlevel.wait_task_rescheduled(envelope.abandon))
        finally:
            if runtime.ask_ended is not None:
                runtime.ask_ended(cell.class_name or UNSTARTED, runtime.now() - now)

    def _find(self) -> Cell | None:
        cell = self._cell
        if cell is None or cell.closed:
            node = self._runtime.nodes.get(self.path)
            cell = self._cell = node if isinstance(node, Cell) else None
        return cell

    async def _wait_for_room(self, cell: Cell, envelope: Envelope, sender: Cell | None) -> None:
        if sender is not None:
            try:
                refuse_cycle(sender, cell)
            except AskCycle:
                envelope.give_up()
                raise
        runtime = self._runtime
        deadline = runtime.now() + runtime.ask_timeout_s
        if sender is not None and sender.in_hand is not None:
            deadline = min(deadline, sender.in_hand.deadline)
        envelope.task = trio.lowlevel.current_task()
        runtime.deadlines.push(deadline, envelope)
        if sender is not None:
            await _wait_within(sender, envelope)
        else:
            await trio.lowlevel.wait_task_rescheduled(envelope.abandon)


def _told(cell: Cell, message: object, sender: Cell | None) -> Envelope:
    in_hand = None if sender is None else sender.in_hand
    correlation = correlation_id.get() if in_hand is None else in_hand.correlation_id
    return Envelope(message, cell, math.inf, correlation, asks=False)


async def _wait_within(sender: Cell, envelope: Envelope) -> object:
    """Wait as an edge of the wait-for graph."""
    if sender.waits is None:
        sender.waits = []
    waits = sender.waits
    waits.append(envelope)
    try:
        return await trio.lowlevel.wait_task_rescheduled(envelope.abandon)
    finally:
        waits.remove(envelope)
        if not waits:
            sender.waits = None
