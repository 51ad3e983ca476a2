"""What the control plane shows of actors over time: what they did in a window, and where their tasks wait."""

from typing import Any

from attrs import frozen

from net.wire.control import ActorRowShape, row_json
from net.wire.converter import to_json
from net.wire.scalars import Timestamp, format_timestamp
from supervisor import Stacks, WindowListing


@frozen
class BusyActorShape(ActorRowShape):
    """An actor, the messages a second that it handled in the window, and the share of the window that it was busy.

    Busy is with a message in hand, what its handler waited for included, and counts when that is done.
    """

    rate: float
    busy_share: float


@frozen
class WindowShape:
    """What actors did in a window of `seconds`, and how many there are in all."""

    timestamp: Timestamp
    seconds: float
    items: tuple[BusyActorShape, ...]
    total: int


@frozen
class TaskShape:
    """A task of the loop, and the actor that it is or belongs to; null where it is none's."""

    task: str
    actor: str | None


@frozen
class StackShape:
    """Tasks that wait at the same lines, from the outermost to the inmost: how many, and the first of them."""

    tasks: int
    names: tuple[TaskShape, ...]
    lines: tuple[str, ...]


@frozen
class StacksShape:
    """Where tasks wait, most of them first; `total` counts the tasks, `different` the stacks, shown or not."""

    items: tuple[StackShape, ...]
    total: int
    different: int


def window_json(listing: WindowListing, now_us: int) -> dict[str, Any]:
    """Show what actors did in a window that ends now."""
    return {
        "timestamp": format_timestamp(now_us),
        "seconds": listing.seconds,
        "items": [row_json(busy.row) | {"rate": busy.rate, "busyShare": busy.busy_share} for busy in listing.rows],
        "total": listing.actors,
    }


def stacks_json(read: Stacks) -> dict[str, Any]:
    """Show where tasks wait."""
    items = tuple(
        StackShape(stack.tasks, tuple(TaskShape(name.task, name.actor) for name in stack.names), stack.lines)
        for stack in read.stacks
    )
    return to_json(StacksShape(items, read.tasks, read.different))
