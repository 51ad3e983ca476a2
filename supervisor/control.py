"""The operator's verbs, after OTP's `sys`: look at the tree, pause, resume, stop, restart, trace."""

from collections.abc import Mapping, Sequence

import trio
from attrs import frozen

from supervisor import registry, waits
from supervisor.actor import Actor
from supervisor.cell import Cell
from supervisor.current import correlation_id
from supervisor.deadletters import DeadLetter
from supervisor.envelope import Envelope
from supervisor.errors import ActorFailed, ActorStopped
from supervisor.node import SETTLED, Node, Status, SupervisorNode
from supervisor.policy import Reason
from supervisor.runtime import Runtime
from supervisor.supervision import Supervision


@frozen
class NodeView:
    """A node of the tree and all below it."""

    path: str
    kind: str
    status: Status
    paused: bool
    children: tuple["NodeView", ...] = ()


@frozen
class NodeInfo:
    """What is known of one node; `events` holds the last rare events as (time in s, what happened)."""

    path: str
    kind: str
    status: Status
    paused: bool
    dynamic: bool
    restart: str
    strategy: str | None
    children: int
    queued: int
    in_hand: str | None
    tasks: int
    timers: int
    failure: str | None
    events: tuple[tuple[float, str], ...]


@frozen
class NodeStats:
    """Counters since the cell was made, of one actor or summed over a subtree."""

    actors: int
    passive: int
    failed: int
    handled: int
    skipped: int
    queued: int
    restarts: int


@frozen
class Traced:
    """One event of a trace: the actor takes a message in hand."""

    at_s: float
    path: str
    message: object


class Control:
    """The verbs. Each takes a path and raises `NoSuchActor`; those that change something work on the whole subtree."""

    def __init__(self, runtime: Runtime, supervision: Supervision) -> None:
        self._runtime = runtime
        self._supervision = supervision

    def tree(self, path: str = "/") -> NodeView:
        """Show the subtree with the status of each node."""
        return _view(self._node(path))

    def info(self, path: str) -> NodeInfo:
        """Show what is known of one node."""
        node = self._node(path)
        cell = node if isinstance(node, Cell) else None
        supervisor = node if isinstance(node, SupervisorNode) else None
        return NodeInfo(
            path=node.path,
            kind=_kind(node),
            status=node.status,
            paused=node.paused,
            dynamic=node.dynamic,
            restart=node.spec.restart.value,
            strategy=supervisor.spec.strategy.value if supervisor else None,
            children=len(supervisor.children) if supervisor else 0,
            queued=len(cell.mailbox or ()) if cell else 0,
            in_hand=type(cell.in_hand.message).__name__ if cell and cell.in_hand else None,
            tasks=len(cell.tasks or ()) if cell else 0,
            timers=len(cell.timers or ()) if cell else 0,
            failure=repr(node.failure) if node.failure else None,
            events=node.events,
        )

    async def state(self, path: str, timeout_s: float | None = None) -> Mapping[str, object]:
        """Show what the actor's `inspect()` says, between two messages, also while it is paused.

        Empty for an actor that has no instance yet. Raises `ActorStopped`, `ActorFailed`, `AskTimeout`, and whatever
        `inspect` raises.
        """
        await trio.lowlevel.checkpoint()
        cell = self._node(path)
        if not isinstance(cell, Cell):
            return {}
        if cell.closed:
            raise ActorStopped(path) if cell.failure is None else ActorFailed(path, cell.failure)
        if cell.idle:
            return {} if cell.actor is None else dict(cell.actor.inspect())
        limit_s = self._runtime.ask_timeout_s if timeout_s is None else timeout_s
        deadline = self._runtime.now() + limit_s
        question = Envelope(_inspect, cell, deadline, correlation_id.get(), asks=True)
        cell.post_control(question)
        question.task = trio.lowlevel.current_task()
        self._runtime.deadlines.push(deadline, question)
        answer: Mapping[str, object] = await trio.lowlevel.wait_task_rescheduled(question.abandon)
        return answer

    def pause(self, path: str) -> None:
        """Let the actors rest after the message in hand; their mailboxes go on filling.

        Actors that are started below the path meanwhile are paused, too.
        """
        for node in self._supervision.subtree(self._node(path)):
            if not node.paused:
                node.paused = True
                node.note("paused")

    def resume(self, path: str) -> None:
        """Let the actors go on, also where something above them is still paused."""
        for node in self._supervision.subtree(self._node(path)):
            if node.paused:
                node.paused = False
                node.note("resumed")
                if isinstance(node, Cell):
                    node.wake()

    async def stop(self, path: str) -> None:
        """Stop in order and wait for the end. What the tree's spec names can be restarted, the rest is forgotten."""
        node = self._node(path)
        await self._supervision.operate(node, self._supervision.halt_in_operation, node, Reason.SHUTDOWN).wait()

    async def restart(self, path: str) -> Status:
        """Stop in order and start again, with fresh instances and old mailboxes; revives what has stopped or failed.

        Waits until it is up, or has ended again, and returns the status. Raises `ActorStopped` for the root, and where
        the supervisor above is not up.
        """
        node = self._node(path)
        if node.parent is None or node.parent.status not in {Status.STARTING, Status.RUNNING}:
            raise ActorStopped(path if node.parent is None else node.parent.path)
        node.failures = ()
        node.attempt = -1
        await self._supervision.operate(node, self._restart, node).wait()
        return await node.wait_for(SETTLED)

    async def _restart(self, node: Node) -> None:
        await self._supervision.halt_in_operation(node, Reason.RESTART)
        node.operation = None
        self._supervision.start(node)

    def trace(self, path: str, *, on: bool = True) -> str:
        """Publish a `Traced` event for each message that is handled at or below the path; returns the topic."""
        topic = f"supervisor.trace{path}"

        def tracer(actor_path: str, message: object) -> None:
            self._runtime.bus.publish(topic, Traced(self._runtime.now(), actor_path, message))

        for node in self._supervision.subtree(self._node(path)):
            if isinstance(node, Cell):
                node.tracer = tracer if on else None
        return topic

    def stats(self, path: str = "/") -> NodeStats:
        """Sum the counters of the subtree."""
        cells = [node for node in self._supervision.subtree(self._node(path)) if isinstance(node, Cell)]
        return NodeStats(
            actors=len(cells),
            passive=sum(cell.status is Status.PASSIVE for cell in cells),
            failed=sum(cell.status is Status.FAILED for cell in cells),
            handled=sum(cell.handled for cell in cells),
            skipped=sum(cell.skipped for cell in cells),
            queued=sum(len(cell.mailbox or ()) for cell in cells),
            restarts=sum(cell.restarts for cell in cells),
        )

    def dead_letters(self) -> Sequence[DeadLetter]:
        """Give the last messages that nobody handled, oldest first."""
        return self._runtime.dead_letters.latest()

    def waits(self) -> list[tuple[str, str]]:
        """Give the edges of the wait-for graph: which actor waits for which."""
        return waits.edges(node for node in self._runtime.nodes.values() if isinstance(node, Cell))

    def _node(self, path: str) -> Node:
        return registry.node(self._runtime.nodes, path)


def _inspect(actor: Actor) -> Mapping[str, object]:
    return dict(actor.inspect())


def _kind(node: Node) -> str:
    return "supervisor" if isinstance(node, SupervisorNode) else "actor"


def _view(node: Node) -> NodeView:
    children = tuple(_view(child) for child in node.children.values()) if isinstance(node, SupervisorNode) else ()
    return NodeView(node.path, _kind(node), node.status, node.paused, children)
