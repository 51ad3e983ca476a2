"""The cell of an actor: all of it that outlives its task and its crashes."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import trio

from supervisor.actor import Actor
from supervisor.envelope import WAKE, Envelope, Woken
from supervisor.errors import ActorFailed, ActorQuarantined, ActorStopped, Displaced, MailboxFull, SupervisorError
from supervisor.mailbox import Mailbox
from supervisor.message import Terminated
from supervisor.node import DOWN, Node, Status, SupervisorNode
from supervisor.policy import Exit, Reason
from supervisor.spec import ChildSpec, Overflow
from supervisor.timers import Timer

if TYPE_CHECKING:
    from supervisor.runtime import Runtime

UNSTARTED = "unstarted"
"""Stands for the class of actors that have had no message yet."""

_DETACH: Any = Woken(value=True)


class Cell(Node):
    """Mailbox, envelope in hand, counters, and the actor's instance and task while it has them.

    `scope` is there while the actor has a task, `idle_task` while that task waits for a message.
    """

    __slots__ = (
        "_active_at_s",
        "_passivation",
        "_pending_exit",
        "actor",
        "actor_class",
        "attention",
        "busy_s",
        "closed",
        "control",
        "counts",
        "deferred",
        "idle_task",
        "in_hand",
        "in_hand_at_s",
        "injected",
        "mailbox",
        "opened",
        "scope",
        "skipped",
        "spec",
        "stopping",
        "tasks",
        "timers",
        "tracers",
        "waits",
        "watchers",
    )

    def __init__(self, runtime: "Runtime", parent: SupervisorNode, spec: ChildSpec, *, dynamic: bool) -> None:
        super().__init__(runtime, parent, spec.name, dynamic=dynamic)
        self.spec: ChildSpec = spec
        self.closed = True  # Takes no messages.
        self.opened = False  # Has been started before.
        self.attention = False  # Something rarer than a message wants a look: the control lane, or a stop.
        self.actor: Actor | None = None
        self.actor_class: type[Actor] | None = None  # Of the last instance, which a crash takes away.
        self.mailbox: Mailbox | None = None  # Made for the first message, since most idle actors have none.
        self.control: deque[Envelope] | None = None
        self.in_hand: Envelope | None = None
        self.in_hand_at_s = 0.0  # When that was taken in hand, if its handler may wait.
        self.stopping: Reason | None = None
        self.counts: dict[type, int] | None = None  # What was handled, by type of message.
        self.busy_s = 0.0  # With a message in hand, what its handler waited for included.
        self.skipped = 0
        self.waits: list[Envelope] | None = None  # The edges of the wait-for graph that begin here.
        self.watchers: tuple[Cell, ...] = ()
        self.tasks: dict[trio.CancelScope, None] | None = None  # Dicts, unlike sets, have one order in every process.
        self.timers: dict[Timer, None] | None = None
        self.deferred: dict[Envelope, None] | None = None
        self.tracers: tuple[Callable[[str, object], None], ...] = ()
        self.scope: trio.CancelScope | None = None
        self.idle_task: trio.lowlevel.Task | None = None
        self.injected: Exception | None = None  # The crash of one of its tasks, on its way to the actor's own.
        self._pending_exit: Exit | None = None  # The end of a run whose tasks are still ending.
        self._passivation: Timer | None = None
        self._active_at_s = 0.0

    # Messages

    def post(self, envelope: Envelope, *, may_wait: bool = False, force: bool = False) -> None:
        """Queue a message and wake the actor.

        Raises `MailboxFull`; for an ask also `ActorQuarantined` or `ActorStopped` when nobody is there to handle it.
        """
        if self.closed:
            if envelope.asks:
                raise self.absence()
            self.runtime.bury(self.path, envelope.message, self.status.value)
            return
        mailbox = self.mailbox
        if mailbox is None:
            mailbox = self.mailbox = Mailbox(self.spec.mailbox)
        loser = mailbox.offer(envelope, may_wait=may_wait, force=force)
        if loser is not None:
            self._displace(loser, envelope)
        if (idle := self.idle_task) is not None and not self.paused:
            self.idle_task = None
            trio.lowlevel.reschedule(idle, WAKE)
        else:
            envelope.queued_at_s = self.runtime.now()  # The others are taken in hand at the loop's next step.
            if self.status is Status.PASSIVE and not self.paused:
                self._activate()

    def post_control(self, envelope: Envelope) -> None:
        """Queue a question that is answered between two messages, before those that wait, paused or not."""
        if self.control is None:
            self.control = deque()
        self.control.append(envelope)
        self.attention = True

    def notify(self, message: object) -> None:
        """Queue a message of the runtime's own or of a timer, which a full mailbox does not keep out."""
        self.post(Envelope(message, self, float("inf"), None, asks=False), force=True)

    @property
    def class_name(self) -> str | None:
        """The name of the actor's class, None before there was an instance."""
        return None if self.actor_class is None else self.actor_class.__name__

    @property
    def handled(self) -> int:
        """How many messages were handled."""
        return sum(self.counts.values()) if self.counts else 0

    def count(self, kind: type) -> None:
        """Count a message as handled; the loop does the same without a call."""
        if self.counts is None:
            self.counts = {}
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def absence(self) -> SupervisorError:
        """Say why nobody takes messages here."""
        return ActorStopped(self.path) if self.failure is None else ActorQuarantined(self.path, self.failure)

    def _displace(self, loser: Envelope, newcomer: Envelope) -> None:
        if loser is newcomer:
            raise MailboxFull(self.path)
        self.skipped += 1
        if loser.asks:
            loser.fail(Displaced(self.path))
        elif self.spec.mailbox.overflow is not Overflow.LATEST:
            self.runtime.bury(self.path, loser.message, "displaced by a newer message")

    # Task and rest

    @property
    def idle(self) -> bool:
        """Whether no code of the actor's own task is under way, so that its state is consistent."""
        return self.scope is None or self.idle_task is not None

    @property
    def ending(self) -> bool:
        """Whether the run has ended, but for tasks of the actor that are still ending."""
        return self._pending_exit is not None

    def wake(self) -> None:
        """Let the actor look at its mailbox."""
        if (idle := self.idle_task) is not None:
            self.idle_task = None
            trio.lowlevel.reschedule(idle, WAKE)
        elif self.status is Status.PASSIVE and self.mailbox:
            self._activate()

    def abort_idle(self, _raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        """Be cancelled while waiting for a message."""
        self.idle_task = None
        return trio.lowlevel.Abort.SUCCEEDED

    def may_rest(self) -> bool:
        """Turn passive now that there is no work, or see to it that this happens later."""
        limit_s = self.spec.passivate_after_s
        if limit_s is None:
            return False
        if limit_s <= 0:
            self._rest()
            return True
        self._active_at_s = self.runtime.now()
        if self._passivation is None:
            self._watch_rest(self._active_at_s + limit_s)
        return False

    def _watch_rest(self, at_s: float) -> None:
        self._passivation = Timer(self._rest_if_idle)
        self.runtime.deadlines.push(at_s, self._passivation)

    def _rest_if_idle(self, _timer: Timer) -> None:
        self._passivation = None
        limit_s = self.spec.passivate_after_s
        if self.idle_task is None or limit_s is None:
            return
        rest_at_s = self._active_at_s + limit_s
        if rest_at_s > self.runtime.now():
            self._watch_rest(rest_at_s)
        else:
            self._detach(self.idle_task)
            self._rest()

    def _rest(self) -> None:
        if not self.mailbox:
            self.mailbox = None
        self.become(Status.PASSIVE)

    def _activate(self) -> None:
        self.become(Status.STARTING if self.actor is None else Status.RUNNING)
        self.runtime.workers.serve(self)

    def _detach(self, idle: trio.lowlevel.Task) -> None:
        """Let the idle task end by itself, without the cost of a cancellation."""
        self.idle_task = None
        self.scope = None
        trio.lowlevel.reschedule(idle, _DETACH)

    # Beginning and end

    def open(self) -> None:
        """Start, or start again: with a task, or the first time passive until the first message."""
        first, self.opened = not self.opened, True
        self.closed = False
        self.stopping = None
        if first and self.spec.start_passive and not self.mailbox:
            self.become(Status.PASSIVE)
        else:
            self._activate()

    def begin_stop(self, reason: Reason) -> bool:
        """Ask the actor to end after the message in hand. Returns whether it has ended already."""
        self.stopping = reason
        if self.status in DOWN or self.status is Status.STOPPING:
            return self.status in DOWN
        if self.actor is None or type(self.actor).stopped is Actor.stopped:
            if self.scope is None:
                return self.end(Exit(reason))
            if self.idle_task is not None:
                self._detach(self.idle_task)
                return self.end(Exit(reason))
        self.attention = True
        if self.scope is None:
            self._activate()
        else:
            self.wake()
        self.become(Status.STOPPING)
        return False

    def kill(self) -> None:
        """Cancel what the actor is doing; its time to stop is over."""
        if self.scope is not None:
            self.scope.cancel()
        for scope in self.tasks or ():
            scope.cancel()

    def crash(self, cause: Exception) -> None:
        """Crash for a cause outside the actor's own task, which is cancelled."""
        if self.scope is None:
            self.end(Exit(Reason.CRASHED, cause))
        else:
            self.injected = self.injected or cause
            self.scope.cancel()

    def end(self, exited: Exit) -> bool:
        """Settle what the run leaves behind. Returns whether nothing of it is left running."""
        self.scope = None
        self.injected = None
        self._answer_all(exited)
        for timer in self.timers or ():
            timer.cancel()
        self.timers = None
        if self._passivation is not None:
            self._passivation.cancel()
            self._passivation = None
        self._pending_exit = exited
        if self.tasks:
            self.become(Status.STOPPING)
            for scope in self.tasks:
                scope.cancel()
        return self.end_if_alone()

    def end_if_alone(self) -> bool:
        """Complete an end that waited for the actor's tasks."""
        if self.tasks or self._pending_exit is None:
            return False
        exited, self._pending_exit = self._pending_exit, None
        self.actor = None
        self.attention = False
        self.runtime.exited(self, exited)
        return True

    def _answer_all(self, exited: Exit) -> None:
        """Tell those whom the run owes an answer that they will get none."""
        error = ActorStopped(self.path) if exited.cause is None else ActorFailed(self.path, exited.cause)
        in_hand, self.in_hand = self.in_hand, None
        if in_hand is not None and not in_hand.asks:
            self.runtime.bury(self.path, in_hand.message, exited.reason.value)
        owed = [in_hand] if in_hand is not None else []
        for envelope in (*owed, *(self.deferred or ()), *(self.control or ())):
            envelope.fail(error)
        self.deferred = None
        self.control = None

    def close(self, status: Status, exited: Exit) -> None:
        """End for good, or until someone restarts it: empty the mailbox, tell the watchers."""
        self.closed = True
        mailbox, self.mailbox = self.mailbox, None
        for envelope in tuple(mailbox or ()):
            if not envelope.open:
                continue
            if envelope.asks:
                envelope.fail(self.absence())
            else:
                envelope.reply(None)  # For a teller that waits for room.
                self.runtime.bury(self.path, envelope.message, status.value)
        self.become(status)
        watchers, self.watchers = self.watchers, ()
        for watcher in watchers:
            if not watcher.closed:
                watcher.notify(Terminated(self.path, exited, quarantined=status is Status.FAILED))
