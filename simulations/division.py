"""Which agents of a scenario live on which of its floors.

A floor's agents are every so many of the scenario's, so each floor has its part of each group, and an agent is the same
one (its id, its terms, its random numbers) however many floors there are.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray


@frozen
class Floor:
    """One of so many floors; its number counts from 0."""

    number: int
    of: int

    @property
    def name(self) -> str:
        """How people call it."""
        return f"floor {self.number + 1}"

    def has(self, place: int) -> bool:
        """Say whether the agent at a place in the scenario is on this floor."""
        return place % self.of == self.number

    def part_of(self, whole: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what is this floor's of what all agents have, in the scenario's order."""
        return whole[self.number :: self.of]

    def places_of(self, own: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places in the scenario of agents that are known by their places on this floor."""
        return own * self.of + self.number


ONLY: Final = Floor(0, 1)
"""The floor of a scenario that is not divided."""


def floors(count: int) -> list[Floor]:
    """Return so many floors."""
    return [Floor(number, count) for number in range(count)]


def interleaved(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return for all agents, in the scenario's order, what each floor has of its own; agents are the last axis."""
    whole = np.empty((*parts[0].shape[:-1], sum(part.shape[-1] for part in parts)), dtype=parts[0].dtype)
    for number, part in enumerate(parts):
        whole[..., number :: len(parts)] = part
    return whole
