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
    """A `SqliteStore` that blocks the loop while it works: on a virtual clock no time passes meanwhile.

    Each call lets others run once, as those of a `MemoryStore` do: a run is the same one with a database and without.
    """

    _is_purging = False

    async def purge(self, now_us: int) -> int:
        """Remove what belongs to agents deleted long ago, all of it in one call. Raises JournalUnavailable."""
        await trio.lowlevel.checkpoint()
        self._is_purging = True
        try:
            return await super().purge(now_us)
        finally:
            self._is_purging = False

    async def read(self, query: Callable[[Connection, *ArgumentTs], ResultT], *arguments: *ArgumentTs) -> ResultT:
        """Run a query here and now. Raises JournalUnavailable."""
        await self._let_others_run()
        return self._query(query, *arguments)

    async def _write(self, work: Callable[[*ArgumentTs], ResultT], *arguments: *ArgumentTs) -> ResultT:
        await self._let_others_run()
        self._require_open()
        return work(*arguments)

    async def _let_others_run(self) -> None:
        if not self._is_purging:
            await trio.lowlevel.checkpoint()


def open_in_loop(path: Path | str) -> InLoopSqliteStore:
    """Open a floor's database for a simulation. Raises what `open_store` does."""
    return open_store(path, InLoopSqliteStore)
