"""The port to the journal's storage: commits in, places in the log out; and what leaves through the outbox."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from actors.bars import Bar
from actors.book import Book
from actors.drawdown import Watermark
from actors.events import Event, Recorded
from actors.model import Agent, Principal, User
from actors.ports.metering import QuotaLimits, UsageEvent
from actors.ports.notifications import Notification, NotifyTarget
from actors.ports.oversight import DecisionRecord, OversightRequestRecord
from actors.quick import quick


@frozen
class IdempotencyClaim:
    """A request that must take effect once: whose key it is, the key, and a fingerprint of the request."""

    scope: str
    key: str
    fingerprint: str


@frozen
class UsageDelivery:
    """Usage events for the metering service, from one commit."""

    events: tuple[UsageEvent, ...]


@frozen
class ApprovalDelivery:
    """An approval request for the oversight service."""

    request: OversightRequestRecord


@frozen
class DecisionDelivery:
    """A decision taken on the floor, for the oversight service."""

    request_id: str
    decision: DecisionRecord


@frozen
class QuotaDelivery:
    """An agent's quota, new or changed, for the metering service."""

    agent_id: str
    limits: QuotaLimits


@frozen
class NotificationDelivery:
    """What happened in one commit, for Slack or for the agent's webhook; together, as a stop may resolve hundreds."""

    target: NotifyTarget
    notifications: tuple[Notification, ...]


Delivery = UsageDelivery | QuotaDelivery | ApprovalDelivery | DecisionDelivery | NotificationDelivery


class Channel(StrEnum):
    """Who takes a delivery; each channel is drained on its own, in order."""

    METERING = "metering"
    OVERSIGHT = "oversight"
    NOTIFY = "notify"


CHANNELS: Mapping[type[Delivery], Channel] = {
    UsageDelivery: Channel.METERING,
    QuotaDelivery: Channel.METERING,
    ApprovalDelivery: Channel.OVERSIGHT,
    DecisionDelivery: Channel.OVERSIGHT,
    NotificationDelivery: Channel.NOTIFY,
}


@quick
@frozen
class Commit:
    """All of one change, made durable together or not at all.

    `stream` is the id of what the events happened to. `agent` and `book` are the states they lead to, where they change
    one; `watermark` is kept with them and is no part of what the events lead to. `deliveries` leave through the outbox,
    at least once. With a `claim`, a second commit under the same key is not made; its events' last one stands for the
    answer.
    """

    stream: str
    at_us: int
    principal: Principal
    correlation_id: str | None
    events: tuple[Event, ...]
    agent: Agent | None = None
    book: Book | None = None
    users: tuple[User, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    claim: IdempotencyClaim | None = None
    watermark: Watermark | None = None


@frozen
class Committed:
    """The events of a commit in their places."""

    recorded: tuple[Recorded, ...]


@frozen
class AlreadyDone:
    """The idempotency key was claimed before; `answer` is the last event of the commit that did."""

    fingerprint: str
    answer: Recorded


@frozen
class ClientOrderIdTaken:
    """The agent has a trade under this clientOrderId already."""

    trade_id: str


@frozen
class EmailTaken:
    """Another person has this address already."""

    user_id: str


@frozen
class Unstorable:
    """The commit holds what cannot be stored, such as text that is no Unicode; `reason` says what."""

    reason: str


CommitResult = Committed | AlreadyDone | ClientOrderIdTaken | EmailTaken | Unstorable


@quick
@frozen
class OutboxEntry:
    """Something that waits to leave. `entry_id` grows with the order of commits."""

    entry_id: int
    stream: str
    correlation_id: str | None
    delivery: Delivery


@frozen
class Backlog:
    """What waits in one channel of the outbox: how much, and since when; `oldest_at_us` is None where nothing does."""

    entries: int
    """Counted up to a bound of the storage, so that a look costs little however much waits."""
    oldest_at_us: int | None


class JournalStore(Protocol):
    """Storage of the journal: one writer, many readers.

    Every method raises actors.errors.JournalUnavailable when the storage cannot do it now (disk full, locked); then
    nothing was changed.
    """

    async def commit(self, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        """Commit a batch as one durable transaction; the results stand in the order of the commits."""
        ...

    async def outbox(self, channel: Channel, after_entry_id: int, limit: int) -> Sequence[OutboxEntry]:
        """Return the next entries of one channel, oldest first."""
        ...

    async def save_prices(self, prices: Mapping[str, int], at_us: int) -> None:
        """Keep the last prices (micros per share, by symbol), from which the market goes on after a restart."""
        ...

    async def save_bars(self, bars: Sequence[Bar]) -> None:
        """Store bars of minutes; one of a minute that has a bar already goes on with it."""
        ...

    async def save_watermarks(self, watermarks: Sequence[Watermark]) -> None:
        """Keep the peaks of these agents' equity."""
        ...

    async def watermarks(self) -> Sequence[Watermark]:
        """Return every agent's peak that was kept."""
        ...

    async def delivered(self, entry_ids: Sequence[int]) -> None:
        """Remove entries that the receiver has taken."""
        ...

    async def purge(self, now_us: int) -> int:
        """Remove the rows of agents deleted more than 90 days ago, and return how many agents; events stay.

        With them go the bars of minutes older than actors.bars.MINUTES_KEPT_US; those of hours stay.
        """
        ...
