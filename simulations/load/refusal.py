"""Why a load cannot begin, out of whatever nurseries it came through."""

from collections.abc import Iterator
from contextlib import contextmanager


class LoadRefused(Exception):
    """The load cannot begin; the message says why, and what to do about it."""


@contextmanager
def refusing_plainly() -> Iterator[None]:
    """Let the first LoadRefused out of a group of nothing else; every other group stays as it is."""
    try:
        yield
    except BaseExceptionGroup as group:
        refused, others = group.split(LoadRefused)
        if refused is None or others is not None:
            raise
        first: BaseException = refused
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
