"""What the server says over a socket: the envelopes of its frames, and the shapes of what is in them."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from actors.model import Role
from net.websocket.protocol import RequestId
from net.websocket.wire import encode_json
from net.wire.scalars import Timestamp, format_timestamp
from net.wire.shapes import PriceShape, TradeShape

LAGGED: Final = "lagged"
ERROR: Final = "error"


@frozen
class EventMessage:
    """What happened, or how something stands. `seq` is its place in the log; null for prices, which have none."""

    type: str
    agent_id: str | None
    seq: int | None
    timestamp: Timestamp
    data: Any

    def encoded(self) -> bytes:
        """Return the frame. Its data is JSON already, which a converter would walk through once more."""
        return encode_json(
            {
                "type": self.type,
                "agentId": self.agent_id,
                "seq": self.seq,
                "timestamp": format_timestamp(self.timestamp),
                "data": self.data,
            }
        )


@frozen
class AnswerMessage:
    """What became of a client's frame, under its `id`; null where it had none."""

    type: str
    id: RequestId
    data: Any

    def encoded(self) -> bytes:
        """Return the frame."""
        return encode_json({"type": self.type, "id": self.id, "data": self.data})


@frozen
class MarketShape:
    """The prices of a tick, of all symbols."""

    prices: tuple[PriceShape, ...]


@frozen
class LaggedShape:
    """Why the socket listens to nothing more, and the sequence that each of its channels had come to."""

    reason: str
    resume: Mapping[str, int]


@frozen
class AuthenticatedShape:
    """Whom the socket belongs to. `agent_id` is null for a person, `expires_at` for a key without an end."""

    user_id: str
    agent_id: str | None
    role: Role
    expires_at: Timestamp | None


@frozen
class SubscribedShape:
    """The channels that were asked for, and the sequence after which their events are sent."""

    channels: tuple[str, ...]
    seq: int


@frozen
class UnsubscribedShape:
    """The channels that were left."""

    channels: tuple[str, ...]


@frozen
class PongShape:
    """The server's time."""

    timestamp: Timestamp


AUTHENTICATED: Final = "authenticated"
SUBSCRIBED: Final = "subscribed"
UNSUBSCRIBED: Final = "unsubscribed"
PONG: Final = "pong"
TRADE_SUBMITTED: Final = "trade.submitted"

ANSWERS: Final[Mapping[str, tuple[str, type[Any]]]] = {
    "authenticate": (AUTHENTICATED, AuthenticatedShape),
    "subscribe": (SUBSCRIBED, SubscribedShape),
    "unsubscribe": (UNSUBSCRIBED, UnsubscribedShape),
    "ping": (PONG, PongShape),
    "trade.submit": (TRADE_SUBMITTED, TradeShape),
}
"""The answer to each action, and what is in it; whatever goes wrong is an `error` instead."""
