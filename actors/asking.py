"""Asking an actor further down the line of a trade."""

from typing import TypeVar

from actors.errors import FloorBusy
from supervisor import ActorRef, Message
from supervisor.errors import ActorQuarantined, SupervisorError

R = TypeVar("R")


async def ask(ref: ActorRef, message: Message[R], timeout_s: float | None = None) -> R:
    """Return the reply of `ref`, or raise its refusal.

    That the actor below is busy, restarting or gone is not the asker's own failure: it becomes the refusal FloorBusy,
    so that an overload never crashes the actors that wait through it.
    """
    try:
        return await ref.ask(message, timeout_s=timeout_s)
    except ActorQuarantined as error:
        raise FloorBusy(f"{error}; an admin does that with: tradefloor restart {ref.path}") from error
    except SupervisorError as error:
        raise FloorBusy(f"{error}; try again in {FloorBusy.retry_after_s} s under the same idempotency key") from error
