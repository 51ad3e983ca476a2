"""The floor's database inside the loop, for simulations: the same file, written without threads."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import trio

from persistence.sqlite import Connection
from persistence.store import SqliteStore, open_store

ResultT = TypeVar("ResultT")
ArgumentTs = TypeVarTuple("ArgumentTs")


class InLoopSqliteStore(SqliteStore):
    """A `SqliteStore` that blocks the loop while it works: on a virtual clock no time passes meanwhile."""

    async def read(self, query: Callable[[Connection, *ArgumentTs], ResultT], *arguments: *ArgumentTs) -> ResultT:
        """Run a query here and now. Raises JournalUnavailable."""
        await trio.lowlevel.checkpoint()
        return self._query(query, *arguments)

    async def _write(self, work: Callable[[*ArgumentTs], ResultT], *arguments: *ArgumentTs) -> ResultT:
        await trio.lowlevel.checkpoint()
        self._require_open()
        return work(*arguments)


def open_in_loop(path: Path | str) -> InLoopSqliteStore:
    """Open a floor's database for a simulation. Raises what `open_store` does."""
    return open_store(path, InLoopSqliteStore)
