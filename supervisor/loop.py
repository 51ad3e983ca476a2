"""The loop of an actor's task: take a message, handle it, wait. This is the hot path of the runtime."""

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import trio

from supervisor.actor import Actor
from supervisor.current import correlation_id, current_cell
from supervisor.envelope import Envelope
from supervisor.errors import Refusal, UnhandledMessage
from supervisor.node import Status
from supervisor.policy import Exit, Reason

if TYPE_CHECKING:
    from supervisor.cell import Cell

BATCH = 64  # Messages handled without a break before other tasks get their turn.


class End(enum.Enum):
    """Why the loop came to its end."""

    DETACHED = "detached"  # The cell was stopped while idle and has nothing to do with this task any more.
    PASSIVE = "passive"
    STOPPED = "stopped"


async def run(cell: "Cell") -> None:
    """Be the task of an actor. Only what must end the whole system leaves it as an exception."""
    current_cell.set(cell)
    scope = cell.scope
    assert scope is not None
    end = End.STOPPED
    cause: Exception | None = None
    try:
        with scope:
            end = await _serve(cell)
    except trio.Cancelled:
        if cell.runtime.nursery.cancel_scope.cancel_called:
            raise
        cause = RuntimeError("the actor raised a cancellation that was not its own")
    except Exception as exc:  # noqa: BLE001 - whatever escapes an actor is its crash, and never that of the nursery
        cause = exc
    if end is End.DETACHED:
        return
    cause = cell.injected or cause
    if cause is not None:
        cell.end(Exit(Reason.CRASHED, cause))
    elif scope.cancelled_caught:
        cell.end(Exit(Reason.KILLED))
    elif end is End.PASSIVE:
        cell.scope = None
    else:
        cell.end(Exit(cell.stopping or Reason.NORMAL))


async def _serve(cell: "Cell") -> End:  # noqa: C901, PLR0912 - one flat loop: each further call would cost every message
    actor = cell.actor or await _begin(cell)
    handlers = actor._handlers  # noqa: SLF001 - the table is private to the runtime, of which this is the heart
    now = cell.runtime.now
    carried: str | None = None
    budget = BATCH
    while True:
        if cell.attention:
            if cell.stopping is not None:
                await actor.stopped(cell.stopping)
                return End.STOPPED
            _serve_control(cell, actor)
        mailbox = cell.mailbox
        if mailbox is None or not mailbox.queue or cell.paused:
            if cell.may_rest():
                return End.PASSIVE
            cell.idle_task = trio.lowlevel.current_task()
            if await trio.lowlevel.wait_task_rescheduled(cell.abort_idle):
                return End.DETACHED
            budget = BATCH
            continue
        envelope = mailbox.take()
        if not envelope.open or (envelope.asks and envelope.deadline <= now()):
            _skip(cell, envelope)
            continue
        message = envelope.message
        handler, is_async = handlers.get(type(message), _NO_HANDLER)
        cell.in_hand = envelope
        if cell.tracer is not None:
            cell.tracer(cell.path, message)
        if envelope.correlation_id is not carried:
            carried = envelope.correlation_id
            correlation_id.set(carried)
        try:
            value = handler(actor, message)
            if is_async:
                value = await value
        except Refusal as refusal:
            _refuse(cell, envelope, refusal)
        else:
            if not envelope.deferred:
                envelope.reply(value)
            cell.handled += 1
        cell.in_hand = None
        budget -= 1
        if not budget:
            budget = BATCH
            await trio.lowlevel.checkpoint()


async def _begin(cell: "Cell") -> Actor:
    cell.become(Status.STARTING)
    actor = cell.spec.factory()
    cell.runtime.equip(actor, cell)
    cell.actor = actor
    await actor.started()
    if cell.stopping is None:
        cell.become(Status.RUNNING)
    return actor


class _NoHandler(Refusal):
    """Leaves the loop's one call of a handler where the actor has none."""


def _unhandled(_actor: Actor, _message: object) -> None:
    raise _NoHandler


_NO_HANDLER: tuple[Callable[[Any, Any], Any], bool] = (_unhandled, False)


def _skip(cell: "Cell", envelope: Envelope) -> None:
    cell.skipped += 1
    if envelope.open:
        envelope.expire()


def _refuse(cell: "Cell", envelope: Envelope, refusal: Refusal) -> None:
    unhandled = isinstance(refusal, _NoHandler)
    cell.skipped += unhandled
    cell.handled += not unhandled
    if envelope.asks:
        envelope.fail(UnhandledMessage(cell.path, envelope.message) if unhandled else refusal)
    else:
        cell.runtime.bury(cell.path, envelope.message, "unhandled" if unhandled else f"refused: {refusal!r}")


def _serve_control(cell: "Cell", actor: Actor) -> None:
    while cell.control:
        question = cell.control.popleft()
        if question.open:
            _answer(question, actor)
    cell.attention = cell.stopping is not None


def _answer(question: Envelope, actor: Actor) -> None:
    """Answer a question of the control lane; an error goes to who asked and does the actor no harm."""
    assert callable(question.message)
    try:
        question.reply(question.message(actor))
    except Exception as exc:  # noqa: BLE001 - whatever it is, the operator asked for it
        question.fail(exc)
