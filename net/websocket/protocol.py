"""What a client may say: one JSON object a frame, with its `action`, and an `id` under which it is answered.

Each action is a request class whose annotations are its rules, as the bodies of HTTP requests are.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from attrs import frozen

from net.websocket.channels import CHANNEL_PATTERN, Channel, parse_channel
from net.websocket.limits import DEFAULT_LIMITS
from net.wire.decode import MalformedJson, decode
from net.wire.requests import TradeBody
from net.wire.rules import Doc, FieldError, Integer, ListOf, Text
from net.wire.structure import FieldProblem, InvalidRequest, structure

SEQUENCE_MAX: Final = 2**63 - 1
TOKEN_LENGTH_MAX: Final = 8192

RequestId = str | int | None


@frozen
class _Id:
    """A client's own name for a request: text or a whole number."""

    text: Text
    number: Integer

    def parse(self, value: Any) -> str | int:
        """Return the id. Raises FieldError."""
        return self.text.parse(value) if isinstance(value, str) else self.number.parse(value)

    def parse_text(self, text: str) -> str:
        """Return the id. Raises FieldError."""
        return self.text.parse(text)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"anyOf": [self.text.schema(), self.number.schema()]}


_ID: Final = _Id(Text(max_length=DEFAULT_LIMITS.id_length_max), Integer(-SEQUENCE_MAX, SEQUENCE_MAX))
_CHANNELS: Final = ListOf(
    Text(max_length=80, pattern=CHANNEL_PATTERN, wanted="portfolio, trades, oversight, market or agent:<agentId>"),
    DEFAULT_LIMITS.channels_max,
    min_items=1,
)


@frozen
class Authenticate:
    """Say who is there; the first frame, unless the upgrade carried an `Authorization` header."""

    token: Annotated[
        str,
        Text(max_length=TOKEN_LENGTH_MAX, pattern=r"^[!-~]+$", wanted="a token as the login returned it"),
        Doc("An access token, or an agent's key."),
    ]
    id: Annotated[RequestId, _ID, Doc("Returned with the answer.")] = None


@frozen
class Subscribe:
    """Listen to channels: from now on, or from the event after `after` on."""

    channels: Annotated[tuple[str, ...], _CHANNELS, Doc("What to listen to.", ["portfolio", "trades"])]
    after: Annotated[
        int | None, Integer(0, SEQUENCE_MAX), Doc("The last sequence that was seen; what follows it is sent first.")
    ] = None
    id: Annotated[RequestId, _ID, Doc("Returned with the answer.")] = None

    def parsed(self) -> tuple[Channel, ...]:
        """Return the channels, each once."""
        return tuple(dict.fromkeys(map(parse_channel, self.channels)))


@frozen
class Unsubscribe:
    """Listen to channels no more."""

    channels: Annotated[tuple[str, ...], _CHANNELS, Doc("What to leave.", ["market"])]
    id: Annotated[RequestId, _ID, Doc("Returned with the answer.")] = None

    def parsed(self) -> tuple[Channel, ...]:
        """Return the channels, each once."""
        return tuple(dict.fromkeys(map(parse_channel, self.channels)))


@frozen
class Ping:
    """Ask for a sign of life."""

    id: Annotated[RequestId, _ID, Doc("Returned with the answer.")] = None


@frozen
class SubmitTrade:
    """Trade for an agent, as `POST /agents/{id}/trades` does."""

    id: Annotated[str | int, _ID, Doc("Returned with the answer.")]
    agent_id: Annotated[str, Text(max_length=64), Doc("Whose trade it is.")]
    trade: Annotated[TradeBody, Doc("The order.")]


Action = Authenticate | Subscribe | Unsubscribe | Ping | SubmitTrade

ACTIONS: Final[Mapping[str, type[Action]]] = {
    "authenticate": Authenticate,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "ping": Ping,
    "trade.submit": SubmitTrade,
}


class BadFrame(Exception):
    """A frame is not an action; `cause` says why, and `request_id` which one it was, as far as that is known."""

    def __init__(self, action: str | None, request_id: RequestId, cause: MalformedJson | InvalidRequest) -> None:
        super().__init__(str(cause))
        self.action = action
        self.request_id = request_id
        self.cause = cause


def parse_action(message: str | bytes) -> Action:
    """Return the action in a message. Raises BadFrame."""
    if isinstance(message, bytes):
        raise BadFrame(None, None, MalformedJson("the frame is binary; a JSON object as text is wanted"))
    try:
        value = decode(message.encode("utf-8", "surrogatepass"))
    except MalformedJson as error:
        raise BadFrame(None, None, error) from error
    if not isinstance(value, dict):
        raise BadFrame(None, None, InvalidRequest([FieldProblem("", "must be an object")]))
    name = value.pop("action", None)
    request_id = _readable_id(value.get("id"))
    action = ACTIONS.get(name) if isinstance(name, str) else None
    if action is None:
        problem = FieldProblem("action", f"must be one of {', '.join(ACTIONS)}")
        raise BadFrame(None, request_id, InvalidRequest([problem]))
    try:
        return structure(action, value)
    except InvalidRequest as error:
        raise BadFrame(name, request_id, error) from error


def _readable_id(value: Any) -> RequestId:
    try:
        return _ID.parse(value)
    except FieldError:
        return None
