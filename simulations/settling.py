"""The memory of a fleet that runs: its garbage collector, which finds next to nothing, and how large it became."""

import gc
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (3_000_000, 50, 100)
"""How many new objects, and collections of the younger generations, one of each generation waits for.

While it goes a run leaves no cycles but those of its refusals, and to look once through what it made is a twentieth of
its time. So a collection waits for as many objects as 50,000 agents are made of, which is a floor of the largest
scenario.
"""

_KIB_A_MIB: Final = 1_024.0
"""The system counts the memory of a process in kibibytes."""


def memory_mib_max() -> float:
    """Return the peak of this process's memory so far, in mebibytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_A_MIB


@contextmanager
def few_collections() -> Iterator[None]:
    """Collect seldom in a block of code, and leave out what lives at its beginning."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
