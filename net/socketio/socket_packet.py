"""Socket.IO 5 packets: pure encoding and strict decoding of one packet's text.

    <type>[<number of attachments>-][<namespace>,][<acknowledgement id>][<JSON payload>]

Source: the Socket.IO protocol, version 5, section "Packet encoding". Whatever that document does not allow is refused.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import orjson
from attrs import frozen

from net.socketio.engine_packet import encode_message
from net.socketio.errors import InvalidPacket
from net.socketio.outbox import Frame

MAIN_NAMESPACE = "/"

NAMESPACE_LENGTH_MAX = 255
"""A refused namespace is named in the answer, so its length bounds what an answer can be made to carry."""

ID_DIGITS_MAX = 15
"""What a JavaScript number holds exactly."""

RESERVED_EVENTS = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
)
"""Names that the clients' libraries keep to themselves."""


class SocketPacketType(Enum):
    """The first character of a packet."""

    CONNECT = "0"
    DISCONNECT = "1"
    EVENT = "2"
    ACK = "3"
    CONNECT_ERROR = "4"
    BINARY_EVENT = "5"
    BINARY_ACK = "6"


_TYPES = {packet_type.value: packet_type for packet_type in SocketPacketType}
_BINARY = {SocketPacketType.BINARY_EVENT, SocketPacketType.BINARY_ACK}
_ABSENT = object()
_DIGITS = "0123456789"


@frozen
class SocketPacket:
    """One packet. ``attachments`` says how many binary messages follow it, whose places the payload marks."""

    type: SocketPacketType
    namespace: str = MAIN_NAMESPACE
    data: Any = None
    ack_id: int | None = None
    attachments: int = 0


def encode_connect(namespace: str, sid: str) -> tuple[Frame, ...]:
    """Return the frame that confirms a connection to a namespace."""
    return (_text(SocketPacketType.CONNECT, namespace, orjson.dumps({"sid": sid})),)


def encode_connect_error(namespace: str, message: str, data: Any = None) -> tuple[Frame, ...]:
    """Return the frame that refuses a connection to a namespace. Raises TypeError if ``data`` are no JSON."""
    error = {"message": message} if data is None else {"message": message, "data": data}
    return (_text(SocketPacketType.CONNECT_ERROR, namespace, orjson.dumps(error)),)


def encode_disconnect(namespace: str) -> tuple[Frame, ...]:
    """Return the frame that ends the connection to a namespace."""
    return (_text(SocketPacketType.DISCONNECT, namespace, b""),)


def encode_event(namespace: str, name: str, args: Sequence[Any], ack_id: int | None = None) -> tuple[Frame, ...]:
    """Return the frames of an event: one, and one for each bytes object in ``args``. Raises TypeError if no JSON."""
    return _encode(SocketPacketType.EVENT, SocketPacketType.BINARY_EVENT, namespace, [name, *args], ack_id)


def encode_ack(namespace: str, args: Sequence[Any], ack_id: int) -> tuple[Frame, ...]:
    """Return the frames that acknowledge an event, as `encode_event` does."""
    return _encode(SocketPacketType.ACK, SocketPacketType.BINARY_ACK, namespace, list(args), ack_id)


def decode_packet(text: str, *, attachments_max: int) -> SocketPacket:
    """Return the packet in ``text``. Raises InvalidPacket."""
    packet_type = _TYPES.get(text[:1])
    if packet_type is None:
        raise InvalidPacket("an unknown packet type")
    rest = text[1:]
    attachments = 0
    if packet_type in _BINARY:
        attachments, rest = _attachments(rest, attachments_max)
    namespace, rest = _namespace(rest)
    digits = rest[: len(rest) - len(rest.lstrip(_DIGITS))]
    if len(digits) > ID_DIGITS_MAX:
        raise InvalidPacket("an acknowledgement id that is too large")
    data = _json(rest[len(digits) :])
    ack_id = int(digits) if digits else None
    _check(packet_type, data, ack_id)
    return SocketPacket(packet_type, namespace, None if data is _ABSENT else data, ack_id, attachments)


def _text(packet_type: SocketPacketType, namespace: str, payload: bytes, head: str = "", ack: str = "") -> Frame:
    where = "" if namespace == MAIN_NAMESPACE else namespace + ","
    return encode_message(packet_type.value + head + where + ack + payload.decode())


def _encode(
    plain: SocketPacketType, binary: SocketPacketType, namespace: str, data: list[Any], ack_id: int | None
) -> tuple[Frame, ...]:
    attachments: list[bytes] = []

    def detach(value: object) -> dict[str, object]:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise TypeError(f"{type(value).__name__} is not JSON")
        attachments.append(bytes(value))
        return {"_placeholder": True, "num": len(attachments) - 1}

    payload = orjson.dumps(data, default=detach)
    ack = "" if ack_id is None else str(ack_id)
    if not attachments:
        return (_text(plain, namespace, payload, ack=ack),)
    return (_text(binary, namespace, payload, head=f"{len(attachments)}-", ack=ack), *attachments)


def _attachments(rest: str, attachments_max: int) -> tuple[int, str]:
    count, dash, rest = rest.partition("-")
    if not dash or not count or count.strip(_DIGITS) or len(count) > ID_DIGITS_MAX:
        raise InvalidPacket("a binary packet without a number of attachments")
    if int(count) > attachments_max:
        raise InvalidPacket(f"more than {attachments_max} attachments")
    return int(count), rest


def _namespace(rest: str) -> tuple[str, str]:
    if not rest.startswith("/"):
        return MAIN_NAMESPACE, rest
    namespace, _, rest = rest.partition(",")
    if len(namespace) > NAMESPACE_LENGTH_MAX:
        raise InvalidPacket("a namespace with too long a name")
    return namespace, rest


def _json(text: str) -> Any:
    if not text:
        return _ABSENT
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidPacket("a payload that is not JSON") from error


def _check(packet_type: SocketPacketType, data: Any, ack_id: int | None) -> None:
    match packet_type:
        case SocketPacketType.CONNECT:
            valid = (data is _ABSENT or isinstance(data, dict)) and ack_id is None
        case SocketPacketType.DISCONNECT:
            valid = data is _ABSENT and ack_id is None
        case SocketPacketType.EVENT | SocketPacketType.BINARY_EVENT:
            valid = isinstance(data, list) and len(data) > 0 and _is_event_name(data[0])
        case SocketPacketType.ACK | SocketPacketType.BINARY_ACK:
            valid = isinstance(data, list) and ack_id is not None
        case _:  # only servers refuse connections
            valid = False
    if not valid:
        raise InvalidPacket(f"a {packet_type.name} packet with a payload or id that it may not have")


def _is_event_name(name: object) -> bool:
    # The reference implementation lets an event be called by a number, too.
    if isinstance(name, str):
        return name not in RESERVED_EVENTS
    return isinstance(name, int) and not isinstance(name, bool)
