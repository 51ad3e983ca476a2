"""The benchmark of the journal measures what it says it does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from actors.ports.journal import Commit, JournalStore
from simulations.bench.journal import TRADES_QUICK, Append, group_commit, run


def test_each_number_of_portfolios_has_its_figure_and_bound() -> None:
    """And every trade goes through the journal that was handed in."""
    appended: list[Commit] = []

    @asynccontextmanager
    async def counted(store: JournalStore) -> AsyncIterator[Append]:
        async with group_commit(store) as append:

            async def append_and_count(commit: Commit) -> None:
                await append(commit)
                appended.append(commit)

            yield append_and_count

    figures = run(quick=True, journal=counted)

    assert [figure.name.split()[2] for figure in figures] == ["1", "16", "256"]
    assert all(figure.value > 0 and figure.ratio is not None and figure.ratio > 0 for figure in figures)
    assert [figure.ratio_min for figure in figures] == [None, None, 0.5]
    assert len(appended) == sum(TRADES_QUICK.values())
