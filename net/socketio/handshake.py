"""Say what a request to the layer wants, from its method and query alone; what makes no sense is refused by name."""

from enum import Enum
from urllib.parse import parse_qs

from attrs import frozen

PROTOCOL = "4"
_FIELDS_MAX = 64


class Action(Enum):
    """What an acceptable request wants."""

    OPEN = "open a session"
    POLL = "fetch packets"
    PUSH = "send packets"
    UPGRADE = "move a session to a WebSocket"


@frozen
class Refusal:
    """An answer to a request that is refused; clients know the codes."""

    code: int
    message: str
    status: int = 400


UNKNOWN_TRANSPORT = Refusal(0, "Transport unknown")
UNKNOWN_SESSION = Refusal(1, "Session ID unknown")
BAD_METHOD = Refusal(2, "Bad handshake method")
BAD_REQUEST = Refusal(3, "Bad request")
FORBIDDEN = Refusal(4, "Forbidden", status=403)
UNSUPPORTED_PROTOCOL = Refusal(5, "Unsupported protocol version")
TOO_LARGE = Refusal(3, "Payload too large", status=413)
TOO_SLOW = Refusal(3, "Request timeout", status=408)
UNAVAILABLE = Refusal(3, "Service unavailable", status=503)


@frozen
class Wish:
    """What a request wants, of which session."""

    action: Action
    sid: str = ""


def parse_query(query_string: bytes) -> dict[str, str] | None:
    """Return the parameters, None if one is given twice, there are too many, or the query is no ASCII."""
    try:
        fields = parse_qs(query_string.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        return None
    if any(len(values) > 1 for values in fields.values()):
        return None
    return {name: values[0] for name, values in fields.items()}


def classify(query: dict[str, str] | None, *, method: str, is_websocket: bool) -> Wish | Refusal:
    """Return what the request wants; whether its session exists is for the caller to find out."""
    if query is None:
        return BAD_REQUEST
    transport = query.get("transport")
    if transport not in {"polling", "websocket"}:
        return UNKNOWN_TRANSPORT
    if query.get("EIO") != PROTOCOL:
        return UNSUPPORTED_PROTOCOL
    if is_websocket != (transport == "websocket"):
        return BAD_REQUEST
    return _classify_websocket(query.get("sid")) if is_websocket else _classify_polling(query.get("sid"), method)


def _classify_websocket(sid: str | None) -> Wish:
    return Wish(Action.OPEN) if sid is None else Wish(Action.UPGRADE, sid)


def _classify_polling(sid: str | None, method: str) -> Wish | Refusal:
    match method, sid:
        case "GET", None:
            return Wish(Action.OPEN)
        case "GET", str(sid):
            return Wish(Action.POLL, sid)
        case "POST", str(sid):
            return Wish(Action.PUSH, sid)
        case _:
            return BAD_METHOD
