"""What all cells of a system share."""

import contextvars
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import trio

from supervisor.bus import Bus
from supervisor.counts import ClassCount
from supervisor.deadletters import DeadLetter, DeadLetters
from supervisor.deadlines import Deadlines
from supervisor.workers import Workers

if TYPE_CHECKING:
    from supervisor.actor import Actor
    from supervisor.cell import Cell
    from supervisor.node import Node, SupervisorNode
    from supervisor.policy import Exit

ASK_TIMEOUT_S = 5.0

AskObserver = Callable[[str, float], None]
"""Is told of each ask that has ended, however it did: the class of whom was asked, and for how many seconds."""


class Runtime:
    """The services below one `ActorSystem`: nursery, time, chance, deadlines, bus, dead letters, registry."""

    def __init__(self, rng: random.Random, ask_timeout_s: float) -> None:
        self.rng = rng
        self.ask_timeout_s = ask_timeout_s
        self.ask_ended: AskObserver | None = None
        self.bus = Bus()
        self.dead_letters = DeadLetters()
        self.deadlines = Deadlines()
        self.workers = Workers()
        self.nodes: dict[str, Node] = {}
        self.cells: dict[
            Cell, None
        ] = {}  # Those among them that are actors: to walk all of these, the tree is too slow.
        self.retired: dict[str, ClassCount] = {}  # What those did that are forgotten, by class.
        self.now: Callable[[], float] = trio.current_time
        self.nursery: trio.Nursery
        self.exited: Callable[[Cell, Exit], None]
        self.settled: Callable[[SupervisorNode], None]
        self.equip: Callable[[Actor, Cell], None]
        self._context: contextvars.Context

    def open(self, nursery: trio.Nursery) -> None:
        """Run tasks in the nursery from now on, each in the context of the present caller."""
        self.nursery = nursery
        self.now = trio.lowlevel.current_clock().current_time
        self._context = contextvars.copy_context()

    def spawn(self, async_fn: Callable[..., Awaitable[object]], *args: Any, name: str) -> None:
        """Start a task that inherits nothing from the one that happens to be running."""
        self._context.run(self._start_soon, async_fn, args, name)

    def _start_soon(self, async_fn: Callable[..., Awaitable[object]], args: tuple[Any, ...], name: str) -> None:
        self.nursery.start_soon(async_fn, *args, name=name)

    def retire(self, cell: "Cell") -> None:
        """Remember what an actor did that is about to be forgotten."""
        if cell.class_name is not None:
            counted = self.retired.get(cell.class_name)
            if counted is None:
                counted = self.retired[cell.class_name] = ClassCount()
            counted.add_done(cell)

    def bury(self, path: str, message: object, reason: str) -> None:
        """Keep a message that nobody will handle as a dead letter."""
        letter = DeadLetter(self.now(), path, message, reason)
        self.dead_letters.add(letter)
        self.bus.publish("supervisor.dead_letter", letter)
