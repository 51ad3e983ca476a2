"""Tests of the random numbers of a strategy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.strategies.chance import stream_of

seeds = st.integers(min_value=0, max_value=2**100)


@given(seeds, st.text(max_size=30))
def test_a_stream_follows_from_the_seed_and_the_id(seed: int, agent_id: str) -> None:
    """The same two give the same numbers."""
    assert stream_of(seed, agent_id).bit_generator.state == stream_of(seed, agent_id).bit_generator.state


@given(st.lists(st.tuples(seeds, st.text(max_size=30)), min_size=2, max_size=2, unique=True))
def test_no_two_agents_and_no_two_seeds_share_a_stream(pair: list[tuple[int, str]]) -> None:
    """Whatever the seeds and the ids."""
    (one, other) = (stream_of(seed, agent_id).bit_generator.state for seed, agent_id in pair)
    assert one != other


def test_the_numbers_are_the_same_on_every_machine() -> None:
    """Every digest of a run rests on them."""
    assert stream_of(11, "agt_1").integers(1_000, size=5).tolist() == [265, 408, 407, 459, 51]


def test_streams_that_begin_alike_are_independent() -> None:
    """The means of the first numbers of many agents are those of a thousand throws of a fair coin."""
    firsts = np.array([stream_of(1, f"agt_{number}").random(2) for number in range(4_000)])
    assert np.abs(firsts.mean(axis=0) - 0.5).max() < 4 * np.sqrt(1 / 12 / len(firsts))
    assert abs(np.corrcoef(firsts.T)[0, 1]) < 4 / np.sqrt(len(firsts))
