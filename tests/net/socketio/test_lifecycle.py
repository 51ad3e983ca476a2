"""The table of a session's life: what leads where, and that everything else is illegal."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.socketio.errors import IllegalStep
from net.socketio.lifecycle import OPEN_PHASES, Phase, Step, advance


def test_the_upgrade() -> None:
    """Polling, probed, upgraded; and back to polling when it is abandoned."""
    assert advance(Phase.POLLING, Step.PROBED) is Phase.UPGRADING
    assert advance(Phase.UPGRADING, Step.UPGRADED) is Phase.WEBSOCKET
    assert advance(Phase.UPGRADING, Step.ABANDONED) is Phase.POLLING


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase in OPEN_PHASES])
def test_every_open_phase_can_end_either_way(phase: Phase) -> None:
    """In good order it closes; cut, it is closed."""
    assert advance(phase, Step.SHUT) is Phase.CLOSING
    assert advance(phase, Step.CUT) is Phase.CLOSED


def test_illegal_steps_raise() -> None:
    """All but the eleven steps of the table."""
    illegal = 0
    for phase, step in product(Phase, Step):
        try:
            advance(phase, step)
        except IllegalStep:
            illegal += 1
    assert illegal == len(Phase) * len(Step) - 11


@given(st.lists(st.sampled_from(Step)))
def test_nothing_opens_again(steps: list[Step]) -> None:
    """Once a session is not open any more, no steps make it so."""
    phase, was_over = Phase.POLLING, False
    for step in steps:
        try:
            phase = advance(phase, step)
        except IllegalStep:
            continue
        was_over = was_over or phase not in OPEN_PHASES
        assert was_over == (phase not in OPEN_PHASES)
