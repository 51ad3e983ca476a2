"""The tree: what actors' cells and supervisors have in common."""

import enum
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import trio

from supervisor.policy import Reason
from supervisor.spec import NodeSpec, SupervisorSpec

if TYPE_CHECKING:
    from supervisor.runtime import Runtime
    from supervisor.timers import Timer

EVENTS_KEPT = 16  # Of each node, the last events an operator can look at.


class Status(enum.Enum):
    """What a node of the tree is doing."""

    STARTING = "starting"
    RUNNING = "running"
    PASSIVE = "passive"  # Without a task; its next message brings one.
    STOPPING = "stopping"
    RESTARTING = "restarting"  # Ended, and about to be started again; its mailbox is kept.
    STOPPED = "stopped"
    FAILED = "failed"  # Quarantined.


UP = frozenset({Status.RUNNING, Status.PASSIVE})
DOWN = frozenset({Status.RESTARTING, Status.STOPPED, Status.FAILED})
SETTLED = UP | {Status.STOPPED, Status.FAILED}


class Node:
    """One place in the tree, known by its path."""

    __slots__ = (
        "__weakref__",
        "attempt",
        "back_at_s",
        "changed",
        "dynamic",
        "events",
        "failure",
        "failures",
        "name",
        "operation",
        "parent",
        "path",
        "paused",
        "restarts",
        "retry",
        "runtime",
        "status",
    )
    spec: NodeSpec

    def __init__(self, runtime: "Runtime", parent: "SupervisorNode | None", name: str, *, dynamic: bool) -> None:
        self.runtime = runtime
        self.parent = parent
        self.name = name
        self.path: str = f"{parent.path.rstrip('/')}/{name}" if parent is not None else "/"
        self.dynamic = dynamic  # Forgotten when it has ended, unlike the children that the supervisor's spec names.
        self.status = Status.STOPPED
        self.paused: bool = parent is not None and parent.paused
        self.changed: trio.Event | None = None
        self.operation: trio.CancelScope | None = (
            None  # Of the task that stops or starts this node, while there is one.
        )
        self.retry: Timer | None = None  # The restart that waits for its backoff.
        self.attempt = -1  # Counts restarts for the backoff.
        self.back_at_s = float("-inf")  # When the last of them was due, after its backoff.
        self.failures: tuple[tuple[float, Exception], ...] = ()  # Those that still count against a limit of its own.
        self.failure: Exception | None = None  # Why it is quarantined.
        self.restarts = 0
        self.events: tuple[tuple[float, str], ...] = ()

    def become(self, status: Status) -> None:
        """Change the status and tell who waits for that."""
        self.status = status
        if self.changed is not None:
            self.changed.set()
            self.changed = None
        parent = self.parent
        if parent is not None and parent.awaited is self and status in SETTLED:
            self.runtime.settled(parent)

    def note(self, event: str) -> None:
        """Keep an event for the operator. Only rare events are noted, so a healthy actor keeps none."""
        self.events = (*self.events[-EVENTS_KEPT + 1 :], (self.runtime.now(), event))

    async def wait_until(self, predicate: Callable[["Node"], bool]) -> None:
        """Wait for a change of status after which the predicate holds.

        A waiter that is cancelled after the change, but before it runs again, is cancelled: a superseded operation must
        not go on.
        """
        while not predicate(self):
            if self.changed is None:
                self.changed = trio.Event()
            await self.changed.wait()
            await trio.lowlevel.checkpoint_if_cancelled()

    async def wait_for(self, statuses: frozenset[Status]) -> Status:
        """Wait until the status is one of these, and return it."""
        await self.wait_until(lambda node: node.status in statuses)
        return self.status


class SupervisorNode(Node):
    """A supervisor: a place in the tree with children in starting order. It has no task; see `Supervision`."""

    __slots__ = ("awaited", "child_failures", "children", "halting", "spec", "unstarted")

    def __init__(
        self, runtime: "Runtime", parent: "SupervisorNode | None", spec: SupervisorSpec, *, dynamic: bool
    ) -> None:
        super().__init__(runtime, parent, spec.name, dynamic=dynamic)
        self.spec: SupervisorSpec = spec
        self.children: dict[str, Node] = {}
        self.halting: Reason | None = None  # Why it is on its way down.
        self.child_failures: tuple[tuple[float, Node, Exception], ...] = ()
        self.unstarted: Iterator[Node] | None = None  # While it starts: the children whose turn comes later.
        self.awaited: Node | None = None  # The one whose turn it is, and that is not up yet.
