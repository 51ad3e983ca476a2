"""Supervision at work: carries out what `policy` decides when a child ends.

A supervisor has no task. A single restart happens on the spot or from a timer; what takes time (stopping children
in order, restarting a group) is an operation: a short-lived task, at most one per node, which a later one supersedes.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import trio
from attrs import frozen

from supervisor import policy
from supervisor.cell import Cell
from supervisor.errors import ActorExited, ActorFailures, RestartIntensityExceeded
from supervisor.node import DOWN, SETTLED, Node, Status, SupervisorNode
from supervisor.policy import Action, Exit, Reason
from supervisor.runtime import Runtime
from supervisor.spec import ChildSpec, Exceeded, NodeSpec, Restart, Strategy
from supervisor.timers import Timer

_log = logging.getLogger(__name__)

STOPS_PER_CHECKPOINT = 200  # Idle actors stop without a switch of tasks; this many in a row leave others their turn.


@frozen
class Lifecycle:
    """What befell a node; published on the bus under `supervisor.<event>`.

    The events are crashed, restarting, quarantined, stopped, escalated.
    """

    path: str
    event: str
    exit: Exit


class Supervision:
    """Starts, stops and restarts the nodes of one system."""

    def __init__(self, runtime: Runtime, on_root_failure: Callable[[RestartIntensityExceeded], None]) -> None:
        self._runtime = runtime
        self._on_root_failure = on_root_failure
        runtime.exited = self._cell_exited
        runtime.settled = self._start_next

    # Growing and pruning the tree

    def add(self, parent: SupervisorNode, spec: NodeSpec, *, dynamic: bool) -> Node:
        """Put a node in its place, not started yet."""
        node: Node
        if isinstance(spec, ChildSpec):
            node = Cell(self._runtime, parent, spec, dynamic=dynamic)
        else:
            node = SupervisorNode(self._runtime, parent, spec, dynamic=dynamic)
        parent.children[spec.name] = node
        self._runtime.nodes[node.path] = node
        if isinstance(node, Cell):
            self._runtime.cells[node] = None
        else:
            for child in node.spec.children:
                self.add(node, child, dynamic=False)
        return node

    def remove(self, node: Node) -> None:
        """Forget a node that has ended, with all below it."""
        if isinstance(node, SupervisorNode):
            for child in tuple(node.children.values()):
                self.remove(child)
        if self._runtime.nodes.pop(node.path, None) is not None and isinstance(node, Cell):
            del self._runtime.cells[node]
            self._runtime.retire(node)
        if node.parent is not None:
            node.parent.children.pop(node.name, None)

    # Starting

    def start(self, node: Node) -> None:
        """Start a node without waiting; supervisors start their children in order, each when the one before is up."""
        node.retry = None
        node.failure = None
        if isinstance(node, Cell):
            node.open()
        elif isinstance(node, SupervisorNode):
            node.halting = None  # A superseded operation may have left it.
            self._supersede(node)
            node.become(Status.STARTING)
            node.unstarted = iter(tuple(node.children.values()))
            self._start_next(node)

    def _start_next(self, supervisor: SupervisorNode) -> None:
        """Start the children whose turn it is, up to the first that is not up at once: with it this goes on."""
        supervisor.awaited = None
        for child in supervisor.unstarted or ():
            if child.status in DOWN and child.retry is None and supervisor.children.get(child.name) is child:
                self.start(child)  # Or else an operator has started it meanwhile, or stopped it for good.
            if child.status not in SETTLED:
                supervisor.awaited = child
                return
        supervisor.unstarted = None
        supervisor.become(Status.RUNNING)

    def operate(self, node: Node, async_fn: Callable[..., Awaitable[object]], *args: Any) -> trio.Event:
        """Run an operation on a node in place of the one under way. The event tells its end, complete or superseded."""
        self._supersede(node)
        scope = node.operation = trio.CancelScope()
        ended = trio.Event()
        self._runtime.spawn(self._operation, node, scope, ended, async_fn, args, name=f"operation on {node.path}")
        return ended

    @staticmethod
    def _supersede(node: Node) -> None:
        """End what is under way on a node, since something else takes its place."""
        if node.operation is not None:
            node.operation.cancel()
            node.operation = None
        if isinstance(node, SupervisorNode):
            node.awaited = None

    @staticmethod
    async def _operation(
        node: Node,
        scope: trio.CancelScope,
        ended: trio.Event,
        async_fn: Callable[..., Awaitable[object]],
        args: Sequence[Any],
    ) -> None:
        with scope:
            await trio.lowlevel.checkpoint_if_cancelled()
            await async_fn(*args)
        ended.set()
        if node.operation is scope:
            node.operation = None

    # Stopping

    async def halt(self, node: Node, reason: Reason) -> None:
        """Stop a node, children in reverse order, each within its time and then by cancellation.

        A temporary child is never kept for a restart.
        """
        if node.spec.restart is Restart.TEMPORARY:
            reason = Reason.SHUTDOWN
        self._supersede(node)
        await self.halt_in_operation(node, reason)

    async def halt_in_operation(self, node: Node, reason: Reason) -> None:
        """Do the same from within the node's own operation."""
        if node.retry is not None:
            node.retry.cancel()
            node.retry = None
        if isinstance(node, Cell):
            await self._halt_cell(node, reason)
        elif isinstance(node, SupervisorNode):
            await self._halt_supervisor(node, reason)

    async def _halt_cell(self, cell: Cell, reason: Reason) -> None:
        if cell.begin_stop(reason):
            if reason is Reason.SHUTDOWN:
                self._close(cell, Exit(reason))
            return

        def is_over(_cell: Node) -> bool:
            return cell.status in DOWN or cell.stopping is None  # Somebody may have begun the next run already.

        with trio.move_on_after(cell.spec.shutdown_s):
            await cell.wait_until(is_over)
        if not is_over(cell):
            cell.kill()
            await cell.wait_until(is_over)

    async def _halt_supervisor(self, supervisor: SupervisorNode, reason: Reason) -> None:
        failed = supervisor.status is Status.FAILED
        supervisor.halting = reason
        last_reason = await self._halt_children(supervisor)
        if last_reason is Reason.SHUTDOWN:
            self._close(supervisor, Exit(last_reason))
        elif last_reason is not None:
            supervisor.become(Status.FAILED if failed else Status.RESTARTING)

    async def _halt_children(self, supervisor: SupervisorNode) -> Reason | None:
        """Stop the children in reverse order for the reason that the supervisor is halting, and return it.

        An operation on the supervisor and one on a node above it may do so at once. The reason that came last counts,
        and whoever comes to the end first brings it about: the other one is returned None.
        """
        supervisor.become(Status.STOPPING)
        for count, child in enumerate(reversed(tuple(supervisor.children.values())), 1):
            if supervisor.halting is None:
                return None
            await self.halt(child, supervisor.halting)
            if not count % STOPS_PER_CHECKPOINT:
                await trio.lowlevel.checkpoint()
        last_reason, supervisor.halting = supervisor.halting, None
        return last_reason

    def _close(self, node: Node, exited: Exit) -> None:
        """End a node for good. Those that the tree's spec names keep their place and can be restarted by hand."""
        if node.status is not Status.STOPPED or (isinstance(node, Cell) and not node.closed):
            node.failure = None
            self._publish(node, "stopped", exited)
            if isinstance(node, Cell):
                node.close(Status.STOPPED, exited)
            else:
                node.become(Status.STOPPED)
        spec = node.spec
        if node.dynamic or spec.restart is Restart.TEMPORARY:
            self.remove(node)

    # Exits and what follows from them

    def _cell_exited(self, cell: Cell, exited: Exit) -> None:
        asked, cell.stopping = cell.stopping, None
        cell.become(Status.RESTARTING)  # Down, whatever is decided now.
        if exited.cause is not None:
            cell.note(f"crashed: {exited.cause!r}")
            _log.error("%s crashed", cell.path, exc_info=exited.cause)
            self._publish(cell, "crashed", exited)
        assert cell.parent is not None
        if Reason.SHUTDOWN in {asked, cell.parent.halting}:
            self._close(cell, exited)
        elif asked is not Reason.RESTART and self.supervised(cell):
            self._judge(cell, exited)

    @staticmethod
    def supervised(node: Node) -> bool:
        """Say whether the node still has its place, below a supervisor that is not itself on its way down."""
        parent = node.parent
        if parent is None or parent.status not in {Status.STARTING, Status.RUNNING}:
            return False
        return parent.children.get(node.name) is node

    def _judge(self, node: Node, exited: Exit) -> None:
        parent = node.parent
        assert parent is not None
        now_s = self._runtime.now()
        spec = node.spec
        own = spec.on_exceeded is Exceeded.QUARANTINE
        history = [f[0] for f in node.failures] if own else [f[0] for f in parent.child_failures]
        decision = policy.decide(parent.spec, spec, exited, history, now_s)
        if decision.action is Action.FORGET:
            for below in reversed(self.subtree(node)):  # All below a supervisor is down, and waits for its start.
                self._close(below, exited)
            return
        cause = exited.cause or ActorExited(node.path)
        oldest_s = decision.history[0]
        if own:
            node.failures = (*(f for f in node.failures if f[0] >= oldest_s), (now_s, cause))
        else:
            parent.child_failures = (*(f for f in parent.child_failures if f[0] >= oldest_s), (now_s, node, cause))
        if decision.action is Action.RESTART:
            self._restart(node, exited)
        elif decision.action is Action.QUARANTINE:
            self._quarantine(node, Exit(exited.reason, cause))
        else:
            self._escalate(parent)

    def _restart(self, node: Node, exited: Exit) -> None:
        parent = node.parent
        assert parent is not None
        node.restarts += 1
        self._publish(node, "restarting", exited)
        delay_s = self._delay_s(node)
        if parent.spec.strategy is Strategy.ONE_FOR_ONE:
            self._start_later(node, delay_s)
        else:
            # An earlier sibling is down where this takes the place of its own restart, which begins anew with it.
            first = next(child for child in parent.children.values() if child.status is Status.RESTARTING)
            names = policy.affected(parent.spec.strategy, tuple(parent.children), first.name)
            group = [parent.children[name] for name in names]
            self.operate(parent, self._restart_group, parent, node, group, delay_s)

    def _delay_s(self, node: Node) -> float:
        backoff = node.spec.backoff
        if backoff is None:
            return 0.0
        now_s = self._runtime.now()
        node.attempt = policy.attempt_next(backoff, node.attempt, now_s - node.back_at_s)
        delay_s = policy.delay_s(backoff, node.attempt, self._runtime.rng.random())
        node.back_at_s = now_s + delay_s
        return delay_s

    def _start_later(self, node: Node, delay_s: float) -> None:
        if delay_s <= 0:
            self.start(node)
            return
        node.retry = Timer(lambda _timer: self.start(node))
        self._runtime.deadlines.push(self._runtime.now() + delay_s, node.retry)

    async def _restart_group(self, parent: SupervisorNode, failed: Node, group: Sequence[Node], delay_s: float) -> None:
        group = [node for node in group if node.status not in {Status.STOPPED, Status.FAILED}]
        for node in reversed(group):
            if node is not failed:
                await self.halt(node, Reason.RESTART)
        await trio.sleep(delay_s)
        await trio.lowlevel.checkpoint_if_cancelled()  # Another operation may have taken over in the same moment.
        for node in group:
            if node.status is Status.RESTARTING:  # No operator has stopped it meanwhile, or was quicker to start it.
                self.start(node)
            await node.wait_for(SETTLED)
        if parent.status is Status.STARTING:
            self._start_next(parent)

    def _quarantine(self, node: Node, exited: Exit) -> None:
        assert exited.cause is not None
        for below in self.subtree(node):
            below.failure = exited.cause
            if isinstance(below, Cell):
                below.close(Status.FAILED, exited)
            else:
                below.become(Status.FAILED)
        node.note("quarantined")
        _log.error("%s keeps crashing and is set aside: %r", node.path, exited.cause)
        self._publish(node, "quarantined", exited)

    def _escalate(self, supervisor: SupervisorNode) -> None:
        causes: dict[Node, list[Exception]] = {}
        for _, child, cause in supervisor.child_failures:
            causes.setdefault(child, []).append(cause)
        parts: list[Exception] = []
        for child, errors in causes.items():
            parts.extend(errors if isinstance(child, SupervisorNode) else [ActorFailures(child.path, errors)])
        spec = supervisor.spec
        failure = RestartIntensityExceeded(
            f"{supervisor.path}: more than {spec.intensity} failures within {spec.period_s:g} s", parts
        )
        supervisor.child_failures = ()
        supervisor.become(Status.STOPPING)
        self.operate(supervisor, self._give_up, supervisor, failure)

    async def _give_up(self, supervisor: SupervisorNode, failure: RestartIntensityExceeded) -> None:
        supervisor.halting = Reason.RESTART
        await self._halt_children(supervisor)
        supervisor.operation = None
        supervisor.become(Status.RESTARTING)
        supervisor.note(f"gave up: {failure!r}")
        _log.error("gave up: %s", failure.message)
        exited = Exit(Reason.CRASHED, failure)
        self._publish(supervisor, "escalated", exited)
        if supervisor.parent is None:
            self._on_root_failure(failure)
        elif self.supervised(supervisor):
            self._judge(supervisor, exited)

    # Looking at the tree

    def subtree(self, node: Node) -> list[Node]:
        """List the node and all below it, parents first."""
        nodes = [node]
        for at in nodes:
            if isinstance(at, SupervisorNode):
                nodes.extend(at.children.values())
        return nodes

    def _publish(self, node: Node, event: str, exited: Exit) -> None:
        if self._runtime.bus.listened:
            self._runtime.bus.publish(f"supervisor.{event}", Lifecycle(node.path, event, exited))
