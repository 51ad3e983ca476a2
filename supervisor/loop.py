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
    """Be the task of one actor after the other. Only what must end the whole system leaves it as an exception.

    A new task costs several times as much as waking one that waits, so the task of an actor that rests is the next one
    that is woken. It ends when its scope was cancelled, which ends an actor in the midst of its work.
    """
    scope = cell.scope
    assert scope is not None
    task = trio.lowlevel.current_task()
    workers = cell.runtime.workers
    end: End
    cause: Exception | None
    try:
        with scope:
            while True:
                task.name = cell.path
                current_cell.set(cell)
                if correlation_id.get() is not None:
                    correlation_id.set(None)  # Of the last message to whom this task served before.
                end, cause = End.STOPPED, None
                try:
                    end = await serve(cell)
                except Exception as exc:  # noqa: BLE001 - whatever escapes an actor is its crash, never the nursery's
                    cause = exc
                if scope.cancel_called:
                    break
                _conclude(cell, end, cause)
                if not workers.has_room:
                    return
                cell = await workers.next_cell(scope)
    except trio.Cancelled:
        if cell.runtime.nursery.cancel_scope.cancel_called:
            raise
        cause = RuntimeError("the actor raised a cancellation that was not its own")
    except Exception as exc:  # noqa: BLE001 - of a group whose cancellations the scope has taken out
        cause = exc
    _conclude(cell, end, cause, killed=scope.cancelled_caught)


def _conclude(cell: "Cell", end: End, cause: Exception | None, *, killed: bool = False) -> None:
    """Settle with an actor whose task goes on to something else, or ends."""
    if end is End.DETACHED:
        return
    cause = cell.injected or cause
    if cause is not None:
        cell.end(Exit(Reason.CRASHED, cause))
    elif killed:
        cell.end(Exit(Reason.KILLED))
    elif end is End.PASSIVE:
        cell.scope = None
    else:
        cell.end(Exit(cell.stopping or Reason.NORMAL))


async def serve(cell: "Cell") -> End:  # noqa: C901, PLR0912, PLR0915 - one flat loop: a call would cost every message
    """Handle messages until the run ends."""
    actor = cell.actor or await _begin(cell)
    handlers = actor._handlers  # noqa: SLF001 - the table is private to the runtime, of which this is the heart
    now = cell.runtime.now
    counts = cell.counts = {} if cell.counts is None else cell.counts
    carried: str | None = None
    budget = BATCH
    began_s = now()
    is_late = False  # Whether time may have passed since then; the clock is not read for every message.
    while True:
        if cell.attention:
            if cell.stopping is not None:
                await actor.stopped(cell.stopping)
                return End.STOPPED
            _serve_control(cell, actor)
        mailbox = cell.mailbox
        if mailbox is None or not mailbox.queue or cell.paused:
            cell.busy_s += now() - began_s
            if cell.may_rest():
                return End.PASSIVE
            cell.idle_task = trio.lowlevel.current_task()
            if await trio.lowlevel.wait_task_rescheduled(cell.abort_idle):
                return End.DETACHED
            budget = BATCH
            began_s, is_late = now(), False
            continue
        envelope = mailbox.take()
        if not envelope.open or (envelope.asks and envelope.deadline <= (now() if is_late else began_s)):
            _skip(cell, envelope)
            continue
        message = envelope.message
        kind = type(message)
        handler, is_async = handlers.get(kind, _NO_HANDLER)
        cell.in_hand = envelope
        if cell.tracers:
            for tracer in cell.tracers:
                tracer(cell.path, message)
        if envelope.correlation_id is not carried:
            carried = envelope.correlation_id
            correlation_id.set(carried)
        try:
            value = handler(actor, message)
            if is_async:
                cell.in_hand_at_s = now() if is_late else began_s
                value = await value
        except Refusal as refusal:
            _refuse(cell, envelope, refusal)
        else:
            if not envelope.deferred:
                envelope.reply(value)
            try:
                counts[kind] += 1
            except KeyError:
                counts[kind] = 1
        cell.in_hand = None
        is_late = True
        budget -= 1
        if not budget:
            budget = BATCH
            cell.busy_s += now() - began_s
            await trio.lowlevel.checkpoint()
            began_s, is_late = now(), False


async def _begin(cell: "Cell") -> Actor:
    cell.become(Status.STARTING)
    actor = cell.spec.factory()
    cell.runtime.equip(actor, cell)
    cell.actor = actor
    cell.actor_class = type(actor)
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
    if unhandled:
        cell.skipped += 1
    else:
        cell.count(type(envelope.message))
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
