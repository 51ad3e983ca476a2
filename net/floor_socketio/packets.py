"""Frames of the floor as Socket.IO events: encoded once for all receivers."""

from typing import Final

import orjson

from net.socketio.outbox import Frame as Packet
from net.socketio.socket_packet import MAIN_NAMESPACE, encode_event
from net.websocket.outbox import Frame
from net.websocket.wire import payload_of

NAMESPACE: Final = MAIN_NAMESPACE


def event_name(frame_type: str) -> str:
    """Return what the frames of a type are called as events: `trade.executed` is `trade:executed`."""
    return frame_type.replace(".", ":")


class PacketEncoder:
    """Wraps what was rendered already. The hub deals out one frame at a time, so the last one is kept."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._packets: tuple[Packet, ...] = ()

    def encode(self, frame: Frame) -> tuple[Packet, ...]:
        """Return a frame as it is sent to every client."""
        if frame is not self._frame:
            payload = orjson.Fragment(payload_of(frame.data))
            self._packets = encode_event(NAMESPACE, event_name(frame.type), [payload])
            self._frame = frame
        return self._packets
