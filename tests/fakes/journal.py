"""The journal's storage in memory, failing on request; what it answers is covered by the contract of the stores."""

from collections.abc import Mapping, Sequence

from actors.bars import Bar
from actors.errors import JournalUnavailable
from actors.ports.journal import Channel, Commit, CommitResult, OutboxEntry
from persistence.memory import MemoryStore


class FakeJournalStore(MemoryStore):
    """Satisfies JournalStore, History and Recovery inside the loop, without threads."""

    def __init__(self) -> None:
        super().__init__()
        self.unavailable = False
        """While true, every write and every look into the outbox fails as with a full disk, and changes nothing."""
        self.batches: list[tuple[Commit, ...]] = []
        """What was handed to `commit`, also when it failed."""

    async def commit(self, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        """Commit a batch."""
        self.batches.append(tuple(batch))
        self._require_available()
        return await super().commit(batch)

    async def save_prices(self, prices: Mapping[str, int], at_us: int) -> None:
        """Keep the last prices."""
        self._require_available()
        await super().save_prices(prices, at_us)

    async def save_bars(self, bars: Sequence[Bar]) -> None:
        """Store bars of minutes."""
        self._require_available()
        await super().save_bars(bars)

    async def delivered(self, entry_ids: Sequence[int]) -> None:
        """Remove entries that the receiver has taken."""
        self._require_available()
        await super().delivered(entry_ids)

    async def outbox(self, channel: Channel, after_entry_id: int, limit: int) -> Sequence[OutboxEntry]:
        """Return the next entries of one channel, oldest first."""
        self._require_available()
        return await super().outbox(channel, after_entry_id, limit)

    async def purge(self, now_us: int) -> int:
        """Remove what belongs to agents deleted more than 90 days ago."""
        self._require_available()
        return await super().purge(now_us)

    async def check(self) -> None:
        """Raise JournalUnavailable while unavailable."""
        self._require_available()
        await super().check()

    def _require_available(self) -> None:
        if self.unavailable:
            raise JournalUnavailable("the fake store was told to fail")
