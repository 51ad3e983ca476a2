"""The cell of an actor: all of it that outlives its task and its crashes."""

import enum
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import trio

from supervisor.actor import Actor
from supervisor.envelope import WAKE, Envelope, Woken, correlation_id
from supervisor.errors import (
    ActorFailed,
    ActorStopped,
    Displaced,
    MailboxFull,
    Refusal,
    SupervisorError,
    UnhandledMessage,
)
from supervisor.mailbox import Mailbox
from supervisor.message import Terminated
from supervisor.node import Node, Status, SupervisorNode
from supervisor.policy import Exit, Reason
from supervisor.spec import ChildSpec
from supervisor.timers import Timer

if TYPE_CHECKING:
    from supervisor.runtime import Runtime

BATCH = 64  # Messages handled without a break before other tasks get their turn.

current_cell: ContextVar["Cell | None"] = ContextVar("current_cell", default=None)
"""The cell whose handler runs; None outside actors and in the tasks that actors start."""

_DETACH: Any = Woken(value=True)
_NO_WAITS: list[Envelope] = []


class _End(enum.Enum):
    """Why the loop of an actor's task came to its end."""

    DETACHED = "detached"  # The cell was stopped while idle and has nothing to do with this task any more.
    PASSIVE = "passive"
    STOPPED = "stopped"


class Cell(Node):
    """Mailbox, envelope in hand, counters, and the actor's instance and task while it has them."""

    __slots__ = (
        "_active_at_s",
        "_control",
        "_idle",
        "_injected",
        "_passivation",
        "_pending_exit",
        "_scope",
        "actor",
        "attention",
        "closed",
        "deferred",
        "handled",
        "in_hand",
        "mailbox",
        "skipped",
        "spec",
        "stopping",
        "tasks",
        "timers",
        "tracer",
        "waits",
        "watchers",
    )

    def __init__(self, runtime: "Runtime", parent: SupervisorNode, spec: ChildSpec, *, dynamic: bool) -> None:
        super().__init__(runtime, parent, spec.name, dynamic=dynamic)
        self.spec: ChildSpec = spec
        self.closed = True
        self.attention = False  # Something rarer than a message wants a look: control lane, pause, stop.
        self.actor: Actor | None = None
        self.mailbox: Mailbox | None = None
        self.in_hand: Envelope | None = None
        self.stopping: Reason | None = None
        self.handled = 0
        self.skipped = 0
        self.waits: list[Envelope] = _NO_WAITS  # The edges of the wait-for graph that begin here.
        self.watchers: dict[Cell, None] | None = None
        self.tasks: set[trio.CancelScope] | None = None
        self.timers: set[Timer] | None = None
        self.deferred: dict[Envelope, None] | None = None
        self.tracer: Callable[[str, object], None] | None = None
        self._control: deque[Envelope] | None = None
        self._idle: trio.lowlevel.Task | None = None  # The actor's task, while it waits for a message.
        self._scope: trio.CancelScope | None = None  # There while the actor has a task.
        self._injected: Exception | None = None
        self._pending_exit: Exit | None = None
        self._passivation: Timer | None = None
        self._active_at_s = 0.0

    # Messages in

    def post(self, envelope: Envelope, *, may_wait: bool = False, force: bool = False) -> None:
        """Queue a message and wake the actor.

        Raises `MailboxFull`; for an ask also `ActorFailed` or `ActorStopped` when nobody is there to handle it.
        """
        if self.closed:
            self._turn_away(envelope)
            return
        mailbox = self.mailbox
        if mailbox is None:
            mailbox = self.mailbox = Mailbox(self.spec.mailbox)
        loser = mailbox.offer(envelope, may_wait=may_wait, force=force)
        if loser is not None:
            self._displace(loser, envelope)
        if (idle := self._idle) is not None:
            self._idle = None
            trio.lowlevel.reschedule(idle, WAKE)
        elif self.status is Status.PASSIVE and not self.paused:
            self.activate()

    def post_control(self, envelope: Envelope) -> None:
        """Queue a question that is answered between two messages, before those that wait, paused or not."""
        if self._control is None:
            self._control = deque()
        self._control.append(envelope)
        self.attention = True

    def _displace(self, loser: Envelope, newcomer: Envelope) -> None:
        if loser is newcomer:
            raise MailboxFull(self.path)
        self.skipped += 1
        if loser.asks:
            loser.fail(Displaced(self.path))
        elif not hasattr(loser.message, "mailbox_key"):
            self.runtime.bury(self.path, loser.message, "displaced by a newer message")
        loser.open = False

    def _turn_away(self, envelope: Envelope) -> None:
        if envelope.asks:
            raise self._absence()
        self.runtime.bury(self.path, envelope.message, self.status.value)

    def _absence(self) -> SupervisorError:
        return ActorStopped(self.path) if self.failure is None else ActorFailed(self.path, self.failure)

    # The task

    def activate(self) -> None:
        """Give the actor a task."""
        if self.actor is None:
            self.become(Status.STARTING)
        else:
            self.become(Status.RUNNING)
        self._scope = trio.CancelScope()
        self.runtime.spawn(self._run, name=self.path)

    async def _run(self) -> None:
        current_cell.set(self)
        scope = self._scope
        assert scope is not None
        end = _End.STOPPED
        cause: Exception | None = None
        try:
            with scope:
                end = await self._serve()
        except Exception as exc:  # noqa: BLE001 - whatever escapes an actor is its crash, and never that of the nursery
            cause = exc
        if end is _End.DETACHED:
            return
        cause = self._injected or cause
        if cause is not None:
            self._ended(Exit(Reason.CRASHED, cause))
        elif scope.cancelled_caught:
            self._ended(Exit(Reason.KILLED))
        elif end is _End.PASSIVE:
            self._scope = None
        else:
            self._ended(Exit(self.stopping or Reason.NORMAL))

    async def _serve(self) -> _End:
        if self.actor is None:
            await self._begin()
        actor = self.actor
        assert actor is not None
        handlers = actor._handlers  # noqa: SLF001 - the table is private to the runtime, of which this is the heart
        now = self.runtime.now
        budget = BATCH
        while True:
            if self.attention:
                if self.stopping is not None:
                    await actor.stopped(self.stopping)
                    return _End.STOPPED
                self._serve_control(actor)
            if self.paused or self.mailbox is None or not self.mailbox.queue:
                if self._may_rest():
                    return _End.PASSIVE
                self._idle = trio.lowlevel.current_task()
                if await trio.lowlevel.wait_task_rescheduled(self._abort_idle):
                    return _End.DETACHED
                budget = BATCH
                continue
            envelope = self.mailbox.take()
            if not envelope.open or envelope.deadline <= now():
                self._skip(envelope)
                continue
            self.in_hand = envelope
            message = envelope.message
            if self.tracer is not None:
                self.tracer(self.path, message)
            if envelope.correlation_id is not correlation_id.get():
                correlation_id.set(envelope.correlation_id)
            try:
                handler, is_async = handlers[type(message)]
            except KeyError:
                self._unhandled(envelope)
                continue
            try:
                value = handler(actor, message)
                if is_async:
                    value = await value
            except Refusal as refusal:
                self._refused(envelope, refusal)
            else:
                if not envelope.deferred:
                    envelope.reply(value)
            self.in_hand = None
            self.handled += 1
            budget -= 1
            if not budget:
                budget = BATCH
                await trio.lowlevel.checkpoint()

    async def _begin(self) -> None:
        self.become(Status.STARTING)
        actor = self.spec.factory()
        self.runtime.equip(actor, self)
        self.actor = actor
        await actor.started()
        self.become(Status.RUNNING)

    def _serve_control(self, actor: Actor) -> None:
        while self._control:
            question = self._control.popleft()
            if question.open:
                self.answer(question, actor)
        self.attention = self.stopping is not None

    @staticmethod
    def answer(question: Envelope, actor: Actor) -> None:
        """Answer a question of the control lane; an error goes to who asked and does the actor no harm."""
        assert callable(question.message)
        try:
            question.reply(question.message(actor))
        except Exception as exc:  # noqa: BLE001 - whatever it is, the operator asked for it
            question.fail(exc)

    def _abort_idle(self, _raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        self._idle = None
        return trio.lowlevel.Abort.SUCCEEDED

    def _skip(self, envelope: Envelope) -> None:
        self.skipped += 1
        if envelope.open:
            envelope.expire()

    def _unhandled(self, envelope: Envelope) -> None:
        self.in_hand = None
        self.skipped += 1
        if envelope.asks:
            envelope.fail(UnhandledMessage(self.path, envelope.message))
        else:
            self.runtime.bury(self.path, envelope.message, "unhandled")

    def _refused(self, envelope: Envelope, refusal: Refusal) -> None:
        if envelope.asks:
            envelope.fail(refusal)
        else:
            self.runtime.bury(self.path, envelope.message, f"refused: {refusal!r}")

    # Rest

    def wake(self) -> None:
        """Look at the mailbox again, after a pause."""
        if (idle := self._idle) is not None:
            self._idle = None
            trio.lowlevel.reschedule(idle, WAKE)
        elif self.status is Status.PASSIVE and self.mailbox:
            self.activate()

    @property
    def idle(self) -> bool:
        """Whether no code of the actor's own task is under way, so that its state is consistent."""
        return self._scope is None or self._idle is not None

    def _may_rest(self) -> bool:
        limit_s = self.spec.passivate_after_s
        if limit_s is None:
            return False
        if limit_s <= 0:
            self._rest()
            return True
        self._active_at_s = self.runtime.now()
        if self._passivation is None:
            self._passivation = Timer(self._rest_if_idle)
            self.runtime.deadlines.push(self._active_at_s + limit_s, self._passivation)
        return False

    def _rest_if_idle(self, _timer: Timer) -> None:
        self._passivation = None
        limit_s = self.spec.passivate_after_s
        if self._idle is None or limit_s is None:
            return
        rest_at_s = self._active_at_s + limit_s
        if rest_at_s <= self.runtime.now():
            self._detach()
            self._rest()
        else:
            self._passivation = Timer(self._rest_if_idle)
            self.runtime.deadlines.push(rest_at_s, self._passivation)

    def _rest(self) -> None:
        if not self.mailbox:
            self.mailbox = None
        self.become(Status.PASSIVE)

    def _detach(self) -> None:
        """Let the idle task end by itself, without the cost of a cancellation."""
        assert self._idle is not None
        idle, self._idle = self._idle, None
        self._scope = None
        trio.lowlevel.reschedule(idle, _DETACH)

    # Beginning and end

    def open(self) -> None:
        """Start, or start again: with a task, or passive until the first message."""
        self.closed = False
        self.failure = None
        self.stopping = None
        self.retry = None
        if not self.spec.start_passive or self.mailbox:
            self.activate()
        else:
            self.become(Status.PASSIVE)

    def begin_stop(self, reason: Reason) -> bool:
        """Ask the actor to end after the message in hand. Returns whether it has ended already."""
        self.stopping = reason
        if self.status in {Status.RESTARTING, Status.STOPPED, Status.FAILED}:
            return True
        if self.status is Status.STOPPING:
            return False
        simple = self.actor is None or type(self.actor).stopped is Actor.stopped
        if self._scope is None and simple:
            return self._ended(Exit(reason))
        if self._idle is not None and simple:
            self._detach()
            return self._ended(Exit(reason))
        self.attention = True
        if self._scope is None:
            self.activate()
        elif self._idle is not None:
            idle, self._idle = self._idle, None
            trio.lowlevel.reschedule(idle, WAKE)
        self.become(Status.STOPPING)
        return False

    def kill(self) -> None:
        """Cancel what the actor is doing; its time to stop is over."""
        if self._scope is not None:
            self._scope.cancel()
        for scope in self.tasks or ():
            scope.cancel()

    def _ended(self, exited: Exit) -> bool:
        """Settle what the ended run leaves behind. Returns whether nothing of it is left running."""
        self._scope = None
        self._injected = None
        error = self._end_error(exited)
        if self.in_hand is not None:
            self._settle_in_hand(self.in_hand, error, exited)
        for envelope in tuple(self.deferred or ()):
            envelope.fail(error)
        self.deferred = None
        for question in self._control or ():
            question.fail(error)
        self._control = None
        for timer in self.timers or ():
            timer.cancel()
        self.timers = None
        if self._passivation is not None:
            self._passivation.cancel()
            self._passivation = None
        if self.tasks:
            self._pending_exit = exited
            self.become(Status.STOPPING)
            for scope in self.tasks:
                scope.cancel()
            return False
        self._exited(exited)
        return True

    def _end_error(self, exited: Exit) -> SupervisorError:
        return ActorStopped(self.path) if exited.cause is None else ActorFailed(self.path, exited.cause)

    def _settle_in_hand(self, envelope: Envelope, error: SupervisorError, exited: Exit) -> None:
        self.in_hand = None
        if envelope.asks:
            envelope.fail(error)
        else:
            self.runtime.bury(self.path, envelope.message, exited.reason.value)

    def _exited(self, exited: Exit) -> None:
        self._pending_exit = None
        self.actor = None
        self.attention = False
        self.waits = _NO_WAITS
        self.runtime.exited(self, exited)

    def close(self, status: Status, exited: Exit) -> None:
        """End for good, or until someone restarts it: empty the mailbox, tell the watchers."""
        self.closed = True
        mailbox, self.mailbox = self.mailbox, None
        for envelope in mailbox or ():
            self._return_to_sender(envelope)
        self.become(status)
        watchers, self.watchers = self.watchers, None
        notice = Terminated(self.path, exited, quarantined=status is Status.FAILED)
        for watcher in watchers or ():
            watcher.notify(notice)

    def _return_to_sender(self, envelope: Envelope) -> None:
        if not envelope.open:
            return
        if envelope.asks:
            envelope.fail(self._absence())
        elif envelope.task is not None:
            envelope.reply(None)
            self.runtime.bury(self.path, envelope.message, "stopped")
        else:
            self.runtime.bury(self.path, envelope.message, "stopped")

    # What belongs to the actor

    def notify(self, message: object) -> None:
        """Queue a message of the runtime's own or of a timer, which a full mailbox does not keep out."""
        self.post(Envelope(message, self, float("inf"), None, asks=False), force=True)

    def watch(self, target: "Cell") -> None:
        """Be told when the target ends for good or is quarantined."""
        if target.closed:
            exited = Exit(Reason.CRASHED, target.failure) if target.failure else Exit(Reason.NORMAL)
            self.notify(Terminated(target.path, exited, quarantined=target.failure is not None))
            return
        if target.watchers is None:
            target.watchers = {}
        target.watchers[self] = None

    def forget_deferred(self, envelope: Envelope) -> None:
        """Drop an ask that has had its deferred answer."""
        if self.deferred is not None:
            self.deferred.pop(envelope, None)

    def tell_later(self, delay_s: float, message: object) -> Timer:
        """Queue a message after a delay; the end of the actor's run calls it off."""

        def due(timer: Timer) -> None:
            if self.timers is not None:
                self.timers.discard(timer)
            self.notify(message)

        timer = Timer(due)
        if self.timers is None:
            self.timers = set()
        self.timers.add(timer)
        self.runtime.deadlines.push(self.runtime.now() + delay_s, timer)
        return timer

    def start_task(self, async_fn: Callable[..., Awaitable[object]], args: tuple[Any, ...]) -> trio.CancelScope:
        """Run a task that ends with the actor, and whose crash is the actor's."""
        scope = trio.CancelScope()
        if self.tasks is None:
            self.tasks = set()
        self.tasks.add(scope)
        name = f"{self.path} {getattr(async_fn, '__name__', async_fn)}"
        self.runtime.nursery.start_soon(self._run_task, scope, async_fn, args, name=name)
        return scope

    async def _run_task(
        self, scope: trio.CancelScope, async_fn: Callable[..., Awaitable[object]], args: tuple[Any, ...]
    ) -> None:
        current_cell.set(None)
        cause: Exception | None = None
        try:
            with scope:
                await async_fn(*args)
        except Exception as exc:  # noqa: BLE001 - it is the actor's crash, never that of the nursery
            cause = exc
        assert self.tasks is not None
        self.tasks.discard(scope)
        if self._pending_exit is not None:
            if cause is not None:
                self.note(f"a task crashed while it was stopped: {cause!r}")
            if not self.tasks:
                self._exited(self._pending_exit)
        elif cause is not None:
            self._crash(cause)

    def _crash(self, cause: Exception) -> None:
        if self._scope is None:
            self._ended(Exit(Reason.CRASHED, cause))
        else:
            self._injected = self._injected or cause
            self._scope.cancel()
