"""A disk under the journal that may be full or slow, and that keeps what it has over the end of a process."""

import random
from collections.abc import Mapping, Sequence

import trio

from actors.errors import JournalUnavailable
from actors.events import Recorded
from actors.ports.journal import Channel, Commit, CommitResult
from simulations.ports.guarded import GuardedStore


class Disk(GuardedStore):
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
        self.require_writable()
        before_s = self.delay_s * self._rng.random()
        after_s = self.delay_s - before_s
        with trio.CancelScope(shield=True):
            await trio.sleep(before_s)
            self.require_writable()
            results = await super().commit(batch)
            await trio.sleep(after_s)
            self.require_readable()
        return results

    def require_readable(self) -> None:
        """Raise JournalUnavailable while there is no power."""
        if not self.is_powered:
            raise JournalUnavailable("the power is off")

    def require_writable(self) -> None:
        """Raise JournalUnavailable while there is no power or no room."""
        self.require_readable()
        if self.is_full:
            raise JournalUnavailable("the disk is full")
