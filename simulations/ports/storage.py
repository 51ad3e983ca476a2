"""The journal's storage as a simulation sees it: any store inside the loop, failing on request."""

from collections.abc import Mapping, Sequence

from actors.bars import Bar
from actors.drawdown import Watermark
from actors.errors import JournalUnavailable
from actors.ports.journal import Channel, Commit, CommitResult, JournalStore, OutboxEntry


class FaultyStorage:
    """Implements JournalStore on another one. While `unavailable`, every call fails as with a full disk.

    `failure` is why the other one refused a commit itself, which no scenario asked for.
    """

    def __init__(self, store: JournalStore) -> None:
        self._store = store
        self.unavailable = False
        self.failure: JournalUnavailable | None = None

    async def commit(self, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        """Commit a batch as one transaction."""
        store = self._now
        try:
            return await store.commit(batch)
        except JournalUnavailable as error:
            self.failure = error
            raise

    async def outbox(self, channel: Channel, after_entry_id: int, limit: int) -> Sequence[OutboxEntry]:
        """Return the next entries of one channel, oldest first."""
        return await self._now.outbox(channel, after_entry_id, limit)

    async def save_prices(self, prices: Mapping[str, int], at_us: int) -> None:
        """Keep the last prices."""
        await self._now.save_prices(prices, at_us)

    async def save_bars(self, bars: Sequence[Bar]) -> None:
        """Store bars of minutes."""
        await self._now.save_bars(bars)

    async def save_watermarks(self, watermarks: Sequence[Watermark]) -> None:
        """Keep the peaks of these agents' equity."""
        await self._now.save_watermarks(watermarks)

    async def watermarks(self) -> Sequence[Watermark]:
        """Return every agent's peak that was kept."""
        return await self._now.watermarks()

    async def delivered(self, entry_ids: Sequence[int]) -> None:
        """Remove entries that the receiver has taken."""
        await self._now.delivered(entry_ids)

    async def purge(self, now_us: int) -> int:
        """Remove what belongs to agents deleted more than 90 days ago."""
        return await self._now.purge(now_us)

    @property
    def _now(self) -> JournalStore:
        if self.unavailable:
            raise JournalUnavailable("the scenario lets the storage fail")
        return self._store
