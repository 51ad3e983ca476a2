"""A circuit breaker as a pure state machine: it makes an outage cheap, and finds out when it is over.

    closed     calls go out; `BreakerPolicy.failures_max` failures in a row open it
    open       calls are refused at once, until a time
    half open  one call has gone out as a probe; the others are refused until it is known how it ended

A success closes the breaker from any state. A failed probe opens it again, for twice as long, up to a limit.
Times are seconds on any monotonic clock; who calls must serialise the calls.
"""

from attrs import field, frozen
from attrs.validators import ge, gt


@frozen
class BreakerPolicy:
    """When to open, and for how long."""

    failures_max: int = field(default=3, validator=ge(1))
    open_s: float = field(default=0.5, validator=gt(0))
    open_s_max: float = field(default=5.0, validator=gt(0))


@frozen
class Closed:
    """Calls go out; the last ``failures`` of them failed."""

    failures: int = 0


@frozen
class Open:
    """Calls are refused until ``until_s``; ``open_s`` is how long this opening lasts."""

    until_s: float
    open_s: float


@frozen
class HalfOpen:
    """A probe is out; ``open_s`` is how long the last opening lasted."""

    open_s: float


State = Closed | Open | HalfOpen


@frozen
class Refusal:
    """The call must not go out; ask again after ``retry_after_s``, which is positive."""

    retry_after_s: float


def admit(state: State, now_s: float) -> State | Refusal:
    """Ask to make a call: the state to go on with, or a refusal, which leaves the state as it is."""
    match state:
        case Closed():
            return state
        case Open(until_s, open_s):
            return Refusal(until_s - now_s) if now_s < until_s else HalfOpen(open_s)
    return Refusal(state.open_s)


def succeed() -> State:
    """Return the state after a call that was answered: closed, whatever came before."""
    return Closed()


def fail(state: State, policy: BreakerPolicy, now_s: float) -> State:
    """Return the state after a call that found no service. A late failure does not prolong an opening."""
    match state:
        case Closed(failures) if failures + 1 < policy.failures_max:
            return Closed(failures + 1)
        case Closed():
            return Open(now_s + policy.open_s, policy.open_s)
        case Open():
            return state
    longer_s = min(state.open_s * 2, policy.open_s_max)
    return Open(now_s + longer_s, longer_s)


def abandon(state: State, now_s: float) -> State:
    """Return the state after a call whose end nobody waited for: the next call may probe at once."""
    return Open(now_s, state.open_s) if isinstance(state, HalfOpen) else state
