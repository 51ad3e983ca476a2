"""Storage in memory that can be out of order: what chaos and the tests of a headless floor take for their disk."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from actors.bars import Bar
from actors.drawdown import Watermark
from actors.ports.journal import Channel, OutboxEntry
from persistence.memory import MemoryStore


class GuardedStore(MemoryStore, ABC):
    """A `MemoryStore` that asks before each use as the journal's storage whether it can read, or write, just now.

    Commits take their time, so how they are guarded is its subclasses' own matter.
    """

    @abstractmethod
    def require_readable(self) -> None:
        """Raise JournalUnavailable where it cannot be read."""

    @abstractmethod
    def require_writable(self) -> None:
        """Raise JournalUnavailable where it cannot be written to."""

    async def outbox(self, channel: Channel, after_entry_id: int, limit: int) -> Sequence[OutboxEntry]:
        """Return the next entries."""
        self.require_readable()
        return await super().outbox(channel, after_entry_id, limit)

    async def delivered(self, entry_ids: Sequence[int]) -> None:
        """Remove entries."""
        self.require_writable()
        await super().delivered(entry_ids)

    async def save_prices(self, prices: Mapping[str, int], at_us: int) -> None:
        """Keep the last prices."""
        self.require_writable()
        await super().save_prices(prices, at_us)

    async def save_bars(self, bars: Sequence[Bar]) -> None:
        """Store bars of minutes."""
        self.require_writable()
        await super().save_bars(bars)

    async def save_watermarks(self, watermarks: Sequence[Watermark]) -> None:
        """Keep peaks."""
        self.require_writable()
        await super().save_watermarks(watermarks)

    async def watermarks(self) -> Sequence[Watermark]:
        """Return the peaks that were kept."""
        self.require_readable()
        return await super().watermarks()

    async def purge(self, now_us: int) -> int:
        """Remove what belongs to agents deleted more than 90 days ago."""
        self.require_writable()
        return await super().purge(now_us)
