"""A disk under the journal that may be full or slow, and that keeps what it has over the end of a process."""

import random
from collections.abc import Mapping, Sequence

import trio

from actors.bars import Bar
from actors.drawdown import Watermark
from actors.errors import JournalUnavailable
from actors.events import Recorded
from actors.ports.journal import Channel, Commit, CommitResult, OutboxEntry
from persistence.memory import MemoryStore


class Disk(MemoryStore):
    """Storage whose commits take time, begun ones ending whatever becomes of who asked, as in the writer's thread.

    `is_powered` is false between a crash and the next start: a commit that has not been made durable by then never is.
    """

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.is_full = False
        self.is_powered = True
        self.delay_s = 0.0
        self._rng = rng

    @property
    def log(self) -> Sequence[Recorded]:
        """What is durable, oldest first."""
        return self._log

    def waiting(self) -> Mapping[Channel, int]:
        """Return how many entries of each channel of the outbox have not left yet."""
        return {channel: len(entries) for channel, entries in self._outbox.items() if entries}

    async def commit(self, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        """Commit a batch. The power may go before it is durable, or after, when nobody is told any more."""
        self._require()
        before_s = self.delay_s * self._rng.random()
        after_s = self.delay_s - before_s
        with trio.CancelScope(shield=True):
            await trio.sleep(before_s)
            self._require()
            results = await super().commit(batch)
            await trio.sleep(after_s)
            self._require_power()
        return results

    async def outbox(self, channel: Channel, after_entry_id: int, limit: int) -> Sequence[OutboxEntry]:
        """Return the next entries."""
        self._require_power()
        return await super().outbox(channel, after_entry_id, limit)

    async def delivered(self, entry_ids: Sequence[int]) -> None:
        """Remove entries."""
        self._require()
        await super().delivered(entry_ids)

    async def save_prices(self, prices: Mapping[str, int], at_us: int) -> None:
        """Keep the last prices."""
        self._require()
        await super().save_prices(prices, at_us)

    async def save_bars(self, bars: Sequence[Bar]) -> None:
        """Store bars of minutes."""
        self._require()
        await super().save_bars(bars)

    async def save_watermarks(self, watermarks: Sequence[Watermark]) -> None:
        """Keep peaks."""
        self._require()
        await super().save_watermarks(watermarks)

    async def watermarks(self) -> Sequence[Watermark]:
        """Return the peaks that were kept."""
        self._require_power()
        return await super().watermarks()

    async def purge(self, now_us: int) -> int:
        """Remove what belongs to agents deleted more than 90 days ago."""
        self._require()
        return await super().purge(now_us)

    def _require(self) -> None:
        self._require_power()
        if self.is_full:
            raise JournalUnavailable("the disk is full")

    def _require_power(self) -> None:
        if not self.is_powered:
            raise JournalUnavailable("the power is off")
