"""Asks resolve exactly once: by reply, refusal, crash, stop or deadline; and cost nothing once given up."""

import gc
import random
from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    ActorFailed,
    ActorRef,
    ActorStopped,
    ActorSystem,
    AskTimeout,
    ChildSpec,
    DeadlineExceeded,
    Displaced,
    MailboxFull,
    MailboxSpec,
    Message,
    NoSuchActor,
    Overflow,
    Restart,
    SupervisorSpec,
    UnhandledMessage,
    correlation_id,
    open_system,
)
from tests.supervisor.samples import Add, Crash, Defer, Forward, Get, Hold, No, Nobody, Refuse, Sample, Settle

ROOT = SupervisorSpec("", children=[ChildSpec("a", Sample), ChildSpec("b", Sample)])


async def test_reply_is_what_the_handler_returns() -> None:
    """Plain and async handlers answer alike."""
    async with open_system(ROOT) as system:
        assert await system.ref("/a").ask(Add(2)) == 2
        assert await system.ref("/a").ask(Get()) == 2


async def test_refusal_reaches_the_asker_and_harms_nobody() -> None:
    """A refusal is an answer: state is kept and nothing restarts."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        await ref.ask(Add(1))
        with pytest.raises(No, match="no"):
            await ref.ask(Refuse())
        ref.tell_nowait(Refuse())
        assert await ref.ask(Get()) == 1
        assert [letter.reason for letter in system.control.dead_letters()] == ["refused: No('no')"]


async def test_crash_reaches_the_asker_with_its_cause() -> None:
    """The asker of the message in hand learns why; the next instance starts afresh."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        await ref.ask(Add(1))
        error = ValueError("boom")
        with pytest.raises(ActorFailed, match="/a failed: ValueError") as caught:
            await ref.ask(Crash(error))
        assert caught.value.__cause__ is error
        assert await ref.ask(Get()) == 0


async def test_queue_survives_a_crash() -> None:
    """Messages queued behind the one that crashed are handled after the restart."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        for message in (Add(1), Crash(ValueError()), Add(5)):
            ref.tell_nowait(message)
        assert await ref.ask(Get()) == 5
        assert [letter.reason for letter in system.control.dead_letters()] == ["crashed"]


async def test_unhandled_message_is_refused_or_buried() -> None:
    """An ask fails, a tell becomes a dead letter, and the actor lives on."""
    async with open_system(ROOT) as system:
        with pytest.raises(UnhandledMessage, match="/a does not handle Nobody"):
            await system.ref("/a").ask(Nobody())
        await system.ref("/a").tell(Nobody())
        assert await system.ref("/a").ask(Get()) == 0
        assert [letter.reason for letter in system.control.dead_letters()] == ["unhandled"]


async def test_nobody_at_the_path() -> None:
    """An ask fails at once, a tell becomes a dead letter."""
    async with open_system(ROOT) as system:
        with pytest.raises(NoSuchActor):
            await system.ref("/nobody").ask(Get())
        await system.ref("/nobody").tell(Get())
        system.ref("/nobody").tell_nowait(Get())
        assert [letter.path for letter in system.control.dead_letters()] == ["/nobody", "/nobody"]


async def test_deadline_ends_the_wait(autojump_clock: MockClock) -> None:
    """The ask fails at its deadline; the handler is not disturbed, and what is still queued is skipped."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        gate = trio.Event()
        with pytest.raises(AskTimeout, match="/a did not answer in time"):
            await ref.ask(Hold(gate), timeout_s=2)
        with pytest.raises(AskTimeout):
            await ref.ask(Add(1))
        assert trio.current_time() == 7.0
        gate.set()
        assert await ref.ask(Get()) == 0
        assert (await system.control.stats("/a")).skipped == 1


@pytest.mark.parametrize("timeout_s", [0, -1, float("inf"), float("nan")])
async def test_ask_needs_a_deadline_in_the_future(timeout_s: float) -> None:
    """No time left, or no limit at all, is refused before anything is sent."""
    async with open_system(ROOT) as system:
        with pytest.raises(DeadlineExceeded):
            await system.ref("/a").ask(Add(1), timeout_s=timeout_s)
        assert await system.ref("/a").ask(Get()) == 0


async def test_deadline_holds_where_the_sweeper_comes_late(mock_clock: MockClock) -> None:
    """A handler that blocked the loop beyond the deadline of the next message: that one is skipped all the same."""

    class Blocking(Sample):
        def crash(self, message: Crash) -> None:
            """Take five seconds without a break."""
            mock_clock.jump(5)

    async with open_system(SupervisorSpec("", children=[ChildSpec("a", Blocking)])) as system:
        ref = system.ref("/a")
        async with trio.open_nursery() as nursery:
            await system.control.pause("/a")
            ref.tell_nowait(Crash(ValueError()))
            nursery.start_soon(ask_and_expect, ref, Add(1), AskTimeout)
            await wait_all_tasks_blocked()
            await system.control.resume("/a")
        assert await ref.ask(Get()) == 0


async def test_default_deadline_must_be_finite() -> None:
    """Every ask has a deadline."""
    with pytest.raises(ValueError, match="deadline"):
        async with open_system(ROOT, ask_timeout_s=float("inf")):
            pass


async def test_deadline_is_inherited(autojump_clock: MockClock) -> None:
    """What a handler asks has at most the time that its own asker has left."""
    async with open_system(ROOT) as system:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask_and_expect, system.ref("/b"), Hold(trio.Event()), AskTimeout)
            await wait_all_tasks_blocked()
            with pytest.raises(AskTimeout, match="/a did not"):
                await system.ref("/a").ask(Forward(("/b",), timeout_s=60), timeout_s=1)
            assert trio.current_time() == 1.0
            await wait_all_tasks_blocked()
        assert system.control.info("/a").events[0][1].startswith("crashed: AskTimeout")


async def ask_and_expect(ref: ActorRef, message: Message[Any], error: type[Exception]) -> None:
    """Ask and expect an error."""
    with pytest.raises(error):
        await ref.ask(message)


async def test_deadline_already_passed_is_told_apart(autojump_clock: MockClock) -> None:
    """A handler without any time left does not even ask."""

    class Slow(Sample):
        async def get(self, message: Get) -> int:
            await trio.sleep(3)
            with pytest.raises(DeadlineExceeded, match="no time is left to ask /a"):
                await self.ctx.ref("/a").ask(Get())
            return 7

    async with open_system(ROOT) as system:
        slow = await system.start_child("/", ChildSpec("slow", Slow))
        await ask_and_expect_within(slow, 2)
        assert await slow.ask(Add(1)) == 1


async def ask_and_expect_within(ref: ActorRef, timeout_s: float) -> None:
    """Ask and expect the time to be over."""
    with pytest.raises(AskTimeout):
        await ref.ask(Get(), timeout_s)


async def test_stop_answers_the_queue() -> None:
    """Those who wait for an actor that is stopped are told so; tells become dead letters."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ref.ask, Hold(gate))
            await wait_all_tasks_blocked()
            nursery.start_soon(ask_and_expect, ref, Get(), ActorStopped)
            ref.tell_nowait(Get())
            await wait_all_tasks_blocked()
            nursery.start_soon(system.stop, "/a")
            await wait_all_tasks_blocked()
            gate.set()
        with pytest.raises(ActorStopped, match="/a has stopped"):
            await ref.ask(Get())
        await ref.tell(Get())
        assert [letter.reason for letter in system.control.dead_letters()] == ["stopped", "stopped"]


async def test_cancelled_ask_is_skipped_while_queued_and_left_alone_in_hand() -> None:
    """Giving up never disturbs a handler that has begun, and saves the work of one that has not."""
    log: list[str] = []
    async with open_system(SupervisorSpec("", children=[ChildSpec("a", lambda: Sample(log))])) as system:
        ref = system.ref("/a")
        gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ref.ask, Hold(gate))
            await wait_all_tasks_blocked()
            nursery.start_soon(ref.ask, Add(1))
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        gate.set()
        assert await ref.ask(Get()) == 0
        assert log == ["+", "hold", "held"]
        with trio.CancelScope() as scope:
            scope.cancel()
            await ref.ask(Add(1))
        assert await ref.ask(Get()) == 0


@pytest.mark.parametrize(("overflow", "error"), [(Overflow.REJECT, MailboxFull), (Overflow.DROP_OLDEST, Displaced)])
async def test_full_mailbox_answers_asks(overflow: Overflow, error: type[Exception]) -> None:
    """A rejected ask fails at its sender, a displaced one when its place is taken."""
    spec = ChildSpec("a", Sample, mailbox=MailboxSpec(1, overflow))
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        ref = system.ref("/a")
        await system.control.pause("/a")
        async with trio.open_nursery() as nursery:
            victim = Get() if overflow is Overflow.DROP_OLDEST else None
            if victim is not None:
                nursery.start_soon(ask_and_expect, ref, victim, error)
            else:
                ref.tell_nowait(Get())
            await wait_all_tasks_blocked()
            nursery.start_soon(ref.ask, Get()) if victim is not None else None
            if victim is None:
                with pytest.raises(error):
                    await ref.ask(Get())
            await wait_all_tasks_blocked()
            await system.control.resume("/a")


async def test_correlation_id_follows_the_asks() -> None:
    """What is set at the edge is what every actor along the way sees, in its context and in the variable."""
    seen: list[tuple[str | None, str | None]] = []

    class Seer(Sample):
        async def get(self, message: Get) -> int:
            seen.append((self.ctx.correlation_id, correlation_id.get()))
            return 0

    async with open_system(ROOT) as system:
        seer = await system.start_child("/", ChildSpec("seer", Seer))
        for number in ("c-1", "c-2"):
            correlation_id.set(number)
            await system.ref("/a").ask(Forward(("/seer",)))
        correlation_id.set(None)
        await seer.tell(Get())
        assert await seer.ask(Add(0)) == 0
    assert seen == [("c-1", "c-1"), ("c-2", "c-2"), (None, None)]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from([Add(1), Get(), Refuse(), Crash(ValueError()), Defer(), Settle(1), Forward(("/b",)), Nobody()]),
        st.floats(0.01, 3.0),
        st.one_of(st.none(), st.floats(0.0, 2.0)),
    ),
    min_size=1,
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(ACTIONS, st.integers(0, 2**16), st.sampled_from(Overflow))
def test_asks_resolve_exactly_once_under_random_cancellation(
    actions: list[tuple[Message[Any], float, float | None]], seed: int, overflow: Overflow
) -> None:
    """Whatever happens to actor and asker, every ask ends once: in a reply, in an error of ours, or cancelled."""
    rng = random.Random(seed)  # noqa: S311 - chance, not secrecy
    spec = ChildSpec("a", Sample, mailbox=MailboxSpec(2, overflow), passivate_after_s=rng.choice([None, 0, 1]))
    root = SupervisorSpec("", children=[spec, ChildSpec("b", Sample)], intensity=1000)
    ends: list[str] = []

    async def ask(
        system: ActorSystem, message: Message[object], timeout_s: float, cancel_after_s: float | None
    ) -> None:
        end = "cancelled"
        await trio.sleep(rng.random())
        with trio.move_on_after(float("inf") if cancel_after_s is None else cancel_after_s):
            try:
                await system.ref("/a").ask(message, timeout_s)
                end = "reply"
            except (ActorFailed, AskTimeout, ActorStopped, Displaced, MailboxFull, UnhandledMessage, No):
                end = "error"
        ends.append(end)

    async def main() -> None:
        async with open_system(root) as system:
            async with trio.open_nursery() as nursery:
                for message, timeout_s, cancel_after_s in actions:
                    nursery.start_soon(ask, system, message, timeout_s, cancel_after_s)
                if rng.random() < 0.3:
                    await trio.sleep(rng.random())
                    await system.stop("/a")
            assert trio.current_time() <= 4.0
            assert await system.control.waits() == ()

    trio.run(main, clock=MockClock(autojump_threshold=0))
    assert len(ends) == len(actions)


async def test_resolved_asks_leave_the_heap() -> None:
    """The deadlines of asks that are done do not pile up."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("a", Sample, restart=Restart.TRANSIENT)])) as system:
        ref = system.ref("/a")
        for _ in range(5000):
            await ref.ask(Get())
        assert len(system.runtime.deadlines) <= 2048
    gc.collect()


async def test_whoever_observes_asks_is_told_of_each_that_ends(autojump_clock: MockClock) -> None:
    """Of the class of whom was asked and how long it took: with a reply, a refusal, or at the deadline."""
    told: list[tuple[str, float]] = []
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        await ref.ask(Add(1))
        system.observe_asks(lambda name, seconds: told.append((name, seconds)))
        await ref.ask(Add(1))
        with pytest.raises(No):
            await ref.ask(Refuse())
        await system.control.pause("/a")
        with pytest.raises(AskTimeout):
            await ref.ask(Get(), timeout_s=2)
    assert told == [("Sample", 0.0), ("Sample", 0.0), ("Sample", 2.0)]
