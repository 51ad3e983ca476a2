"""Actors as the control plane shows them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import trio
from attrs import frozen

from net.control import Acted
from net.wire.converter import to_json
from net.wire.scalars import Timestamp
from supervisor import (
    Activity,
    ActorRow,
    DeadLetter,
    NodeInfo,
    NodeStats,
    NodeView,
    QueuedMessage,
    Wait,
)

MESSAGE_CHARACTERS_MAX: Final = 500
"""Of a message that is shown, so many characters."""


@frozen
class ControlShape:
    """What was done. `states` are those of the nodes that the path names, with how many are in each."""

    verb: str
    path: str
    reason: str
    actors: int
    states: dict[str, int]


@frozen
class ActorRowShape:
    """An actor in one line. `actorClass` is null before its first message."""

    path: str
    actor_class: str | None
    state: Activity
    mailbox: int
    oldest_age_seconds: float
    handled: int
    busy_seconds: float
    restarts: int
    in_hand: str | None
    in_hand_seconds: float


@frozen
class ActorListShape:
    """Actors, and how many there are in all that fit what was asked for."""

    items: tuple[ActorRowShape, ...]
    total: int


@frozen
class TreeNodeShape:
    """A node of the tree. `children` counts all that it has, shown or not; the last three are null for a supervisor."""

    path: str
    kind: str
    state: Activity
    paused: bool
    children: int
    mailbox: int | None
    handled: int | None
    restarts: int | None


@frozen
class TreeShape:
    """A part of the tree, each node before those below it; `truncated`: there are more."""

    items: tuple[TreeNodeShape, ...]
    truncated: bool


@frozen
class WaitShape:
    """An actor that waits for another one's reply, for at most `leftSeconds` more."""

    path: str
    target: str
    message: str
    left_seconds: float


@frozen
class WaitsShape:
    """The wait-for graph."""

    items: tuple[WaitShape, ...]


@frozen
class QueuedShape:
    """A message that waits in a mailbox."""

    type: str
    message: str
    age_seconds: float
    asks: bool
    correlation_id: str | None


@frozen
class RareEventShape:
    """Something rare that happened to a node: a crash, a pause."""

    ago_seconds: float
    event: str


@frozen
class ActorInFullShape:
    """All that is known of a node. `inspect` is what the actor says of itself; null where it does not answer."""

    path: str
    kind: str
    actor_class: str | None
    state: Activity
    paused: bool
    dynamic: bool
    restart: str
    strategy: str | None
    children: int
    mailbox: int
    capacity: int | None
    overflow: str | None
    oldest_age_seconds: float
    in_hand: str | None
    in_hand_seconds: float
    waits: tuple[WaitShape, ...]
    handled: int
    skipped: int
    busy_seconds: float
    handled_by_type: dict[str, int]
    tasks: int
    timers: int
    restarts: int
    failures: int
    restarts_left: int
    failure: str | None
    watched_by: tuple[str, ...]
    restarts_with: tuple[str, ...]
    events: tuple[RareEventShape, ...]
    inspect: dict[str, Any] | None
    messages: tuple[QueuedShape, ...]


@frozen
class ActorStatsShape:
    """Counters of a part of the tree. `states` says how many actors are in each."""

    actors: int
    handled: int
    skipped: int
    queued: int
    restarts: int
    busy_seconds: float
    states: dict[str, int]


@frozen
class DeadLetterShape:
    """A message that nobody handled."""

    ago_seconds: float
    path: str
    type: str
    message: str
    reason: str


@frozen
class DeadLettersShape:
    """The newest dead letters, oldest first, and how many there were since the start."""

    items: tuple[DeadLetterShape, ...]
    total: int


@frozen
class ThreadsShape:
    """A limit on threads, or on what is done at once."""

    name: str
    in_use: int
    limit: int
    waiting: int


@frozen
class ThreadListShape:
    """The limits on threads."""

    items: tuple[ThreadsShape, ...]


@frozen
class TracedShape:
    """A message that an actor took in hand. On the last line `path`, `type` and `message` are null.

    `seen` counts the messages since the beginning, `skipped` those among them that came too fast to be shown.
    """

    timestamp: Timestamp
    path: str | None
    type: str | None
    message: str | None
    seen: int
    skipped: int


def row_json(row: ActorRow) -> dict[str, Any]:
    """Show an actor in one line."""
    return {
        "path": row.path,
        "actorClass": row.actor_class,
        "state": row.activity.value,
        "mailbox": row.queued,
        "oldestAgeSeconds": row.oldest_age_s,
        "handled": row.handled,
        "busySeconds": row.busy_s,
        "restarts": row.restarts,
        "inHand": row.in_hand,
        "inHandSeconds": row.in_hand_s,
    }


def tree_json(view: NodeView) -> dict[str, Any]:
    """Show a part of the tree."""
    nodes = list(_flat(view))
    truncated = any(len(node.children) < node.children_total for node in nodes)
    items = [
        {
            "path": node.path,
            "kind": node.kind,
            "state": node.activity.value,
            "paused": node.paused,
            "children": node.children_total,
            "mailbox": None if node.actor is None else node.actor.queued,
            "handled": None if node.actor is None else node.actor.handled,
            "restarts": None if node.actor is None else node.actor.restarts,
        }
        for node in nodes
    ]
    return {"items": items, "truncated": truncated}


def info_json(
    info: NodeInfo, state: Mapping[str, object] | None, messages: tuple[QueuedMessage, ...]
) -> dict[str, Any]:
    """Show all that is known of a node."""
    shape = ActorInFullShape(
        path=info.path,
        kind=info.kind,
        actor_class=info.actor_class,
        state=info.activity,
        paused=info.paused,
        dynamic=info.dynamic,
        restart=info.restart,
        strategy=info.strategy,
        children=info.children,
        mailbox=info.queued,
        capacity=info.capacity,
        overflow=info.overflow,
        oldest_age_seconds=info.oldest_age_s,
        in_hand=info.in_hand,
        in_hand_seconds=info.in_hand_s,
        waits=tuple(_wait(wait) for wait in info.waits),
        handled=info.handled,
        skipped=info.skipped,
        busy_seconds=info.busy_s,
        handled_by_type=dict(info.by_type),
        tasks=info.tasks,
        timers=info.timers,
        restarts=info.restarts,
        failures=info.failures,
        restarts_left=info.restarts_left,
        failure=info.failure,
        watched_by=info.watched_by,
        restarts_with=info.restarts_with,
        events=tuple(RareEventShape(ago_s, event) for ago_s, event in info.events),
        inspect=None if state is None else {str(name): plain(value) for name, value in state.items()},
        messages=tuple(_queued(message) for message in messages),
    )
    return to_json(shape)


def wait_json(wait: Wait) -> dict[str, Any]:
    """Show an edge of the wait-for graph."""
    return to_json(_wait(wait))


def letter_json(letter: DeadLetter, now_s: float) -> dict[str, Any]:
    """Show a dead letter."""
    kind, text = message_text(letter.message)
    return to_json(DeadLetterShape(now_s - letter.at_s, letter.path, kind, text, letter.reason))


def stats_json(stats: NodeStats) -> dict[str, Any]:
    """Show the counters of a part of the tree."""
    states = {activity.value: count for activity, count in stats.activities.items()}
    return to_json(
        ActorStatsShape(stats.actors, stats.handled, stats.skipped, stats.queued, stats.restarts, stats.busy_s, states)
    )


def acted_json(acted: Acted) -> dict[str, Any]:
    """Show what was done to actors."""
    return to_json(ControlShape(acted.verb, acted.target, acted.reason, acted.actors, dict(acted.states)))


def limiter_json(name: str, statistics: trio.CapacityLimiterStatistics) -> dict[str, Any]:
    """Show a limit."""
    limit = int(statistics.total_tokens)
    return to_json(ThreadsShape(name, statistics.borrowed_tokens, limit, statistics.tasks_waiting))


def message_text(message: object) -> tuple[str, str]:
    """Return the type of a message and what it says, cut to a length for people."""
    text = repr(message)
    return type(message).__name__, text if len(text) <= MESSAGE_CHARACTERS_MAX else text[:MESSAGE_CHARACTERS_MAX] + "…"


def plain(value: object) -> Any:
    """Return what an actor says of itself as JSON can show it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    return str(value)


def _flat(view: NodeView) -> Iterator[NodeView]:
    yield view
    for child in view.children:
        yield from _flat(child)


def _wait(wait: Wait) -> WaitShape:
    return WaitShape(wait.path, wait.target, wait.message, wait.left_s)


def _queued(queued: QueuedMessage) -> QueuedShape:
    kind, text = message_text(queued.message)
    return QueuedShape(kind, text, queued.age_s, queued.asks, queued.correlation_id)
