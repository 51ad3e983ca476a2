"""Tells: backpressure, refusal, and what becomes of messages for nobody."""

import random

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    ActorSystem,
    AskCycle,
    ChildSpec,
    MailboxFull,
    MailboxSpec,
    Overflow,
    SupervisorSpec,
    handles,
    open_system,
)
from tests.supervisor.samples import Add, Get, Hold, Sample, Tick

SMALL = ChildSpec("a", Sample, mailbox=MailboxSpec(1))


async def test_tell_waits_for_room() -> None:
    """A full mailbox that blocks holds its senders back, in order, and loses nothing."""
    async with open_system(SupervisorSpec("", children=[SMALL])) as system:
        ref = system.ref("/a")
        await system.control.pause("/a")
        sent: list[int] = []

        async def send(number: int) -> None:
            await ref.tell(Add(number))
            sent.append(number)

        async with trio.open_nursery() as nursery:
            for number in (1, 10, 100):
                nursery.start_soon(send, number)
                await wait_all_tasks_blocked()
            assert (sent, system.control.info("/a").queued) == ([1], 3)
            await system.control.resume("/a")
        assert sorted(sent) == [1, 10, 100]
        assert await ref.ask(Get()) == 111


async def test_tell_gives_up_after_a_while(autojump_clock: MockClock) -> None:
    """The wait for room is as long as an ask's; then the message is not sent."""
    async with open_system(SupervisorSpec("", children=[SMALL])) as system:
        ref = system.ref("/a")
        await system.control.pause("/a")
        await ref.tell(Add(1))
        with pytest.raises(MailboxFull, match="/a is full"):
            await ref.tell(Add(2))
        assert trio.current_time() == 5.0
        with pytest.raises(MailboxFull):
            ref.tell_nowait(Add(3))
        with trio.move_on_after(1):
            await ref.tell(Add(4))
        await system.control.resume("/a")
        assert await ref.ask(Get()) == 1


async def test_tell_that_got_room_has_no_deadline_any_more(autojump_clock: MockClock) -> None:
    """Once in the mailbox, a message that waited for room stays."""
    async with open_system(SupervisorSpec("", children=[SMALL])) as system:
        ref = system.ref("/a")
        gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ref.ask, Hold(gate), 60)
            await wait_all_tasks_blocked()
            ref.tell_nowait(Get())
            nursery.start_soon(ref.tell, Add(1))
            await wait_all_tasks_blocked()
            gate.set()
            await wait_all_tasks_blocked()
            held = trio.Event()
            nursery.start_soon(ref.ask, Hold(held), 60)
            await trio.sleep(30)
            held.set()
        assert await ref.ask(Get()) == 1


async def test_cancelled_tell_sends_nothing() -> None:
    """As in trio's channels, cancellation is looked at before room."""
    async with open_system(SupervisorSpec("", children=[SMALL])) as system:
        with trio.CancelScope() as scope:
            scope.cancel()
            await system.ref("/a").tell(Add(1))
        assert await system.ref("/a").ask(Get()) == 0


async def test_stop_frees_senders_that_wait_for_room() -> None:
    """Their messages become dead letters, like those in the mailbox."""
    async with open_system(SupervisorSpec("", children=[SMALL])) as system:
        await system.control.pause("/a")
        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(system.ref("/a").tell, Add(number))
            await wait_all_tasks_blocked()
            await system.stop("/a")
        assert len(system.control.dead_letters()) == 3


class Flood(Sample):
    """Tells another actor, when told, more than fits into its mailbox."""

    @handles(Tick)
    async def flood(self, message: Tick) -> None:
        """Tell the actor that the symbol names as many ticks as the price says."""
        for number in range(message.price):
            await self.ctx.ref(message.symbol).tell(Tick(self.ctx.path, number))


async def test_waiting_for_room_in_a_circle_is_refused() -> None:
    """Two actors that fill each other's mailbox would wait for ever."""
    children = [ChildSpec(name, Flood, mailbox=MailboxSpec(1)) for name in "ab"]
    async with open_system(SupervisorSpec("", children=children, intensity=10)) as system:
        lifecycle = system.bus.subscribe("supervisor.crashed")
        system.ref("/a").tell_nowait(Tick("/b", 5))
        system.ref("/b").tell_nowait(Tick("/a", 5))
        event = await anext(lifecycle)
        assert isinstance(event.exit.cause, AskCycle)
        assert event.exit.cause.cycle in {("/a", "/b", "/a"), ("/b", "/a", "/b")}


async def test_full_reject_mailbox_raises_at_the_sender() -> None:
    """Both kinds of tell raise."""
    spec = ChildSpec("a", Sample, mailbox=MailboxSpec(1, Overflow.REJECT))
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        ref = system.ref("/a")
        ref.tell_nowait(Get())
        with pytest.raises(MailboxFull):
            await ref.tell(Get())
        with pytest.raises(MailboxFull):
            ref.tell_nowait(Get())


@pytest.mark.parametrize(("overflow", "letters"), [(Overflow.DROP_OLDEST, 2), (Overflow.LATEST, 0)])
async def test_displaced_tells(overflow: Overflow, letters: int) -> None:
    """What a bounded queue drops is a dead letter; what a newer value replaces is not worth one."""
    spec = ChildSpec("a", Sample, mailbox=MailboxSpec(1, overflow))
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        ref = system.ref("/a")
        await system.control.pause("/a")
        for price in range(3):
            ref.tell_nowait(Tick("AAPL", price))
        assert len(system.control.dead_letters()) == letters
        assert (await system.control.stats("/a")).skipped == 2
        await system.control.resume("/a")
        await wait_all_tasks_blocked()
        assert await system.control.state("/a") == {"sum": 0, "ticks": (Tick("AAPL", 2),), "terminated": ()}


async def test_busy_actor_leaves_others_their_turn() -> None:
    """A full mailbox of plain handlers does not keep the loop to itself."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("a", Sample), ChildSpec("b", Sample)])) as system:
        for _ in range(500):
            system.ref("/a").tell_nowait(Add(1))
        assert await system.ref("/b").ask(Get()) == 0
        assert 0 < await system.ref("/a").ask(Get()) <= 500


def test_refs_are_equal_by_path() -> None:
    """A ref is an address."""
    system = ActorSystem(SupervisorSpec(""), random.Random(0))  # noqa: S311 - chance, not secrecy
    assert {system.ref("/a"), system.ref("/a")} == {system.ref("/a")}
    assert system.ref("/a") != "/a"
    assert repr(system.ref("/a")) == "ActorRef('/a')"
