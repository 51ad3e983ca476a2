"""Mailboxes: bounded queues with one consumer and a policy for one message more."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator

from supervisor.envelope import Envelope
from supervisor.spec import MailboxSpec, Overflow


class SlotQueue:
    """A queue with one slot per `mailbox_key`; a message without a key has a slot to itself."""

    __slots__ = ("_slots",)

    def __init__(self) -> None:
        self._slots: OrderedDict[Hashable, Envelope] = OrderedDict()

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[Envelope]:
        return iter(self._slots.values())

    def has_slot(self, envelope: Envelope) -> bool:
        """Say whether a message with this one's key is queued."""
        return _key(envelope) in self._slots

    def put(self, envelope: Envelope) -> Envelope | None:
        """Fill the slot, in its old place in the queue, and give back what was in it."""
        key = _key(envelope)
        displaced = self._slots.get(key)
        self._slots[key] = envelope
        return displaced

    def popleft(self) -> Envelope:
        """Take the message whose slot was filled first."""
        return self._slots.popitem(last=False)[1]


def _key(envelope: Envelope) -> Hashable:
    key: Hashable = getattr(envelope.message, "mailbox_key", None)
    return envelope if key is None else (type(envelope.message), key)


class Mailbox:
    """The user lane of one actor. Senders that may wait stand in line before a full mailbox, in order."""

    __slots__ = ("_line", "_slots", "capacity", "overflow", "queue")

    def __init__(self, spec: MailboxSpec) -> None:
        self.capacity = spec.capacity
        self.overflow = spec.overflow
        self._slots = SlotQueue() if spec.overflow is Overflow.LATEST else None
        self.queue: deque[Envelope] | SlotQueue = deque() if self._slots is None else self._slots
        self._line: OrderedDict[Envelope, None] | None = None

    def __len__(self) -> int:
        return len(self.queue) + (len(self._line) if self._line else 0)

    def __iter__(self) -> Iterator[Envelope]:
        yield from self.queue
        yield from self._line or ()

    def offer(self, envelope: Envelope, *, may_wait: bool, force: bool = False) -> Envelope | None:
        """Take the message in, and give back the one for which there is no place: none, an older one, or this one.

        `may_wait` lets it stand in line where the policy is to block; `force` takes it in above the capacity.
        """
        if self._slots is not None:
            if force or len(self._slots) < self.capacity or self._slots.has_slot(envelope):
                return self._slots.put(envelope)
            return envelope
        assert isinstance(self.queue, deque)
        if len(self.queue) < self.capacity or (force and self.overflow is not Overflow.DROP_OLDEST):
            self.queue.append(envelope)
            return None
        if self.overflow is Overflow.DROP_OLDEST:
            self.queue.append(envelope)
            return self.queue.popleft()
        if self.overflow is Overflow.BLOCK and may_wait:
            if self._line is None:
                self._line = OrderedDict()
            self._line[envelope] = None
            envelope.waiting = self._line
            return None
        return envelope

    def take(self) -> Envelope:
        """Take the next message out, and let the first sender in line enter."""
        envelope = self.queue.popleft()
        if self._line and len(self.queue) < self.capacity:
            admitted, _ = self._line.popitem(last=False)
            assert isinstance(self.queue, deque)
            self.queue.append(admitted)
            admitted.admit()
        return envelope
