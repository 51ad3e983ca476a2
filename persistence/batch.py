"""From commits to rows: what one transaction inserts and changes, gathered by table so that each is written at once.

Within a batch the last state of an agent, book, trade or approval wins; the steps between are in the log.
"""

from attrs import define, field

from actors.events import Recorded, TradeCreated
from actors.model import User
from actors.ports.journal import CHANNELS, Commit, Committed, IdempotencyClaim
from persistence import codec
from persistence.chain import link
from persistence.limits import DELIVERIES_PER_COMMIT_MAX
from persistence.rows import Row, agent_row, event_row, portfolio_row, usage_row, watermark_row
from persistence.snapshots import Snapshots


@define
class Batch:
    """The rows of one transaction, and the end of the log after it: its last sequence and hash."""

    seq: int
    head: bytes
    stream_seqs: dict[str, int] = field(factory=dict)
    events: list[Row] = field(factory=list)
    snapshots: Snapshots = field(factory=Snapshots)
    agents: dict[str, Row] = field(factory=dict)
    portfolios: dict[str, Row] = field(factory=dict)
    usage: dict[tuple[str, str], Row] = field(factory=dict)
    client_orders: dict[tuple[str, str], str] = field(factory=dict)
    users: dict[str, User] = field(factory=dict)
    watermarks: dict[str, Row] = field(factory=dict)
    outbox: list[Row] = field(factory=list)
    claims: dict[tuple[str, str], tuple[IdempotencyClaim, Recorded]] = field(factory=dict)

    def add(self, commit: Commit, stream_seq: int) -> Committed:
        """Give a commit's events their places after `stream_seq`, the last of its stream, and gather its rows.

        Raises ValueError for a commit that the log cannot hold (see `check`), TypeError for text that is no Unicode;
        the batch is of no use then.
        """
        check(commit)
        recorded = self._append(commit, stream_seq)
        for place in recorded:
            self.snapshots.add(place)
            self._note_client_order(place)
        self._state(commit)
        for entry_id, delivery in enumerate(commit.deliveries, self.seq * DELIVERIES_PER_COMMIT_MAX):
            self.outbox.append(
                (CHANNELS[type(delivery)].value, entry_id, codec.delivery_name(delivery), codec.encode(delivery))
            )
        if commit.claim is not None:
            self.claims[commit.claim.scope, commit.claim.key] = (commit.claim, recorded[-1])
        return Committed(recorded)

    def _append(self, commit: Commit, stream_seq: int) -> tuple[Recorded, ...]:
        principal = codec.encode(commit.principal)
        recorded = []
        for event in commit.events:
            self.seq += 1
            stream_seq += 1
            place = Recorded(
                self.seq, commit.stream, stream_seq, commit.at_us, commit.correlation_id, commit.principal, event
            )
            row = event_row(place, principal)
            self.head = link(self.head, row)
            self.events.append((*row, self.head))
            recorded.append(place)
        self.stream_seqs[commit.stream] = stream_seq
        return tuple(recorded)

    def _note_client_order(self, place: Recorded) -> None:
        if isinstance(place.event, TradeCreated) and place.event.trade.client_order_id is not None:
            trade = place.event.trade
            self.client_orders[trade.agent_id, place.event.trade.client_order_id] = trade.trade_id

    def _state(self, commit: Commit) -> None:
        if commit.agent is not None:
            self.agents[commit.agent.agent_id] = agent_row(commit.agent)
        if commit.book is not None:
            usage = commit.book.usage
            self.portfolios[usage.agent_id] = portfolio_row(commit.book)
            self.usage[usage.agent_id, usage.period] = usage_row(usage)
        if commit.watermark is not None:
            self.watermarks[commit.watermark.agent_id] = watermark_row(commit.watermark)
        for user in commit.users:
            self.users[user.user_id] = user


def check(commit: Commit) -> None:
    """Raise ValueError for a commit with more deliveries than ids for them, or a delivery or claim without an event."""
    if (commit.deliveries or commit.claim) and not commit.events:
        raise ValueError(f"a commit to {commit.stream} has deliveries or a claim, and no event they belong to")
    if len(commit.deliveries) > DELIVERIES_PER_COMMIT_MAX:
        raise ValueError(f"a commit to {commit.stream} has {len(commit.deliveries)} deliveries")
