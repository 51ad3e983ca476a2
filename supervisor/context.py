"""What an actor can ask of the runtime, as `self.ctx`."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

import trio

from supervisor import belongings
from supervisor.cell import Cell
from supervisor.envelope import Reply
from supervisor.message import Message
from supervisor.policy import Reason
from supervisor.ref import ActorRef
from supervisor.spec import NodeSpec
from supervisor.timers import Timer

if TYPE_CHECKING:
    from supervisor.system import ActorSystem

R = TypeVar("R")
Args = TypeVarTuple("Args")


class Context:
    """The actor's own view of the system it lives in."""

    __slots__ = ("_cell", "system")

    def __init__(self, cell: Cell, system: "ActorSystem") -> None:
        self._cell = cell
        self.system = system

    @property
    def path(self) -> str:
        """The actor's path."""
        return self._cell.path

    @property
    def self_ref(self) -> ActorRef:
        """A ref to this actor, to give to others."""
        return ActorRef(self._cell.runtime, self._cell.path, self._cell)

    @property
    def time_s(self) -> float:
        """The time of trio's clock, in seconds."""
        return self._cell.runtime.now()

    @property
    def deadline(self) -> float:
        """When the asker of the message in hand gives up, in trio's time; infinite for a tell."""
        in_hand = self._cell.in_hand
        return float("inf") if in_hand is None else in_hand.deadline

    @property
    def correlation_id(self) -> str | None:
        """The correlation id of the message in hand."""
        in_hand = self._cell.in_hand
        return None if in_hand is None else in_hand.correlation_id

    def ref(self, path: str) -> ActorRef:
        """Make a ref to any path."""
        return self.system.ref(path)

    def publish(self, topic: str, event: object) -> None:
        """Publish an event on the system's bus."""
        self._cell.runtime.bus.publish(topic, event)

    def defer(self) -> Reply[Any]:
        """Answer the message in hand later: return the `Reply` from the handler and use it once.

        The end of this run of the actor, by stop or crash, answers in its place.
        """
        cell = self._cell
        envelope = cell.in_hand
        if envelope is None:
            raise RuntimeError("there is no message in hand to answer later")
        envelope.deferred = True
        if envelope.asks:
            if cell.deferred is None:
                cell.deferred = {}
            cell.deferred[envelope] = None
        return Reply(envelope)

    def start_task(self, async_fn: Callable[[*Args], Awaitable[object]], *args: *Args) -> trio.CancelScope:
        """Start a task of this actor: it is cancelled when the actor ends, and its crash is the actor's.

        The returned scope cancels it earlier.
        """
        return belongings.start_task(self._cell, async_fn, args)

    def tell_later(self, delay_s: float, message: Message[Any]) -> Timer:
        """Tell oneself a message after a delay. A stop or restart calls it off. Raises `ValueError` for NaN."""
        return belongings.tell_later(self._cell, delay_s, message)

    async def start_child(self, spec: NodeSpec, supervisor: str | None = None) -> ActorRef:
        """Start a node below this actor's supervisor, or below the one at the path, and wait until it is up."""
        return await self.system.start_child(supervisor or self._supervisor_path(), spec)

    def start_child_nowait(self, spec: NodeSpec, supervisor: str | None = None) -> ActorRef:
        """Do the same without waiting."""
        return self.system.start_child_nowait(supervisor or self._supervisor_path(), spec)

    def watch(self, ref: ActorRef) -> None:
        """Receive `Terminated` when the actor ends for good or is quarantined, at once if it does not exist."""
        belongings.watch(self._cell, ref.path)

    def unwatch(self, ref: ActorRef) -> None:
        """Stop watching."""
        belongings.unwatch(self._cell, ref.path)

    def stop(self) -> None:
        """End, with reason `NORMAL`, after the message in hand."""
        if self._cell.stopping is None:
            self._cell.begin_stop(Reason.NORMAL)

    def _supervisor_path(self) -> str:
        parent = self._cell.parent
        assert parent is not None
        return parent.path
