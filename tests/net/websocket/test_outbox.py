"""The outbox of a socket: order, superseding, bounds, and where a client resumes."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from net.websocket.outbox import Frame, Outbox, pieces

FRAMES_MAX = 6
BYTES_MAX = 60


def _event(seq: int, data: bytes = b"event") -> Frame:
    return Frame(data, seq)


def _update(seq: int | None, key: str, data: bytes = b"update") -> Frame:
    return Frame(data, seq, key)


def test_a_newer_update_takes_the_older_one_out_and_stands_at_the_end() -> None:
    """The sequence of what is taken never falls."""
    outbox = Outbox(FRAMES_MAX, BYTES_MAX)
    frames = [_update(1, "a"), _event(2), _update(2, "b"), _event(3), _update(3, "a")]
    assert all(outbox.offer(frame) for frame in frames)
    assert outbox.take() == [frames[1], frames[2], frames[3], frames[4]]
    assert outbox.take() == []


def test_without_room_nothing_changes() -> None:
    """A frame that finds no room leaves the others, also the one that it would have superseded."""
    outbox = Outbox(2, BYTES_MAX)
    first, second = _update(1, "a"), _event(2)
    assert outbox.offer(first)
    assert outbox.offer(second)
    assert not outbox.offer(_event(3))
    assert not outbox.offer(_update(3, "a", b"x" * BYTES_MAX))
    assert not outbox.offer(_event(3, b"x" * BYTES_MAX))
    assert outbox.take() == [first, second]


def test_a_full_queue_still_takes_a_newer_update() -> None:
    """An update needs no more room than the one that it supersedes."""
    outbox = Outbox(1, BYTES_MAX)
    assert outbox.offer(_update(1, "a"))
    newer = _update(2, "a")
    assert outbox.offer(newer)
    assert outbox.take() == [newer]


def test_drop_keeps_replies_and_says_where_to_resume() -> None:
    """The first dropped sequence is the one that the client has not seen."""
    outbox = Outbox(FRAMES_MAX, BYTES_MAX)
    reply, ping = Frame(b"reply", is_reply=True), Frame(b"ping", key="ping", is_reply=True)
    for frame in (_update(None, "market"), reply, _event(7), ping, _event(8)):
        assert outbox.offer(frame)
    assert outbox.drop() == 7
    assert outbox.waiting_bytes == reply.size + ping.size
    assert outbox.offer(ping)
    assert outbox.take() == [reply, ping]


def test_drop_of_what_has_no_sequence() -> None:
    """Prices and replies have no place in the sequence."""
    outbox = Outbox(FRAMES_MAX, BYTES_MAX)
    outbox.offer(_update(None, "market"))
    assert outbox.drop() is None
    assert len(outbox) == 0


@given(st.lists(st.binary(max_size=9), max_size=30), st.integers(1, 20))
def test_pieces_keep_order_and_size(datas: list[bytes], bytes_max: int) -> None:
    """All bytes in order; a piece is larger than asked for only when it is one frame."""
    found = list(pieces([Frame(data) for data in datas], bytes_max))
    assert b"".join(found) == b"".join(datas)
    assert all(len(piece) <= bytes_max or piece in datas for piece in found)


class OutboxMachine(RuleBasedStateMachine):
    """Compares an outbox with a list that does the same slowly."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(FRAMES_MAX, BYTES_MAX)
        self.model: list[Frame] = []
        self.seq = 0
        self.taken_seq = 0

    def _offer(self, frame: Frame) -> None:
        kept = [other for other in self.model if frame.key is None or other.key != frame.key]
        fits = len(kept) < FRAMES_MAX and sum(other.size for other in kept) + frame.size <= BYTES_MAX
        assert self.outbox.offer(frame) == fits
        if fits:
            self.model = [*kept, frame]

    @rule(size=st.integers(1, 30))
    def offer_event(self, size: int) -> None:
        """Queue an event."""
        self.seq += 1
        self._offer(_event(self.seq, b"e" * size))

    @rule(size=st.integers(1, 30), key=st.sampled_from(["a", "b"]))
    def offer_update(self, size: int, key: str) -> None:
        """Queue a state."""
        self._offer(_update(self.seq, key, b"u" * size))

    @rule()
    def offer_reply(self) -> None:
        """Queue a reply."""
        self._offer(Frame(b"reply", is_reply=True))

    @rule()
    def take(self) -> None:
        """Take all, in an order that never goes back."""
        frames = self.outbox.take()
        assert frames == self.model
        seqs = [frame.seq for frame in frames if frame.seq is not None]
        assert seqs == sorted(seqs)
        self.model = []

    @precondition(lambda self: self.model)
    @rule()
    def drop(self) -> None:
        """Drop all but replies."""
        seqs = [frame.seq for frame in self.model if frame.seq is not None]
        assert self.outbox.drop() == (seqs[0] if seqs else None)
        self.model = [frame for frame in self.model if frame.is_reply]

    @invariant()
    def counts(self) -> None:
        """Count what waits, within bounds."""
        assert len(self.outbox) == len(self.model) <= FRAMES_MAX
        assert self.outbox.waiting_bytes == sum(frame.size for frame in self.model) <= BYTES_MAX


OutboxMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
TestOutbox = OutboxMachine.TestCase
