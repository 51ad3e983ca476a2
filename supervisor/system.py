"""The actor system: a tree of supervisors and actors in one trio nursery."""

import gc
import math
import random
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import trio

from supervisor import registry
from supervisor.actor import Actor, Handlers
from supervisor.bus import Bus
from supervisor.cell import Cell
from supervisor.context import Context
from supervisor.control import Control
from supervisor.errors import ActorFailed, ActorStopped, NameTaken, NoSuchActor, RestartIntensityExceeded
from supervisor.node import SETTLED, Node, Status, SupervisorNode
from supervisor.policy import Reason
from supervisor.ref import ActorRef
from supervisor.runtime import ASK_TIMEOUT_S, AskObserver, Runtime
from supervisor.spec import NodeSpec, SupervisorSpec
from supervisor.supervision import Supervision

Around = Callable[[str, Handlers], Handlers]
"""Wraps the handlers of the actor at a path, as tracing does."""

STARTS_PER_CHECKPOINT = 200  # A mass start leaves other tasks their turn after so many.


class ActorSystem:
    """A running tree of actors. Make one with `open_system` or `run_system`."""

    def __init__(
        self,
        spec: SupervisorSpec,
        rng: random.Random,
        ask_timeout_s: float = ASK_TIMEOUT_S,
        around: Around | None = None,
    ) -> None:
        if not 0 < ask_timeout_s < math.inf:
            raise ValueError(f"every ask needs a deadline, not {ask_timeout_s}")
        self.runtime = Runtime(rng, ask_timeout_s)
        self.runtime.equip = self._equip
        self._around = around
        self.supervision = Supervision(self.runtime, self._root_failed)
        self._root = SupervisorNode(self.runtime, None, spec, dynamic=False)
        self.runtime.nodes[self._root.path] = self._root
        for child in spec.children:
            self.supervision.add(self._root, child, dynamic=False)
        self._finished = trio.Event()
        self._stopping = False
        self.was_up = False
        self.failure: RestartIntensityExceeded | None = None
        self.control = Control(self.runtime, self.supervision, self.shutdown)

    @property
    def bus(self) -> Bus:
        """The event bus."""
        return self.runtime.bus

    @property
    def root(self) -> SupervisorNode:
        """The root of the tree."""
        return self._root

    def ref(self, path: str) -> ActorRef:
        """Make a ref to a path, whether or not an actor lives there yet."""
        return ActorRef(self.runtime, path)

    def observe_asks(self, observer: AskObserver) -> None:
        """Have somebody told of each ask that ends from now on; it must be quick, as it is told within the asker."""
        self.runtime.ask_ended = observer

    def exists(self, path: str) -> bool:
        """Say whether an actor or supervisor lives at a path."""
        return path in self.runtime.nodes

    def find(self, pattern: str) -> list[ActorRef]:
        """Give the refs of the actors whose path matches: `*` for one part of a path, `**` for any number of them."""
        found = registry.find(self._root, pattern)
        return [ActorRef(self.runtime, node.path, node) for node in found if isinstance(node, Cell)]

    async def start_child(self, parent_path: str, spec: NodeSpec) -> ActorRef:
        """Start an actor or supervisor below a supervisor, and wait until it is up, restarts included.

        Raises `NameTaken`, `NoSuchActor`, and `ActorFailed` or `ActorStopped` when it ended before it was up.
        """
        ref = self.start_child_nowait(parent_path, spec)
        await self.wait_up(ref.path)
        return ref

    async def wait_up(self, path: str) -> None:
        """Wait until an actor or supervisor that was started is up, restarts included.

        Raises `NoSuchActor`, and `ActorFailed` or `ActorStopped` when it ended before it was up.
        """
        node = self.node(path)
        status = await node.wait_for(SETTLED)
        if status is Status.FAILED:
            assert node.failure is not None
            raise ActorFailed(node.path, node.failure)
        if status is Status.STOPPED:
            raise ActorStopped(node.path)

    def start_child_nowait(self, parent_path: str, spec: NodeSpec) -> ActorRef:
        """Start an actor or supervisor below a supervisor without waiting; its messages queue until it is up.

        Raises `NameTaken`, and `NoSuchActor` when there is no such supervisor or it is not up.
        """
        parent = self.runtime.nodes.get(parent_path)
        if not isinstance(parent, SupervisorNode) or parent.status not in {Status.STARTING, Status.RUNNING}:
            raise NoSuchActor(parent_path)
        if not spec.name:
            raise ValueError("a child needs a name")
        if spec.name in parent.children:
            raise NameTaken(parent.children[spec.name].path)
        node = self.supervision.add(parent, spec, dynamic=True)
        self.supervision.start(node)
        return ActorRef(self.runtime, node.path, node if isinstance(node, Cell) else None)

    async def start_children(self, parent_path: str, specs: Iterable[NodeSpec]) -> list[ActorRef]:
        """Start many children without waiting for each; other tasks get their turn meanwhile."""
        refs = []
        with _collector_at_rest():
            for spec in specs:
                refs.append(self.start_child_nowait(parent_path, spec))
                if not len(refs) % STARTS_PER_CHECKPOINT:
                    await trio.lowlevel.checkpoint()
            await trio.lowlevel.checkpoint()
        return refs

    async def stop(self, path: str) -> None:
        """Stop an actor or a whole subtree in order, and wait until it has ended. Raises `NoSuchActor`."""
        await self.control.stop(path)

    async def shutdown(self) -> None:
        """Stop everything, in reverse order of starting, and wait until it has ended."""
        self.begin_shutdown()
        await self._finished.wait()

    def begin_shutdown(self) -> None:
        """Begin to stop everything; once is enough."""
        if not self._stopping:
            self._stopping = True
            self.supervision.operate(self._root, self._stop_all)

    async def wait_finished(self) -> None:
        """Wait until everything has stopped. Raises the failure if the root's restart intensity was exceeded."""
        await self._finished.wait()
        if self.failure is not None:
            raise self.failure

    async def run(self, *, task_status: trio.TaskStatus["ActorSystem"] = trio.TASK_STATUS_IGNORED) -> None:
        """Run the tree until it is shut down or fails; `task_status` reports when all of it is up.

        A cancellation from outside leads to an orderly shutdown, too. Raises `RestartIntensityExceeded` from the root.
        """
        async with trio.open_nursery() as outside:
            outside.start_soon(self._await_cancellation, name="actor system: cancellation")
            try:
                with trio.CancelScope(shield=True):
                    await self._run_actors(task_status)
            finally:  # Also when an interrupt has ended everything at once.
                self._stopping = True
                self._finished.set()
            outside.cancel_scope.cancel()
        if self.failure is not None:
            raise self.failure

    async def _run_actors(self, task_status: trio.TaskStatus["ActorSystem"]) -> None:
        async with trio.open_nursery() as nursery:
            self.runtime.open(nursery)
            nursery.start_soon(self.runtime.deadlines.run, name="actor system: deadlines")
            self.supervision.start(self._root)
            await self._root.wait_for(frozenset({Status.RUNNING, Status.STOPPED}))
            if self._root.status is Status.RUNNING:
                self.was_up = True
                task_status.started(self)
            await self._finished.wait()
            nursery.cancel_scope.cancel()

    async def _await_cancellation(self) -> None:
        try:
            await trio.sleep_forever()
        finally:
            self.begin_shutdown()

    async def _stop_all(self) -> None:
        await self.supervision.halt_in_operation(self._root, Reason.SHUTDOWN)
        self._finished.set()

    def _root_failed(self, failure: RestartIntensityExceeded) -> None:
        self.failure = failure
        self.begin_shutdown()

    def _equip(self, actor: Actor, cell: Cell) -> None:
        actor.ctx = Context(cell, self)
        if self._around is not None:
            actor._handlers = self._around(cell.path, actor._handlers)  # noqa: SLF001 - the runtime's own table

    def node(self, path: str) -> Node:
        """Give the node at a path. Raises `NoSuchActor`."""
        return registry.node(self.runtime.nodes, path)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from looking through ever more new actors, of which none is garbage.

    Without it, the start of 100,000 actors takes twice as long.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def run_system(
    spec: SupervisorSpec,
    rng: random.Random | None = None,
    ask_timeout_s: float = ASK_TIMEOUT_S,
    *,
    task_status: trio.TaskStatus[ActorSystem] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a tree of actors as one task: `system = await nursery.start(run_system, spec)`."""
    await ActorSystem(spec, rng or random.Random(0), ask_timeout_s).run(task_status=task_status)  # noqa: S311


@asynccontextmanager
async def open_system(
    spec: SupervisorSpec | None = None,
    *,
    rng: random.Random | None = None,
    ask_timeout_s: float = ASK_TIMEOUT_S,
    around: Around | None = None,
) -> AsyncGenerator[ActorSystem, None]:
    """Run a tree of actors around a block of code: up at its beginning, and stopped in order at its end.

    When the tree fails the block is cancelled, and the failure raised.
    """
    system = ActorSystem(spec or SupervisorSpec(""), rng or random.Random(0), ask_timeout_s, around)  # noqa: S311
    error: BaseException | None = None
    async with trio.open_nursery() as nursery:
        with suppress(RestartIntensityExceeded):
            await nursery.start(_run_beside, system, nursery.cancel_scope)
            try:
                yield system
            except trio.Cancelled:
                raise
            except BaseException as exc:  # noqa: BLE001 - raised below, where no nursery wraps it
                error = exc
            finally:
                with trio.CancelScope(shield=True):
                    await system.shutdown()
    if system.failure is not None:
        raise system.failure from (None if error is system.failure else error)
    if error is not None:
        raise error


async def _run_beside(
    system: ActorSystem,
    block: trio.CancelScope,
    *,
    task_status: trio.TaskStatus[ActorSystem] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run the system beside a block of code, which its failure cancels. A failure at the start is raised here."""
    try:
        await system.run(task_status=task_status)
    except RestartIntensityExceeded:
        if not system.was_up:
            raise
        block.cancel()
