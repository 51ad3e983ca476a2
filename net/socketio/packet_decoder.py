"""Put Socket.IO packets together from the messages of one session: a packet's text, then its attachments."""

from typing import Any

from net.socketio.errors import InvalidPacket
from net.socketio.options import SocketOptions
from net.socketio.outbox import Frame
from net.socketio.socket_packet import SocketPacket, decode_packet


class PacketDecoder:
    """Takes messages in order and returns the packets they complete; one per session."""

    def __init__(self, options: SocketOptions) -> None:
        self._options = options
        self._head: SocketPacket | None = None
        self._attachments: list[bytes] = []
        self._bytes = 0

    def feed(self, message: Frame) -> SocketPacket | None:
        """Return the packet that ``message`` completes, None if attachments are missing. Raises InvalidPacket."""
        if isinstance(message, bytes):
            return self._attach(message)
        if self._head is not None:
            raise InvalidPacket("text where an attachment was due")
        packet = decode_packet(message, attachments_max=self._options.attachments_max)
        self._head = packet
        return self._complete()

    def _attach(self, attachment: bytes) -> SocketPacket | None:
        if self._head is None:
            raise InvalidPacket("an attachment without a packet")
        self._bytes += len(attachment)
        if self._bytes > self._options.attachments_bytes_max:
            raise InvalidPacket(f"attachments of more than {self._options.attachments_bytes_max} bytes")
        self._attachments.append(attachment)
        return self._complete()

    def _complete(self) -> SocketPacket | None:
        head, attachments = self._head, self._attachments
        if head is None or len(attachments) < head.attachments:
            return None
        self._head, self._attachments, self._bytes = None, [], 0
        if not attachments:
            return head
        data = _attached(head.data, attachments, self._options.json_depth_max)
        return SocketPacket(head.type, head.namespace, data, head.ack_id, head.attachments)


def _attached(value: Any, attachments: list[bytes], depth_left: int) -> Any:
    if depth_left == 0:
        raise InvalidPacket("a payload that is nested too deeply")
    if isinstance(value, list):
        return [_attached(item, attachments, depth_left - 1) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("_placeholder") is not True:
        return {key: _attached(item, attachments, depth_left - 1) for key, item in value.items()}
    number = value.get("num")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(attachments):
        raise InvalidPacket("a placeholder without an attachment")
    return attachments[number]
