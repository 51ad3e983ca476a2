"""Replay of recorded prices: row by row, of all symbols or of some."""

import numpy as np
import pytest

from actors.prices.base import InvalidModelError
from actors.prices.replay import Replay

ROWS = np.array([[10, 20, 30], [11, 21, 31]], dtype=np.int64)


def test_some_symbols_in_another_order() -> None:
    """Each keeps its own prices, and the times are those of the whole."""
    some = Replay(("A", "B", "C"), (1_000, 2_000), ROWS).of(("C", "A"))

    assert some.symbols == ("C", "A")
    assert some.open_micros().tolist() == [30, 10]
    assert some.step(1.0).tolist() == [31, 11]
    assert (some.recorded_at_us, some.remaining) == (2_000, 0)


def test_a_symbol_that_was_not_recorded_is_refused() -> None:
    """With those that were."""
    with pytest.raises(InvalidModelError, match="no symbol 'D'; there are A, B, C"):
        Replay(("A", "B", "C"), (1_000, 2_000), ROWS).of(("A", "D"))
