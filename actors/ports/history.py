"""The port to what was committed: queries of the past, and what a start recovers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from actors.bars import Bar, Interval
from actors.book import Book
from actors.equity import Execution
from actors.events import Recorded
from actors.model import Agent, Approval, ApprovalStatus, Trade, TradeStatus, Usage, User
from actors.ports.journal import IdempotencyClaim

ItemT = TypeVar("ItemT")


@frozen
class Page(Generic[ItemT]):
    """A page of a listing, newest first. `next_cursor` asks for the following page; None: this was the last."""

    items: tuple[ItemT, ...]
    next_cursor: str | None


@frozen
class TradeQuery:
    """Which trades of an agent: None means all. Times are microseconds since the epoch, `to_us` exclusive."""

    agent_id: str
    status: TradeStatus | None = None
    symbol: str | None = None
    from_us: int | None = None
    to_us: int | None = None
    limit: int = 50
    cursor: str | None = None


@frozen
class ApprovalQuery:
    """Which approvals: of these owners' agents (None: of all), of this status (None: any)."""

    user_id: str | None = None
    agent_id: str | None = None
    status: ApprovalStatus | None = None
    limit: int = 50
    cursor: str | None = None


@frozen
class AuditEntry:
    """An event that the audit shows, with the hash that binds it to all events before it."""

    recorded: Recorded
    hash: bytes


@frozen
class LogEntry:
    """An event with the hash that it is bound by, and the hash of the event before it, which that covers, too.

    `holds` says whether the hash is the one that follows from both.
    """

    recorded: Recorded
    hash: bytes
    previous_hash: bytes
    holds: bool


class BadCursor(ValueError):
    """A cursor was not handed out by this listing."""


class History(Protocol):
    """Queries of what was committed. Readers never wait for the writer."""

    async def trade(self, agent_id: str, trade_id: str) -> Trade | None:
        """Return a trade of an agent, whatever became of it."""
        ...

    async def trades(self, query: TradeQuery) -> Page[Trade]:
        """List trades, newest first. Raises BadCursor."""
        ...

    async def approval(self, request_id: str) -> tuple[Approval, Trade] | None:
        """Return an approval and its trade, whatever became of them."""
        ...

    async def approvals(self, query: ApprovalQuery) -> Page[tuple[Approval, Trade]]:
        """List approvals with their trades, newest first. Raises BadCursor."""
        ...

    async def usage(self, agent_id: str, period: str) -> Usage | None:
        """Return what an agent used in a month (`YYYY-MM`), None where it used nothing."""
        ...

    async def events(self, streams: Sequence[str] | None, after_seq: int, limit: int) -> Sequence[Recorded]:
        """Return events by sequence: of these streams, or of all with None."""
        ...

    async def events_before(self, stream: str, before_seq: int, limit: int) -> Sequence[Recorded]:
        """Return the events of a stream before a sequence, newest first."""
        ...

    async def entry(self, seq: int) -> LogEntry | None:
        """Return the event with a sequence in its place in the chain, None where there is none."""
        ...

    async def audit(self, after_seq: int, limit: int) -> Sequence[AuditEntry]:
        """Return the events of the classes in actors.audit.AUDITED by sequence, oldest first."""
        ...

    async def audit_before(self, before_seq: int, limit: int) -> Sequence[AuditEntry]:
        """Return those of them before a sequence, newest first."""
        ...

    async def claimed(self, claim: IdempotencyClaim) -> tuple[str, Recorded] | None:
        """Return the fingerprint and the answering event of a claimed idempotency key, None where it is free."""
        ...

    async def executions(self, agent_id: str, before_seq: int, limit: int) -> Sequence[Execution]:
        """Return the next fills of an agent before a sequence of the log, the newest first."""
        ...

    async def bars(self, symbol: str, from_us: int, to_us: int, interval: Interval) -> Sequence[Bar]:
        """Return the bars of a symbol from a time on the grid of the interval to before another, the oldest first.

        Only whole minutes before `to_us` count; the last bar ends there where that is not on the grid.
        """
        ...

    async def closes(self, symbols: Sequence[str], moments_us: Sequence[int]) -> Mapping[str, Sequence[int | None]]:
        """Return the last price of each symbol that was stored of before each of these whole minutes, None for none."""
        ...

    async def user_by_email(self, email: str) -> User | None:
        """Return the person with this address, compared without case."""
        ...

    async def user(self, user_id: str) -> User | None:
        """Return a person."""
        ...

    async def check(self) -> None:
        """Raise JournalUnavailable when the storage cannot be read."""
        ...


class Recovery(Protocol):
    """What a start finds in the storage, read before any actor runs."""

    def agents(self) -> Iterator[tuple[Agent, Book]]:
        """Yield every agent that is not deleted, with its book."""
        ...

    def prices(self) -> Mapping[str, int]:
        """Return the last prices that were kept (micros per share, by symbol), empty at the first start."""
        ...

    def last_seq(self) -> int:
        """Return the sequence of the last event, 0 where there is none."""
        ...
