"""Context variables: whose handler is running, and for which request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supervisor.cell import Cell

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
"""Ties together what happens because of one request; set it at the edge, actors carry it along."""

current_cell: ContextVar["Cell | None"] = ContextVar("current_cell", default=None)
"""The cell whose handler runs; None outside actors and in the tasks that actors start."""


owner_path: ContextVar[str | None] = ContextVar("owner_path", default=None)
"""The path of the actor that started a task, or what that task came from; None in the tasks of actors themselves."""


@contextmanager
def correlated(correlation: str | None) -> Iterator[None]:
    """Do what a block does because of a request that came earlier, and that is known by its correlation id alone."""
    token = correlation_id.set(correlation)
    try:
        yield
    finally:
        correlation_id.reset(token)
