"""The decisions of a supervisor, as pure functions: `(spec, exit, history, now) -> decision`.

After OTP's `supervisor.erl`: a child that is to be restarted counts as one failure; more than `intensity` of them
within `period_s` are too many.
"""

import enum
from collections.abc import Sequence

from attrs import frozen

from supervisor.spec import Backoff, Exceeded, NodeSpec, Restart, Strategy, SupervisorSpec


class Reason(enum.Enum):
    """Why an actor ends or ended."""

    NORMAL = "normal"  # It said so itself.
    SHUTDOWN = "shutdown"  # Its supervisor or an operator said so.
    RESTART = "restart"  # The same, to be started again.
    KILLED = "killed"  # It was told to stop and did not within its time.
    CRASHED = "crashed"  # An exception escaped it.


@frozen
class Exit:
    """How a run of an actor ended; `cause` is there when it crashed."""

    reason: Reason
    cause: Exception | None = None


class Action(enum.Enum):
    """What a supervisor does about the exit of a child."""

    FORGET = "forget"
    RESTART = "restart"
    QUARANTINE = "quarantine"
    ESCALATE = "escalate"


@frozen
class Decision:
    """What to do, and the times of the failures that still count."""

    action: Action
    history: tuple[float, ...]


def decide(
    supervisor: SupervisorSpec, child: NodeSpec, exited: Exit, history: Sequence[float], now_s: float
) -> Decision:
    """Say what follows from the exit of a child.

    `history` holds the times of earlier failures: the child's own where it would be quarantined, else those of all
    the supervisor's children.
    """
    if not wants_restart(child.restart, exited.reason):
        return Decision(Action.FORGET, tuple(history))
    own = child.on_exceeded is Exceeded.QUARANTINE
    limits = child if own else supervisor
    recent = (*(at_s for at_s in history if now_s - at_s <= limits.period_s), now_s)
    if len(recent) <= limits.intensity:
        return Decision(Action.RESTART, recent)
    return Decision(Action.QUARANTINE if own else Action.ESCALATE, recent)


def wants_restart(restart: Restart, reason: Reason) -> bool:
    """Say whether a child that ended for this reason is to be started again."""
    if restart is Restart.PERMANENT:
        return True
    return restart is Restart.TRANSIENT and reason in {Reason.CRASHED, Reason.KILLED}


def affected(strategy: Strategy, names: Sequence[str], failed: str) -> tuple[str, ...]:
    """Name the children that are restarted with the failed one, in starting order."""
    if strategy is Strategy.ONE_FOR_ONE:
        return (failed,)
    if strategy is Strategy.ONE_FOR_ALL:
        return tuple(names)
    return tuple(names[names.index(failed) :])


def attempt_next(backoff: Backoff, attempt: int, calm_s: float) -> int:
    """Give the number of the coming restart, from 0, after a run of `calm_s` seconds without a failure."""
    return 0 if calm_s >= backoff.reset_after_s else attempt + 1


def delay_s(backoff: Backoff, attempt: int, draw: float) -> float:
    """Compute the wait before restart number `attempt`, where `draw` is uniform in [0, 1)."""
    exponential_s = backoff.base_s * backoff.factor ** min(attempt, 64)
    return min(backoff.max_s, exponential_s) * (1.0 + backoff.jitter * (2.0 * draw - 1.0))
