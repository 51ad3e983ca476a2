"""Mailbox policies, each compared with a plain model over random sequences."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from supervisor.cell import Cell
from supervisor.envelope import Envelope
from supervisor.mailbox import Mailbox
from supervisor.spec import MailboxSpec, Overflow
from tests.supervisor.samples import Get, Tick

CAPACITY = 3
OPERATIONS = st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=40)


def envelope(message: object) -> Envelope:
    """Wrap a message for a mailbox that never looks at the target."""
    return Envelope(message, cast("Cell", None), float("inf"), None, asks=False)


def put(mailbox: Mailbox, message: object, **how: Any) -> object:
    """Offer a message and give back the message that lost its place."""
    how.setdefault("may_wait", True)
    loser = mailbox.offer(envelope(message), **how)
    return None if loser is None else loser.message


@given(OPERATIONS)
def test_block_keeps_everything_in_order(operations: list[int | None]) -> None:
    """Above the capacity senders stand in line, and enter in order."""
    mailbox = Mailbox(MailboxSpec(CAPACITY, Overflow.BLOCK))
    model: list[int] = []
    for number in operations:
        if number is not None:
            assert put(mailbox, number) is None
            model.append(number)
        elif model:
            assert mailbox.take().message == model.pop(0)
        assert [e.message for e in mailbox] == model
        assert len(mailbox.queue) == min(CAPACITY, len(model))
        assert [e.waiting is not None for e in mailbox] == [i >= CAPACITY for i in range(len(model))]


@given(OPERATIONS)
def test_reject_turns_the_newest_away(operations: list[int | None]) -> None:
    """What does not fit is given back."""
    mailbox = Mailbox(MailboxSpec(CAPACITY, Overflow.REJECT))
    model: list[int] = []
    for number in operations:
        if number is not None:
            fits = len(model) < CAPACITY
            assert put(mailbox, number) == (None if fits else number)
            model += [number] * fits
        elif model:
            assert mailbox.take().message == model.pop(0)
        assert [e.message for e in mailbox] == model


@given(OPERATIONS)
def test_drop_oldest_makes_room(operations: list[int | None]) -> None:
    """The oldest message is given back for the newest."""
    mailbox = Mailbox(MailboxSpec(CAPACITY, Overflow.DROP_OLDEST))
    model: list[int] = []
    for number in operations:
        if number is not None:
            model.append(number)
            assert put(mailbox, number) == (model.pop(0) if len(model) > CAPACITY else None)
        elif model:
            assert mailbox.take().message == model.pop(0)
        assert [e.message for e in mailbox] == model


@given(OPERATIONS)
def test_latest_keeps_the_newest_of_each_key(operations: list[int | None]) -> None:
    """A newer message takes the slot of its key, in the old place; a new key needs room."""
    mailbox = Mailbox(MailboxSpec(CAPACITY, Overflow.LATEST))
    model: dict[str, Tick] = {}
    for price, number in enumerate(operations):
        if number is not None:
            tick = Tick(f"S{number}", price)
            fits = tick.symbol in model or len(model) < CAPACITY
            assert put(mailbox, tick) == (model.get(tick.symbol) if fits else tick)
            if fits:
                model[tick.symbol] = tick
        elif model:
            assert mailbox.take().message == model.pop(next(iter(model)))
        assert [e.message for e in mailbox] == list(model.values())
        assert len(mailbox) == len(model)


def test_message_without_key_has_a_slot_of_its_own() -> None:
    """Keyless messages do not displace one another."""
    mailbox = Mailbox(MailboxSpec(CAPACITY, Overflow.LATEST))
    assert [put(mailbox, Get()) for _ in range(4)] == [None, None, None, Get()]


def test_forced_message_enters_a_full_mailbox() -> None:
    """The runtime's own messages are above the capacity, but follow the policies that displace."""
    for overflow, expected in [
        (Overflow.BLOCK, None),
        (Overflow.REJECT, None),
        (Overflow.DROP_OLDEST, 0),
        (Overflow.LATEST, None),
    ]:
        mailbox = Mailbox(MailboxSpec(1, overflow))
        put(mailbox, 0)
        assert put(mailbox, 1, force=True) == expected


def test_sender_that_may_not_wait_is_turned_away() -> None:
    """`tell_nowait` never stands in line."""
    mailbox = Mailbox(MailboxSpec(1, Overflow.BLOCK))
    assert [put(mailbox, n, may_wait=False) for n in range(2)] == [None, 1]
