"""What waits to be written to one socket, in order and bounded.

Three kinds of frames wait here:

- An *event* is never lost, repeated or overtaken: it stands where it was put.
- An *update* (portfolio of an agent, prices of the market) is a state. A newer one under the same key takes the older
  one out of the queue and stands at the end, so that the sequence of what is written never falls.
- A *reply* answers the client's own frame. Rate limits bound how many there are.

When a frame finds no room, the client has fallen behind by more than the floor keeps for it. Then events and updates
are dropped all together, never one by one, and `drop` returns the sequence up to which the client was served: whoever
asks again for everything after it misses nothing and sees nothing twice. Replies stay.
"""

from collections.abc import Iterable, Iterator

from attrs import field, frozen


@frozen(eq=False)
class Frame:
    """An encoded frame, shared by all that receive it.

    `seq` is the floor's sequence it belongs to, None for replies and prices. `key` names the state that an update
    shows, None for events and replies. `type` is that of an event or update, empty for replies.
    """

    data: bytes
    seq: int | None = None
    key: str | None = None
    is_reply: bool = False
    type: str = ""
    size: int = field(init=False)

    @size.default
    def _measure(self) -> int:
        return len(self.data)


class Outbox:
    """The queue of one socket. `frames_max` and `bytes_max` bound what waits, not what was taken."""

    __slots__ = ("_bytes", "_bytes_max", "_frames_max", "_queue")

    def __init__(self, frames_max: int, bytes_max: int) -> None:
        self._frames_max = frames_max
        self._bytes_max = bytes_max
        self._queue: dict[object, Frame] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait."""
        return self._bytes

    def offer(self, frame: Frame) -> bool:
        """Queue a frame, and say whether there was room; without room nothing changes."""
        queue = self._queue
        key: object = frame if frame.key is None else frame.key
        older = None if frame.key is None else queue.get(key)
        total = self._bytes + frame.size
        if older is None:
            if total > self._bytes_max or len(queue) >= self._frames_max:
                return False
        else:
            total -= older.size
            if total > self._bytes_max:
                return False
            del queue[key]
        self._bytes = total
        queue[key] = frame
        return True

    def take(self) -> list[Frame]:
        """Return all that waits, in order, and forget it."""
        frames = list(self._queue.values())
        self._queue.clear()
        self._bytes = 0
        return frames

    def drop(self) -> int | None:
        """Drop all but replies. Return the sequence of the first dropped frame that has one, None where none has."""
        frames = self.take()
        for frame in frames:
            if frame.is_reply:
                self.offer(frame)
        return next((frame.seq for frame in frames if frame.seq is not None), None)


def pieces(frames: Iterable[Frame], bytes_max: int) -> Iterator[bytes]:
    """Yield the frames in order, joined into pieces of at most `bytes_max`; a larger frame is a piece of its own."""
    piece: list[bytes] = []
    size = 0
    for frame in frames:
        if piece and size + frame.size > bytes_max:
            yield b"".join(piece)
            piece, size = [], 0
        piece.append(frame.data)
        size += frame.size
    if piece:
        yield b"".join(piece)
