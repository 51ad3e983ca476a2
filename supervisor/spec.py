"""What a tree of actors shall look like: child and supervisor specifications, in the terms of Erlang/OTP."""

import enum
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from supervisor.actor import Actor

MAILBOX_CAPACITY = 1024  # Enough for a burst of one message per symbol and client; a longer queue only hides overload.
NAME_FORBIDDEN = frozenset("/*?[]")


class Overflow(enum.Enum):
    """What a full mailbox does with one more message."""

    BLOCK = "block"  # The sender waits for room, as long as its deadline allows.
    REJECT = "reject"  # The sender gets `MailboxFull`.
    DROP_OLDEST = "drop_oldest"  # The oldest message makes room.
    LATEST = "latest"  # One slot per `mailbox_key`, where the newest message wins; for ticks.


class Restart(enum.Enum):
    """Whether a child that has ended is started again."""

    PERMANENT = "permanent"  # Always.
    TRANSIENT = "transient"  # Only after a crash.
    TEMPORARY = "temporary"  # Never.


class Strategy(enum.Enum):
    """Which children are restarted when one of them failed."""

    ONE_FOR_ONE = "one_for_one"
    ONE_FOR_ALL = "one_for_all"
    REST_FOR_ONE = "rest_for_one"


class Exceeded(enum.Enum):
    """What happens to a child that failed too often."""

    ESCALATE = "escalate"  # Its supervisor fails in turn.
    QUARANTINE = "quarantine"  # It rests as `failed` until someone restarts it; its siblings go on.


@frozen
class MailboxSpec:
    """How many messages may wait, and what happens to one more."""

    capacity: int = MAILBOX_CAPACITY
    overflow: Overflow = Overflow.BLOCK

    def __attrs_post_init__(self) -> None:
        if self.capacity < 1:
            raise ValueError(f"a mailbox holds at least one message, not {self.capacity}")


def _check_numbers(spec: object, *names: str) -> None:
    """Raise ValueError for the first that no clock can count to: the wait would be endless, or none at all."""
    for name in names:
        number = getattr(spec, name)
        if number is not None and not 0 <= number < math.inf:  # Which is no order of NaN's.
            raise ValueError(f"{name} is a finite number of at least 0, not {number}")


@frozen
class Backoff:
    """How long to wait before a restart: `base_s * factor ** n`, at most `max_s`, varied by `jitter` either way.

    The count `n` starts again when there was no failure for `reset_after_s` after a restart.
    """

    base_s: float = 0.1
    factor: float = 2.0
    max_s: float = 30.0
    jitter: float = 0.1
    reset_after_s: float = 60.0

    def __attrs_post_init__(self) -> None:
        _check_numbers(self, "base_s", "factor", "max_s", "jitter", "reset_after_s")


def _check_name(_instance: object, _attribute: object, name: str) -> None:
    if not NAME_FORBIDDEN.isdisjoint(name):
        raise ValueError(f"a name may not contain any of {''.join(sorted(NAME_FORBIDDEN))}: {name!r}")


@frozen(kw_only=True)
class ChildSpec:
    """One actor below a supervisor. Times are in seconds.

    `passivate_after_s` gives up the task after so long without work (0: at once, None: never). `start_passive` waits
    with the factory and `started()` for the first message; a restart does not, since `started()` is where an actor
    takes up what a crash left. `intensity` and `period_s` count for a child that is quarantined.
    """

    name: str = field(kw_only=False, validator=_check_name)
    factory: Callable[[], "Actor"] = field(kw_only=False)
    restart: Restart = Restart.PERMANENT
    mailbox: MailboxSpec = MailboxSpec()
    shutdown_s: float = 5.0
    backoff: Backoff | None = None
    passivate_after_s: float | None = None
    start_passive: bool = False
    on_exceeded: Exceeded = Exceeded.ESCALATE
    intensity: int = 3
    period_s: float = 5.0

    def __attrs_post_init__(self) -> None:
        _check_numbers(self, "shutdown_s", "passivate_after_s", "period_s")


@frozen(kw_only=True)
class SupervisorSpec:
    """A supervisor: its children fail at most `intensity` times within `period_s` seconds before it gives up.

    `restart`, `backoff` and `on_exceeded` say what the supervisor above does then. Every supervisor takes further
    children later.
    """

    name: str = field(kw_only=False, validator=_check_name)
    strategy: Strategy = Strategy.ONE_FOR_ONE
    children: tuple["NodeSpec", ...] = field(default=(), converter=tuple[Any, ...])
    intensity: int = 3
    period_s: float = 5.0
    restart: Restart = Restart.PERMANENT
    backoff: Backoff | None = None
    on_exceeded: Exceeded = Exceeded.ESCALATE

    def __attrs_post_init__(self) -> None:
        names = [child.name for child in self.children]
        if len(set(names)) != len(names) or "" in names:
            raise ValueError(f"the children of {self.name!r} need names of their own: {names}")


NodeSpec = ChildSpec | SupervisorSpec
