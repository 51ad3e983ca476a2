"""What happens in one run of chaos: acts of people and faults of the world, each at its time, drawn from a seed.

A plan is data, so that a run that went wrong can be told, run again, and cut down to the acts that it takes.
"""

import random
from enum import StrEnum
from typing import Final

from attrs import frozen

from actors.lifecycle import AgentEvent
from actors.model import Action, OrderType

AGENTS: Final = 4
SYMBOLS: Final = ("AAPL", "TSLA", "KO")
STEPS_MIN: Final = 40
STEPS_MAX: Final = 90
GAP_S_MAX: Final = 20.0
JUMP_S_MAX: Final = 300.0
KEYS: Final = 6
"""So few idempotency keys an agent's trades come under, that many come twice."""


class Part(StrEnum):
    """Something that the floor depends on and that may fail."""

    STORAGE = "storage"
    METERING = "metering"
    OVERSIGHT = "oversight"


class Verb(StrEnum):
    """What an operator does to actors."""

    RESTART = "restart"
    PAUSE = "pause"


@frozen
class Trade:
    """The owner of an agent trades; `key` 0 is no idempotency key, `offset` how far a price is from that of now."""

    agent: int
    action: Action
    symbol: str
    quantity: int
    order_type: OrderType
    offset: float
    key: int


@frozen
class Decide:
    """An approver decides the oldest approval of an agent, on the floor or at the oversight service."""

    agent: int
    approved: bool
    elsewhere: bool


@frozen
class Cancel:
    """The owner takes the oldest open trade of an agent back."""

    agent: int


@frozen
class SetStatus:
    """The owner pauses an agent or lets it trade by itself."""

    agent: int
    event: AgentEvent


@frozen
class Operate:
    """An operator restarts actors, or lets them rest for a while."""

    verb: Verb
    path: str
    lasts_s: float


@frozen
class Crash:
    """The process is killed, so many steps of its tasks from now, and is started again later."""

    after_steps: int
    down_s: float


@frozen
class Outage:
    """A part answers nothing: a full disk, a partition of the network."""

    part: Part
    lasts_s: float


@frozen
class Unreliable:
    """The network to a service loses requests and answers, delays them and delivers them twice."""

    part: Part
    lasts_s: float


@frozen
class SlowStorage:
    """Every commit takes so long."""

    delay_s: float
    lasts_s: float


@frozen
class JumpClock:
    """Somebody sets the host's clock."""

    by_s: float


@frozen
class StallSocket:
    """A client of the socket reads nothing for a while."""

    lasts_s: float


@frozen
class DropSocket:
    """A client of the socket is cut off, and comes back."""


Act = (
    Trade
    | Decide
    | Cancel
    | SetStatus
    | Operate
    | Crash
    | Outage
    | Unreliable
    | SlowStorage
    | JumpClock
    | StallSocket
    | DropSocket
)


@frozen
class Step:
    """An act, and when it happens: virtual seconds from the beginning."""

    at_s: float
    act: Act


@frozen
class Plan:
    """All that happens in a run. `seed` also feeds everything random in it: prices, strategies, the network."""

    seed: int
    steps: tuple[Step, ...]


def make_plan(seed: int) -> Plan:
    """Draw a plan."""
    rng = random.Random(f"plan {seed}")  # noqa: S311 - a seeded draw
    at_s = 1.0
    steps = []
    for _ in range(rng.randint(STEPS_MIN, STEPS_MAX)):
        # Some things happen at the very same time, some after everything has settled.
        at_s += rng.choice((0.0, 0.01, rng.uniform(0.0, 1.0), rng.uniform(0.0, GAP_S_MAX)))
        steps.append(Step(round(at_s, 3), _act(rng)))
    return Plan(seed, tuple(steps))


def _act(rng: random.Random) -> Act:
    draw = rng.choices(_DRAWS, _WEIGHTS)[0]
    return draw(rng)


def _agent(rng: random.Random) -> int:
    return rng.randint(1, AGENTS)


def _trade(rng: random.Random) -> Trade:
    return Trade(
        _agent(rng),
        rng.choice(tuple(Action)),
        rng.choice(SYMBOLS),
        rng.choice((1, 5, 20, 100, 400)),
        rng.choice((OrderType.MARKET, OrderType.MARKET, OrderType.MARKET, OrderType.LIMIT, OrderType.STOP)),
        rng.choice((-0.01, -0.001, 0.001, 0.01)),
        rng.randrange(KEYS),
    )


def _decide(rng: random.Random) -> Decide:
    return Decide(_agent(rng), approved=rng.random() < 0.7, elsewhere=rng.random() < 0.3)


def _cancel(rng: random.Random) -> Cancel:
    return Cancel(_agent(rng))


def _set_status(rng: random.Random) -> SetStatus:
    return SetStatus(_agent(rng), rng.choice((AgentEvent.PAUSE, AgentEvent.RESUME, AgentEvent.RESUME)))


def _operate(rng: random.Random) -> Operate:
    agent = f"/agents/agt_{_agent(rng)}"
    places = ("/journal", "/market", "/metering", "/oversight", "/notifier", "/floor")
    path = rng.choice((*places, agent, f"{agent}/agent", f"{agent}/portfolio", f"{agent}/approvals", "/agents/*/agent"))
    return Operate(rng.choice(tuple(Verb)), path, rng.choice((0.5, 3.0, 20.0)))


def _crash(rng: random.Random) -> Crash:
    return Crash(rng.randint(0, 60), rng.choice((0.1, 5.0, 90.0)))


def _outage(rng: random.Random) -> Outage:
    return Outage(rng.choice(tuple(Part)), rng.choice((0.5, 5.0, 70.0)))


def _unreliable(rng: random.Random) -> Unreliable:
    return Unreliable(rng.choice((Part.METERING, Part.OVERSIGHT)), rng.choice((5.0, 60.0)))


def _slow_storage(rng: random.Random) -> SlowStorage:
    return SlowStorage(rng.choice((0.01, 0.3, 7.0)), rng.choice((1.0, 15.0)))


def _jump_clock(rng: random.Random) -> JumpClock:
    return JumpClock(rng.choice((-JUMP_S_MAX, -30.0, -1.0, 1.0, 45.0, JUMP_S_MAX)))


def _stall_socket(rng: random.Random) -> StallSocket:
    return StallSocket(rng.choice((1.0, 20.0, 100.0)))


def _drop_socket(_rng: random.Random) -> DropSocket:
    return DropSocket()


_DRAWS: Final = (
    _trade,
    _decide,
    _cancel,
    _set_status,
    _operate,
    _crash,
    _outage,
    _unreliable,
    _slow_storage,
    _jump_clock,
    _stall_socket,
    _drop_socket,
)
_WEIGHTS: Final = (40, 14, 3, 5, 8, 7, 6, 5, 4, 3, 3, 2)
