"""What an operator sees of nodes: their activity, a line of a listing, all about one, and a bounded tree."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from attrs import frozen

from supervisor.cell import Cell
from supervisor.envelope import Envelope
from supervisor.node import Node, Status, SupervisorNode
from supervisor.spec import Exceeded, Strategy

ItemT = TypeVar("ItemT")

STUCK_AFTER_S = 5.0
"""A message that is in hand for longer than this makes its actor count as stuck: as long as an ask waits."""


class Activity(StrEnum):
    """What a node does just now, in one word."""

    STARTING = "starting"
    RUNNING = "running"  # It has a task, which waits for a message.
    BUSY = "busy"  # It has a message in hand.
    STUCK = "stuck"  # It has had one for too long.
    PAUSED = "paused"
    PASSIVE = "passive"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@frozen
class NodeView:
    """A node of the tree; of its children those that are shown. `children_total` counts all that it has.

    `actor` is the line about it, None for a supervisor.
    """

    path: str
    kind: str
    status: Status
    activity: Activity
    paused: bool
    children_total: int
    children: tuple["NodeView", ...] = ()
    actor: "ActorRow | None" = None


@frozen
class ActorRow:
    """A line about one actor. Ages and times are in seconds; `actor_class` is None before its first message."""

    path: str
    actor_class: str | None
    activity: Activity
    queued: int
    oldest_age_s: float
    handled: int
    busy_s: float
    restarts: int
    in_hand: str | None
    in_hand_s: float


@frozen
class Wait:
    """An edge of the wait-for graph: who waits for whom, with which message; `left_s` until it is given up."""

    path: str
    target: str
    message: str
    left_s: float


@frozen
class QueuedMessage:
    """A message that waits in a mailbox."""

    message: object
    age_s: float
    asks: bool
    correlation_id: str | None


@frozen
class NodeInfo:
    """What is known of one node. Times are in seconds.

    `restarts_left` are those before its supervisor gives up, or it is quarantined. `events` holds the last rare events
    as (seconds ago, what happened). `restarts_with` names the siblings that are restarted when it fails.
    """

    path: str
    kind: str
    actor_class: str | None
    status: Status
    activity: Activity
    paused: bool
    dynamic: bool
    restart: str
    strategy: str | None
    children: int
    queued: int
    capacity: int | None
    overflow: str | None
    oldest_age_s: float
    in_hand: str | None
    in_hand_s: float
    waits: tuple[Wait, ...]
    handled: int
    skipped: int
    busy_s: float
    by_type: Mapping[str, int]
    tasks: int
    timers: int
    restarts: int
    failures: int
    restarts_left: int
    failure: str | None
    watched_by: tuple[str, ...]
    restarts_with: tuple[str, ...]
    events: tuple[tuple[float, str], ...]


def activity_of(node: Node, now_s: float, stuck_after_s: float = STUCK_AFTER_S) -> Activity:
    """Say what a node does just now."""
    status = node.status
    if status is not Status.RUNNING and status is not Status.PASSIVE:
        return Activity(status.value)
    if isinstance(node, Cell) and node.in_hand is not None:
        if now_s - node.in_hand_at_s > stuck_after_s:
            return Activity.STUCK
        return Activity.PAUSED if node.paused else Activity.BUSY
    if node.paused:
        return Activity.PAUSED
    return Activity(status.value)


def view(root: Node, depth: int, nodes_max: int, now_s: float) -> NodeView:
    """Show a node and what is below it: so many levels, and so many nodes in all, the upper ones first."""
    shown: dict[Node, list[Node]] = {}
    left = nodes_max - 1
    level = [root]
    for _ in range(depth):
        below: list[Node] = []
        for node in level:
            if isinstance(node, SupervisorNode):
                taken = _first(node.children.values(), left)
                shown[node] = taken
                left -= len(taken)
                below += taken
        level = below
    return _view(root, shown, now_s)


def row(cell: Cell, now_s: float) -> ActorRow:
    """Show an actor in one line."""
    mailbox = cell.mailbox
    return ActorRow(
        path=cell.path,
        actor_class=cell.class_name,
        activity=activity_of(cell, now_s),
        queued=0 if mailbox is None else len(mailbox),
        oldest_age_s=oldest_age_s(cell, now_s),
        handled=cell.handled,
        busy_s=cell.busy_s,
        restarts=cell.restarts,
        in_hand=_name(cell.in_hand),
        in_hand_s=_in_hand_s(cell, now_s),
    )


def info(node: Node, now_s: float) -> NodeInfo:
    """Show all that is known of one node."""
    cell = node if isinstance(node, Cell) else None
    supervisor = node if isinstance(node, SupervisorNode) else None
    failures, restarts_left = _restart_budget(node, now_s)
    return NodeInfo(
        path=node.path,
        kind=kind_of(node),
        actor_class=cell.class_name if cell else None,
        status=node.status,
        activity=activity_of(node, now_s),
        paused=node.paused,
        dynamic=node.dynamic,
        restart=node.spec.restart.value,
        strategy=supervisor.spec.strategy.value if supervisor else None,
        children=len(supervisor.children) if supervisor else 0,
        queued=len(cell.mailbox or ()) if cell else 0,
        capacity=cell.spec.mailbox.capacity if cell else None,
        overflow=cell.spec.mailbox.overflow.value if cell else None,
        oldest_age_s=oldest_age_s(cell, now_s) if cell else 0.0,
        in_hand=_name(cell.in_hand) if cell else None,
        in_hand_s=_in_hand_s(cell, now_s) if cell else 0.0,
        waits=waits_of(cell, now_s) if cell else (),
        handled=cell.handled if cell else 0,
        skipped=cell.skipped if cell else 0,
        busy_s=cell.busy_s if cell else 0.0,
        by_type={kind.__name__: count for kind, count in (cell.counts or {}).items()} if cell else {},
        tasks=len(cell.tasks or ()) if cell else 0,
        timers=len(cell.timers or ()) if cell else 0,
        restarts=node.restarts,
        failures=failures,
        restarts_left=restarts_left,
        failure=repr(node.failure) if node.failure else None,
        watched_by=tuple(watcher.path for watcher in cell.watchers) if cell else (),
        restarts_with=_restarts_with(node),
        events=tuple((now_s - at_s, event) for at_s, event in node.events),
    )


def waits_of(cell: Cell, now_s: float) -> tuple[Wait, ...]:
    """Say whom an actor waits for."""
    return tuple(
        Wait(cell.path, envelope.target.path, type(envelope.message).__name__, envelope.deadline - now_s)
        for envelope in cell.waits or ()
        if envelope.task is not None
    )


def mailbox_of(cell: Cell, limit: int, now_s: float) -> tuple[QueuedMessage, ...]:
    """Show the first messages that wait in a mailbox."""
    return tuple(
        QueuedMessage(envelope.message, _age_s(envelope, now_s), envelope.asks, envelope.correlation_id)
        for envelope in _first(cell.mailbox or (), limit)
    )


def oldest_age_s(cell: Cell, now_s: float) -> float:
    """Say how long the message at the head of the mailbox has waited, in seconds; 0 where none waits."""
    return next((_age_s(envelope, now_s) for envelope in cell.mailbox or ()), 0.0)


def kind_of(node: Node) -> str:
    """Say whether a node is an actor or a supervisor."""
    return "supervisor" if isinstance(node, SupervisorNode) else "actor"


def _view(node: Node, shown: Mapping[Node, list[Node]], now_s: float) -> NodeView:
    return NodeView(
        path=node.path,
        kind=kind_of(node),
        status=node.status,
        activity=activity_of(node, now_s),
        paused=node.paused,
        children_total=len(node.children) if isinstance(node, SupervisorNode) else 0,
        children=tuple(_view(child, shown, now_s) for child in shown.get(node, ())),
        actor=row(node, now_s) if isinstance(node, Cell) else None,
    )


def _first(items: Iterable[ItemT], count: int) -> list[ItemT]:
    return list(islice(items, max(0, count)))


def _name(envelope: Envelope | None) -> str | None:
    return None if envelope is None else type(envelope.message).__name__


def _age_s(envelope: Envelope, now_s: float) -> float:
    return max(0.0, now_s - getattr(envelope, "queued_at_s", now_s))


def _in_hand_s(cell: Cell, now_s: float) -> float:
    return 0.0 if cell.in_hand is None else now_s - cell.in_hand_at_s


def _restart_budget(node: Node, now_s: float) -> tuple[int, int]:
    """Count the failures that still count against a limit, and those that may follow."""
    if node.parent is None:
        return 0, 0
    own = node.spec.on_exceeded is Exceeded.QUARANTINE
    limits = node.spec if own else node.parent.spec
    times = [failure[0] for failure in (node.failures if own else node.parent.child_failures)]
    recent = sum(now_s - at_s <= limits.period_s for at_s in times)
    return recent, max(0, limits.intensity - recent)


def _restarts_with(node: Node) -> tuple[str, ...]:
    parent = node.parent
    if parent is None or parent.spec.strategy is Strategy.ONE_FOR_ONE:
        return ()
    siblings = list(parent.children.values())
    if parent.spec.strategy is Strategy.REST_FOR_ONE:
        siblings = siblings[siblings.index(node) :]
    return tuple(sibling.path for sibling in siblings if sibling is not node)
