"""Random numbers of a strategy: each agent draws from a stream of its own."""

from typing import Final

import numpy as np

_WORD_BITS: Final = 32


def stream_of(seed: int, agent_id: str) -> np.random.Generator:
    """Return the generator that belongs to a seed, zero or more, and to an agent.

    It is the one of `default_rng([seed, *agent_id.encode()])`. NumPy puts such a list into words number by number, and
    that takes as long as all the rest of making a generator, of which every agent has one.
    """
    words = [seed >> shift & 0xFFFFFFFF for shift in range(0, max(seed.bit_length(), 1), _WORD_BITS)]
    return np.random.default_rng(np.array([*words, *agent_id.encode()], dtype=np.uint32))
