"""Storage for runs that nobody will ask about their past: what is committed is published and then forgotten.

A fleet of 100,000 leaves a million events, which live in the log of the run and in its tables anyway.
"""

from collections import defaultdict
from collections.abc import Iterator

from actors.events import Recorded, TradeCreated
from actors.ports.journal import Commit
from persistence.memory import MemoryStore


class FleetingStore(MemoryStore):
    """A `MemoryStore` without a history: it has agents, books, outbox, claims and the count of events; no events."""

    def __init__(self) -> None:
        super().__init__()
        self._seq = 0
        self._stream_seqs: defaultdict[str, int] = defaultdict(int)

    def last_seq(self) -> int:
        """Return the sequence of the last event, 0 where there was none."""
        return self._seq

    def _append(self, commit: Commit) -> Iterator[Recorded]:
        stream, at_us, correlation_id, principal = commit.stream, commit.at_us, commit.correlation_id, commit.principal
        seq, stream_seq = self._seq, self._stream_seqs[stream]
        self._seq += len(commit.events)
        self._stream_seqs[stream] += len(commit.events)
        for place, event in enumerate(commit.events, start=1):
            if isinstance(event, TradeCreated):
                self._remember_client_order(event.trade)
            yield Recorded(seq + place, stream, stream_seq + place, at_us, correlation_id, principal, event)
