"""The outbox keeps order and limits, and lets the newest win under a key."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from net.socketio.errors import OutboxFull
from net.socketio.outbox import Outbox


def _outbox(packets_max: int = 10, size_max: int = 100) -> Outbox:
    return Outbox(packets_max=packets_max, size_max=size_max)


def test_order_and_size() -> None:
    """Frames come out in the order in which they went in; the size follows."""
    outbox = _outbox()
    outbox.push(["ab", b"cde"])
    outbox.push(["f"])
    assert (len(outbox), outbox.size) == (3, 6)
    assert outbox.take(2) == ["ab", b"cde"]
    assert outbox.take() == ["f"]
    assert (len(outbox), outbox.size, outbox.take()) == (0, 0, [])


def test_the_newest_takes_the_place_of_the_waiting_one() -> None:
    """It keeps the place; once taken, a key starts afresh."""
    outbox = _outbox()
    outbox.push_latest("old", "a")
    outbox.push(["x"])
    outbox.push_latest("newer", "a")
    outbox.push_latest("other", "b")
    assert outbox.size == 11
    assert outbox.take(1) == ["newer"]
    outbox.push_latest("newest", "a")
    assert outbox.take() == ["x", "other", "newest"]


def test_limits() -> None:
    """One packet or one character too many is an error, with and without a key."""
    with pytest.raises(OutboxFull):
        _outbox(3, 5).push(["a"] * 4)
    with pytest.raises(OutboxFull):
        _outbox(3, 5).push_latest("abcdef", "k")
    outbox = _outbox(3, 5)
    outbox.push_latest("a", "k")
    with pytest.raises(OutboxFull):
        outbox.push_latest("abcdef", "k")


def test_clear_forgets_everything() -> None:
    """Also which keys wait."""
    outbox = _outbox()
    outbox.push_latest("a", "k")
    outbox.clear()
    outbox.push_latest("b", "k")
    assert (outbox.size, outbox.take()) == (1, ["b"])


@given(st.lists(st.tuples(st.sampled_from(["", "", "a", "b"]), st.text(max_size=3)) | st.integers(1, 3)))
def test_against_a_plain_list(steps: list[tuple[str, str] | int]) -> None:
    """Any mix of pushing, superseding and taking behaves like the obvious list."""
    outbox, model = _outbox(1_000, 10_000), deque[tuple[str, str]]()
    for step in steps:
        if isinstance(step, int):
            assert outbox.take(step) == [model.popleft()[1] for _ in range(min(step, len(model)))]
            continue
        key, frame = step
        if not key:
            outbox.push([frame])
            model.append(step)
            continue
        outbox.push_latest(frame, key)
        keys = [waiting for waiting, _ in model]
        if key in keys:
            model[keys.index(key)] = step
        else:
            model.append(step)
    assert outbox.size == sum(len(frame) for _, frame in model)
    assert outbox.take() == [frame for _, frame in model]
