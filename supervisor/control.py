"""The operator's verbs, after OTP's `sys`: look at the tree, pause, resume, stop, restart, trace.

Whatever walks a large tree does so in slices, so that the loop goes on meanwhile.
"""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

import trio
from attrs import frozen

from supervisor import inspection, registry
from supervisor.actor import Actor
from supervisor.cell import Cell
from supervisor.census import census
from supervisor.counts import ClassCount
from supervisor.current import correlation_id
from supervisor.deadletters import DeadLetter
from supervisor.envelope import Envelope
from supervisor.errors import ActorStopped
from supervisor.inspection import Activity, ActorRow, NodeInfo, NodeView, QueuedMessage, Wait
from supervisor.node import DOWN, SETTLED, Node, Status
from supervisor.policy import Reason
from supervisor.ranking import Ranking, Sort, key_of
from supervisor.runtime import Runtime
from supervisor.selection import ROOT, SLICE, Selection, cells, select, slices, tops
from supervisor.slow import SlowMessage, slow_messages
from supervisor.stacks import Stacks, stacks
from supervisor.supervision import Supervision
from supervisor.tracing import Trace
from supervisor.window import Window

ROWS_DEFAULT = 50
DEPTH_MAX = 64
NODES_MAX = 1_000


@frozen
class NodeStats:
    """Counters since the cells were made, of one actor or summed over a subtree. `activities` are those of actors."""

    actors: int
    handled: int
    skipped: int
    queued: int
    restarts: int
    busy_s: float
    activities: Mapping[Activity, int]


@frozen
class Listing:
    """The first actors of a sorted listing, and how many there are in all that fit what is asked for."""

    rows: tuple[ActorRow, ...]
    actors: int


class Control:
    """The verbs. A `target` is a path or a pattern (`*`, `**`), which stands for what it names with all below it.

    Raises `NoSuchActor` where nothing is named so.
    """

    def __init__(self, runtime: Runtime, supervision: Supervision, shut_down: Callable[[], Awaitable[None]]) -> None:
        """Control what a system consists of; `shut_down` stops all of it."""
        self._runtime = runtime
        self._supervision = supervision
        self._shut_down = shut_down
        self._marking = trio.Lock()  # Of two verbs that mark one subtree, the later one shall have the last word.

    # Looking

    def tree(self, path: str = ROOT, depth: int = DEPTH_MAX, nodes_max: int = NODES_MAX) -> NodeView:
        """Show so many levels below a path, and so many nodes in all."""
        return inspection.view(self._node(path), depth, nodes_max, self._runtime.now())

    def info(self, path: str) -> NodeInfo:
        """Show what is known of one node."""
        return inspection.info(self._node(path), self._runtime.now())

    def mailbox(self, path: str, limit: int) -> tuple[QueuedMessage, ...]:
        """Show the first messages that wait in the mailbox of an actor."""
        node = self._node(path)
        return inspection.mailbox_of(node, limit, self._runtime.now()) if isinstance(node, Cell) else ()

    async def ps(
        self,
        target: str = ROOT,
        sort: Sort = Sort.MAILBOX,
        limit: int = ROWS_DEFAULT,
        activities: Collection[Activity] | None = None,
    ) -> Listing:
        """List the actors that a target names, the largest first; of those, maybe, that do some things just now.

        Raises `NoSuchActor`.
        """
        nodes = await tops(self._runtime, target)
        began_s = self._runtime.now()
        ranking = Ranking(limit, key_of(sort, began_s))
        actors = 0
        for found in cells(self._runtime, nodes):
            batch = found
            if activities is not None:
                batch = [cell for cell in found if inspection.activity_of(cell, began_s) in activities]
            actors += len(batch)
            ranking.add(batch)
            await trio.lowlevel.checkpoint()
        now_s = self._runtime.now()
        return Listing(tuple(inspection.row(cell, now_s) for cell in ranking.best), actors)

    def window(self, target: str = ROOT) -> Window:
        """Begin to look at what the actors that a target names do from one look to the next."""
        return Window(self._runtime, target)

    async def stats(self, target: str = ROOT) -> NodeStats:
        """Sum the counters of what a target names."""
        nodes = await tops(self._runtime, target)
        now_s = self._runtime.now()
        idle: Counter[tuple[Status, bool]] = Counter()
        seen: dict[tuple[Status, bool], Activity] = {}
        activities: Counter[Activity] = Counter()
        handled = skipped = queued = restarts = 0
        busy_s = 0.0
        for batch in cells(self._runtime, nodes):
            # Few expressions over a thousand actors at once: most of very many are idle, and alike.
            kinds = {(cell.status, cell.paused): cell for cell in batch if cell.in_hand is None}
            seen |= {kind: inspection.activity_of(cell, now_s) for kind, cell in kinds.items() if kind not in seen}
            idle.update([(cell.status, cell.paused) for cell in batch if cell.in_hand is None])
            activities.update([inspection.activity_of(cell, now_s) for cell in batch if cell.in_hand is not None])
            handled += sum([cell.handled for cell in batch if cell.counts])
            queued += sum([len(cell.mailbox) for cell in batch if cell.mailbox])
            skipped += sum([cell.skipped for cell in batch])
            restarts += sum([cell.restarts for cell in batch])
            busy_s += sum([cell.busy_s for cell in batch])
            await trio.lowlevel.checkpoint()
        for kind, number in idle.items():
            activities[seen[kind]] += number
        return NodeStats(activities.total(), handled, skipped, queued, restarts, busy_s, dict(activities))

    async def state(self, path: str, timeout_s: float | None = None) -> Mapping[str, object]:
        """Show what the actor's `inspect()` says, between two messages, also while it is paused.

        Empty for an actor that has no instance yet. Raises `ActorStopped`, `ActorQuarantined`, `AskTimeout`, and
        whatever `inspect` raises.
        """
        await trio.lowlevel.checkpoint()
        cell = self._node(path)
        if not isinstance(cell, Cell):
            return {}
        if cell.closed:
            raise cell.absence()
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

    def dead_letters(self) -> Sequence[DeadLetter]:
        """Give the last messages that nobody handled, oldest first."""
        return self._runtime.dead_letters.latest()

    @property
    def dead_letters_total(self) -> int:
        """How many messages nobody handled since the start."""
        return self._runtime.dead_letters.count

    async def waits(self) -> tuple[Wait, ...]:
        """Give the edges of the wait-for graph: which actor waits for which."""
        found: list[Wait] = []
        now_s = self._runtime.now()
        for batch in cells(self._runtime, [self._node(ROOT)]):
            for cell in batch:
                if cell.waits:
                    found += inspection.waits_of(cell, now_s)
            await trio.lowlevel.checkpoint()
        return tuple(found)

    @asynccontextmanager
    async def trace(self, target: str, count_max: int, per_second_max: int) -> AsyncGenerator[Trace]:
        """Trace the messages that the actors a target names take in hand, while the block runs.

        Actors that start below it meanwhile are not traced.
        """
        trace = Trace(self._runtime.now, count_max, per_second_max)
        traced: list[Cell] = []
        try:
            for batch in cells(self._runtime, await tops(self._runtime, target)):
                for cell in batch:
                    cell.tracers = (*cell.tracers, trace)
                traced += batch
                await trio.lowlevel.checkpoint()
            yield trace
        finally:
            for number, cell in enumerate(traced, 1):
                cell.tracers = tuple(tracer for tracer in cell.tracers if tracer is not trace)
                if not number % SLICE:
                    await trio.lowlevel.cancel_shielded_checkpoint()

    async def census(self) -> dict[str, ClassCount]:
        """Count the actors and what they did, by the name of their class."""
        return await census(self._runtime)

    def slow_messages(self, after_s: float, for_s: float) -> AsyncIterator[list[SlowMessage]]:
        """Yield the messages that have been in hand for at least so long, as they come to that, for so many seconds."""
        return slow_messages(self._runtime, after_s, for_s)

    async def stacks(self, target: str = ROOT, limit: int = ROWS_DEFAULT) -> Stacks:
        """Read where the tasks of what a target names wait, and of the root those that are no actor's, too."""
        return await stacks(self._runtime, target, limit)

    # Changing

    async def select(self, target: str) -> Selection:
        """Say what a target names, before something is done to it."""
        return await select(self._runtime, target)

    async def pause(self, target: str) -> int:
        """Let the actors rest after the message in hand, and return how many; their mailboxes go on filling.

        Actors that are started below the path meanwhile are paused, too.
        """
        return await self._mark(target, self._pause)

    async def resume(self, target: str) -> int:
        """Let the actors go on, also where something above them is still paused, and return how many."""
        return await self._mark(target, self._resume)

    async def stop(self, path: str) -> None:
        """Stop in order and wait for the end. What the tree's spec names can be restarted, the rest is forgotten.

        The end of the root is that of the system.
        """
        node = self._node(path)
        if node.parent is None:
            await self._shut_down()
            return
        await self._supervision.operate(node, self._supervision.halt_in_operation, node, Reason.SHUTDOWN).wait()

    async def restart(self, path: str) -> Status:
        """Stop in order and start again, with fresh instances and old mailboxes; revives what has stopped or failed.

        Waits until it is up, or has ended again, and returns the status. Raises `ActorStopped` for the root, and where
        the supervisor above is not up.
        """
        node = self._node(path)
        if not self._supervision.supervised(node):
            raise ActorStopped(path if node.parent is None else node.parent.path)
        node.failures = ()
        node.attempt = -1
        await self._supervision.operate(node, self._restart, node).wait()
        return await node.wait_for(SETTLED)

    async def _restart(self, node: Node) -> None:
        await self._supervision.halt_in_operation(node, Reason.RESTART)
        node.operation = None
        if node.status in DOWN and self._supervision.supervised(node):  # Nobody was quicker, or decides about it above.
            self._supervision.start(node)

    async def _mark(self, target: str, mark: Callable[[Node], None]) -> int:
        actors = 0
        async with self._marking:
            for batch in slices(await tops(self._runtime, target)):
                for node in batch:
                    mark(node)
                actors += sum(isinstance(node, Cell) for node in batch)
                await trio.lowlevel.checkpoint()
        return actors

    @staticmethod
    def _pause(node: Node) -> None:
        if not node.paused:
            node.paused = True
            node.note("paused")

    @staticmethod
    def _resume(node: Node) -> None:
        if node.paused:
            node.paused = False
            node.note("resumed")
            if isinstance(node, Cell):
                node.wake()

    def _node(self, path: str) -> Node:
        return registry.node(self._runtime.nodes, path)


def _inspect(actor: Actor) -> Mapping[str, object]:
    return dict(actor.inspect())
