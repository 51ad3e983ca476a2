"""What waits to be sent to one client: bounded, in order, newest wins under a key."""

from collections import deque
from collections.abc import Iterable

from attrs import define

from net.socketio.errors import OutboxFull

Frame = str | bytes
"""One Engine.IO packet as a WebSocket carries it: text, or the bytes of a binary message."""


@define(eq=False)
class _Slot:
    frame: Frame
    key: str | None


class Outbox:
    """A bounded queue of frames. Its size counts characters of text plus bytes of binary frames."""

    def __init__(self, *, packets_max: int, size_max: int) -> None:
        self._packets_max = packets_max
        self._size_max = size_max
        self._slots: deque[_Slot] = deque()
        self._latest: dict[str, _Slot] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def size(self) -> int:
        """Characters of text plus bytes of binary frames that wait."""
        return self._size

    def push(self, frames: Iterable[Frame]) -> None:
        """Queue ``frames`` next to each other. Raises OutboxFull."""
        for frame in frames:
            self._slots.append(_Slot(frame, None))
            self._size += len(frame)
        self._check()

    def push_latest(self, frame: Frame, key: str) -> None:
        """Queue ``frame`` in the place of the waiting one of the same key, if there is one. Raises OutboxFull."""
        waiting = self._latest.get(key)
        if waiting is None:
            self._latest[key] = slot = _Slot(frame, key)
            self._slots.append(slot)
            self._size += len(frame)
        else:
            self._size += len(frame) - len(waiting.frame)
            waiting.frame = frame
        self._check()

    def take(self, count_max: int | None = None) -> list[Frame]:
        """Remove and return the oldest frames, all of them unless ``count_max`` says how many."""
        count = len(self._slots) if count_max is None else min(count_max, len(self._slots))
        return [self._take_one() for _ in range(count)]

    def clear(self) -> None:
        """Forget what waits."""
        self._slots.clear()
        self._latest.clear()
        self._size = 0

    def _take_one(self) -> Frame:
        slot = self._slots.popleft()
        if slot.key is not None:
            del self._latest[slot.key]
        self._size -= len(slot.frame)
        return slot.frame

    def _check(self) -> None:
        if len(self._slots) > self._packets_max or self._size > self._size_max:
            raise OutboxFull(f"{len(self._slots)} packets of size {self._size} wait for the client")
