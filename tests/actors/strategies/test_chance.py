"""Tests of the random numbers of a strategy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.strategies.chance import stream_of


@given(st.integers(min_value=0, max_value=2**100), st.text(max_size=30))
def test_a_stream_is_that_of_the_seed_and_the_letters_of_the_id(seed: int, agent_id: str) -> None:
    """The numbers are those that NumPy gives to the list of both, which every digest rests on."""
    expected = np.random.default_rng([seed, *agent_id.encode()])

    assert stream_of(seed, agent_id).bit_generator.state == expected.bit_generator.state
