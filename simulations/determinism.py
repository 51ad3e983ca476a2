"""The one place that makes trio's scheduling the same in every run.

It reaches into trio's internals, so trio is pinned. Trio shuffles the tasks that are ready in each pass of its loop, on
purpose, with a generator of its own. With that generator seeded, and with the ready tasks put in the order of their
making first, two processes that do the same do it in the same order.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from trio._core import _run


@contextmanager
def deterministic_scheduling(seed: int) -> Iterator[None]:
    """Give every `trio.run` in a block of code one order of its tasks, which follows from the seed."""
    state = _run._r.getstate()  # noqa: SLF001 - see above
    before = _run._ALLOW_DETERMINISTIC_SCHEDULING  # noqa: SLF001
    _run._r.seed(seed)  # noqa: SLF001
    _run._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc] # noqa: SLF001
    try:
        yield
    finally:
        _run._r.setstate(state)  # noqa: SLF001
        _run._ALLOW_DETERMINISTIC_SCHEDULING = before  # type: ignore[misc] # noqa: SLF001
