"""What is asked of a server and when: decided before the first request, and by nothing that the server does.

A plan that waited for answers would ask less of a slow server and then praise it for being quick ("coordinated
omission"; Gil Tene, How not to measure latency, 2013). Here request ``n`` is due ``n / rate`` seconds after the start,
and its latency counts from then.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from math import inf
from typing import Final

from attrs import frozen

AGENTS_MAX: Final = 20_000
"""Each is made by a request of its own before the load begins."""

SECONDS_MAX: Final = 3_300

TRADES_PER_AGENT_MAX: Final = 90_000
"""Below an agent's monthly quota of 100,000 calls, and paid for by its budget: a fee of $1.00 each."""


class PlanError(ValueError):
    """A plan that cannot be carried out; the message says what to change."""


class Call(StrEnum):
    """What is asked for: a trade over HTTP, a portfolio over HTTP, a trade over a WebSocket."""

    TRADES = "trades"
    READS = "reads"
    SOCKETS = "sockets"


TRADING: Final = frozenset({Call.TRADES, Call.SOCKETS})


@frozen
class Shot:
    """One request: when it is due, in seconds after the start, what it is, and for which agent (by number).

    ``is_sale`` says whether a trade sells what the agent's trade before it has bought.
    """

    number: int
    due_s: float
    call: Call
    agent: int
    is_sale: bool = False


@frozen(kw_only=True)
class Plan:
    """A load: ``rate`` requests a second for ``seconds``, mixed by ``weights``, spread evenly over so many agents."""

    agents: int
    rate: float
    seconds: float
    weights: Mapping[Call, int]
    sockets: int

    def __attrs_post_init__(self) -> None:
        """Raise PlanError for what no server can be asked."""
        if not 1 <= self.agents <= AGENTS_MAX:
            raise PlanError(f"agents: from 1 to {AGENTS_MAX:,}, not {self.agents:,}")
        if not (0 < self.rate < inf and 0 < self.seconds < inf):
            raise PlanError("rate and duration: above zero, and finite")
        if self.seconds > SECONDS_MAX:
            raise PlanError(f"duration: at most {SECONDS_MAX:,} s, as a token of the floor lives an hour")
        if self.share(Call.SOCKETS) and self.sockets < 1:
            raise PlanError("sockets: at least one where the mix has sockets=...")
        if self.count < 1:
            raise PlanError("rate and duration: together they make no single request; raise one of them")
        per_agent = self.count * self.share(*TRADING) / self.agents
        if per_agent > TRADES_PER_AGENT_MAX:
            needed = int(per_agent * self.agents / TRADES_PER_AGENT_MAX) + 1
            raise PlanError(
                f"agents: {per_agent:,.0f} trades for each are more than its monthly quota and its cash allow; "
                f"use --agents {needed} or more"
            )

    @property
    def count(self) -> int:
        """How many requests there are."""
        return int(self.rate * self.seconds + 1e-9)

    def share(self, *calls: Call) -> float:
        """Return the part of the requests that are of these kinds."""
        return sum(self.weights.get(call, 0) for call in calls) / sum(self.weights.values())

    def shots(self) -> Iterator[Shot]:
        """Yield all requests by the time at which they are due."""
        trades = reads = 0
        mixed = _mixed(self.weights)
        for number in range(self.count):
            call = next(mixed)
            due_s = number / self.rate
            if call is Call.READS:
                yield Shot(number, due_s, call, reads % self.agents)
                reads += 1
            else:
                rounds, agent = divmod(trades, self.agents)
                yield Shot(number, due_s, call, agent, is_sale=rounds % 2 == 1)
                trades += 1


def parse_mix(text: str) -> Mapping[Call, int]:
    """Return the weights in `trades=6,reads=3,sockets=1`. Raises PlanError."""
    weights: dict[Call, int] = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition("=")
        if name not in list(Call):
            raise PlanError(f"mix: {name!r} is no kind of request; there are {', '.join(Call)}, as in trades=6,reads=3")
        if not (weight.isascii() and weight.isdigit()) or len(weight) > 6:
            raise PlanError(f"mix: the weight of {name} is a whole number up to 999999, not {weight!r}")
        if Call(name) in weights:
            raise PlanError(f"mix: {name} stands there twice")
        weights[Call(name)] = int(weight)
    if not any(weights.values()):
        raise PlanError("mix: at least one weight is above zero")
    return weights


def _mixed(weights: Mapping[Call, int]) -> Iterator[Call]:
    """Yield kinds for ever, each as often as its weight asks and as evenly as it can be (smooth weighted round robin).

    After any number of them no kind is off its due part by a whole request.
    """
    total = sum(weights.values())
    credit = dict.fromkeys(weights, 0)
    while True:
        for call, weight in weights.items():
            credit[call] += weight
        chosen = max(credit, key=credit.__getitem__)
        credit[chosen] -= total
        yield chosen
