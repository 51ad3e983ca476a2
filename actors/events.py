"""What happened, as committed: the events of the floor, each with the name it has in the log and on the sockets.

An event carries the whole trade, approval or agent as it stands afterwards, so that a reader of the log or of a socket
needs nothing else. The journal gives it its place: a sequence over the whole floor and one within its stream.
"""

from typing import ClassVar

from attrs import frozen

from actors.model import Agent, Approval, Principal, Trade
from actors.quick import quick


@frozen
class AgentCreated:
    """An agent was made, paused, its budget in cash."""

    type: ClassVar[str] = "agent.created"
    agent: Agent


@frozen
class AgentUpdated:
    """An agent's settings changed."""

    type: ClassVar[str] = "agent.updated"
    agent: Agent


@frozen
class AgentStatusChanged:
    """An agent was paused, resumed, stopped, deleted, or failed (the agent says why)."""

    type: ClassVar[str] = "agent.status"
    agent: Agent


@frozen
class TradeCreated:
    """A trade was accepted: one API call used, and a reservation made where it does not fill at once."""

    type: ClassVar[str] = "trade.created"
    trade: Trade


@frozen
class TradeTriggered:
    """The price reached the stop of a stop-limit order, which waits for its limit from now on."""

    type: ClassVar[str] = "trade.triggered"
    trade: Trade


@frozen
class TradeExecuted:
    """A trade was filled and posted."""

    type: ClassVar[str] = "trade.executed"
    trade: Trade


@frozen
class TradeFailed:
    """A trade ended without a fill; its reservation was released."""

    type: ClassVar[str] = "trade.failed"
    trade: Trade


@frozen
class TradeCancelled:
    """A trade was taken back, or the day ended before it filled (`expired`); its reservation was released."""

    type: ClassVar[str] = "trade.cancelled"
    trade: Trade


@frozen
class ApprovalRequested:
    """A trade waits for a human; its cash or shares are reserved."""

    type: ClassVar[str] = "oversight.request"
    approval: Approval
    trade: Trade


@frozen
class ApprovalApproved:
    """A human, or the oversight service, approved; what the trade did follows as its own event."""

    type: ClassVar[str] = "oversight.approved"
    approval: Approval
    trade: Trade


@frozen
class ApprovalRejected:
    """A human rejected; the reservation was released."""

    type: ClassVar[str] = "oversight.rejected"
    approval: Approval
    trade: Trade


@frozen
class ApprovalExpired:
    """Nobody decided in time; the reservation was released."""

    type: ClassVar[str] = "oversight.expired"
    approval: Approval
    trade: Trade


@frozen
class ApprovalCancelled:
    """The trade was cancelled before anybody decided; the cancelled trade follows as its own event."""

    type: ClassVar[str] = "oversight.cancelled"
    approval: Approval
    trade: Trade


@frozen
class UsageAlert:
    """A quota, or a drawdown, crossed the threshold `percent`.

    `kind` is `apiCalls`, `budget` or `drawdown`. `used` and `limit` are calls, or micros; of a drawdown they are the
    equity and the peak that it fell from.
    """

    type: ClassVar[str] = "usage.alert"
    agent_id: str
    kind: str
    percent: int
    used: int
    limit: int
    period: str


@frozen
class UserChanged:
    """A person was added, or their role or standing changed. No secret is in it."""

    type: ClassVar[str] = "user.changed"
    user_id: str
    email: str
    role: str
    disabled: bool


@frozen
class UserPasswordChanged:
    """A person has another password from now on."""

    type: ClassVar[str] = "user.password_changed"
    user_id: str


@frozen
class UserSignedIn:
    """A person signed in, which opened a family of refresh tokens; it is good until `expires_at_us`."""

    type: ClassVar[str] = "user.signed_in"
    user_id: str
    family_id: str
    expires_at_us: int


@frozen
class UserRefreshed:
    """A refresh token was exchanged for the next one of its family."""

    type: ClassVar[str] = "user.refreshed"
    user_id: str
    family_id: str


@frozen
class UserSignedOut:
    """A sign-in was ended: its tokens are good no more."""

    type: ClassVar[str] = "user.signed_out"
    user_id: str
    family_id: str


@frozen
class UserRefreshReused:
    """A refresh token came that was not its family's newest: stolen, here or there. The family was revoked."""

    type: ClassVar[str] = "user.refresh_reused"
    user_id: str
    family_id: str


@frozen
class KeyCreated:
    """A key was made with which a program trades for an agent. It belongs to the person in whose stream this stands."""

    type: ClassVar[str] = "key.created"
    key_id: str
    agent_id: str
    user_id: str
    name: str


@frozen
class KeyRevoked:
    """An agent's key is good no more."""

    type: ClassVar[str] = "key.revoked"
    key_id: str
    agent_id: str
    user_id: str


@frozen
class ControlAction:
    """An operator did something to actors: `verb` pause, resume, stop, restart or trace, to what `target` names.

    With the verbs simulate, cancel and remove it is a simulation beside the floor.
    `target` is a path or a pattern of paths, `actors` how many actors that was with all below it.
    """

    type: ClassVar[str] = "control.action"
    verb: str
    target: str
    reason: str
    actors: int


AgentEventRecord = AgentCreated | AgentUpdated | AgentStatusChanged
TradeEventRecord = TradeCreated | TradeTriggered | TradeExecuted | TradeFailed | TradeCancelled
ApprovalEventRecord = ApprovalRequested | ApprovalApproved | ApprovalRejected | ApprovalExpired | ApprovalCancelled
BookEvent = TradeEventRecord | ApprovalEventRecord | UsageAlert
SignInEventRecord = UserSignedIn | UserRefreshed | UserSignedOut | UserRefreshReused
KeyEventRecord = KeyCreated | KeyRevoked
UserEventRecord = UserChanged | UserPasswordChanged | SignInEventRecord | KeyEventRecord
Event = AgentEventRecord | BookEvent | UserEventRecord | ControlAction

EVENT_CLASSES: tuple[type[Event], ...] = (
    AgentCreated,
    AgentUpdated,
    AgentStatusChanged,
    TradeCreated,
    TradeTriggered,
    TradeExecuted,
    TradeFailed,
    TradeCancelled,
    ApprovalRequested,
    ApprovalApproved,
    ApprovalRejected,
    ApprovalExpired,
    ApprovalCancelled,
    UsageAlert,
    UserChanged,
    UserPasswordChanged,
    UserSignedIn,
    UserRefreshed,
    UserSignedOut,
    UserRefreshReused,
    KeyCreated,
    KeyRevoked,
    ControlAction,
)


@quick
@frozen
class Recorded:
    """An event in its place: `seq` over the whole floor, `stream_seq` within its stream, both counted from 1."""

    seq: int
    stream: str
    stream_seq: int
    at_us: int
    correlation_id: str | None
    principal: Principal
    event: Event
