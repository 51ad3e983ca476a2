"""Random numbers of a simulation by purpose: what one part draws shifts nothing in another."""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream's numbers are for. They are part of every run's digest: never change one."""

    POPULATION = 100
    APPROVERS = 101
    FAULTS = 102


def stream(seed: int, purpose: Purpose, number: int) -> np.random.Generator:
    """Return the generator that belongs to a seed, a purpose and a number, and to nothing else."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, number)))
