"""What strategies wished for and did not get: orders that were refused or cut, counted by agent and cause.

A refusal leaves no event, since nothing happened; its agent looks again later. Fleets of many make so many of them that
they are counted where they occur, and not kept one by one.
"""

import re
from collections.abc import Iterator

from attrs import evolve, frozen

from supervisor import Refusal

NOTHING_TAKEN = "market too thin"
PART_TAKEN = "cut by a thin market"
"""What a thin market makes of an order that is larger than what it takes at once; the rest is ordered later."""

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")


@frozen
class Refused:
    """So many orders of one agent for one cause, the first and the last time in microseconds since the epoch."""

    agent_id: str
    cause: str
    orders: int
    first_at_us: int
    last_at_us: int


class Refusals:
    """Counts refused orders; the agents and portfolios of a floor add to it."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, str], Refused] = {}

    def __iter__(self) -> Iterator[Refused]:
        """Yield what was counted, in the order in which it began."""
        return iter(self._refused.values())

    def add(self, agent_id: str, cause: str, at_us: int) -> None:
        """Count an order of an agent that was refused or cut."""
        known = self._refused.get((agent_id, cause))
        self._refused[agent_id, cause] = (
            Refused(agent_id, cause, 1, at_us, at_us)
            if known is None
            else evolve(known, orders=known.orders + 1, last_at_us=at_us)
        )


def cause_of(refusal: Refusal) -> str:
    """Return the cause of a refusal in words: `InsufficientFunds` is `insufficient funds`."""
    return _HUMP.sub(" ", type(refusal).__name__).lower()
