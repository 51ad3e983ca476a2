"""The garbage collector while a fleet runs: it finds next to nothing, and what it looks through is large."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (100_000, 50, 100)
"""How many new objects, and collections of the younger generations, one of each generation waits for."""


@contextmanager
def few_collections() -> Iterator[None]:
    """Collect seldom in a block of code, and leave out what lives at its beginning."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
