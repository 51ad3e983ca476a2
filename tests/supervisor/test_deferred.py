"""Deferred replies: answers that are given after the handler has returned."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    ActorFailed,
    ActorRef,
    AlreadyReplied,
    AskTimeout,
    ChildSpec,
    Message,
    Reply,
    SupervisorSpec,
    open_system,
)
from supervisor.cell import Cell
from tests.supervisor.samples import Add, Crash, Defer, Get, No, Sample, Settle

ROOT = SupervisorSpec("", children=[ChildSpec("a", Sample)])


async def ask_and_expect(ref: ActorRef, message: Message[int], error: type[Exception]) -> None:
    """Ask and expect an error."""
    with pytest.raises(error):
        await ref.ask(message)


async def test_deferred_reply_answers_later() -> None:
    """The ask stays open after its handler has returned; the reply is given once."""
    async with open_system(ROOT) as system:
        ref = system.ref("/a")
        answers: list[int] = []

        async def ask() -> None:
            answers.append(await ref.ask(Defer()))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            nursery.start_soon(ask)
            await wait_all_tasks_blocked()
            assert await ref.ask(Add(1)) == 1
            await ref.tell(Settle(9))
        assert answers == [9, 9]


class Keeper(Sample):
    """Keeps its replies where the test finds them."""

    kept: list[Reply[int]]

    def defer(self, message: Defer) -> Reply[int]:
        """Defer and keep."""
        reply: Reply[int] = self.ctx.defer()
        self.kept.append(reply)
        return reply


async def test_deferred_reply_outlives_its_asker_and_its_actor(autojump_clock: MockClock) -> None:
    """The deadline, and the end of the actor, answer in its place; a late answer is dropped, a second one an error."""
    kept: list[Reply[int]] = []

    def factory() -> Keeper:
        actor = Keeper()
        actor.kept = kept
        return actor

    async with open_system(SupervisorSpec("", children=[ChildSpec("k", factory)])) as system:
        ref = system.ref("/k")
        with pytest.raises(AskTimeout):
            await ref.ask(Defer())
        assert not kept[0].wanted
        kept[0].reply(1)
        with pytest.raises(AlreadyReplied):
            kept[0].fail(ValueError())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask_and_expect, ref, Defer(), ActorFailed)
            await wait_all_tasks_blocked()
            assert kept[1].wanted
            ref.tell_nowait(Crash(ValueError()))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask_and_expect, ref, Defer(), No)
            await wait_all_tasks_blocked()
            kept[2].fail(No())
        ref.tell_nowait(Defer())
        await wait_all_tasks_blocked()
        kept[3].reply(1)
        node = system.node("/k")
        assert isinstance(node, Cell)
        assert not node.deferred


async def test_defer_needs_a_message_in_hand() -> None:
    """Outside a handler there is nothing to answer."""

    class Early(Sample):
        async def started(self) -> None:
            assert (self.ctx.deadline, self.ctx.correlation_id) == (float("inf"), None)
            with pytest.raises(RuntimeError, match="no message in hand"):
                self.ctx.defer()

    async with open_system(SupervisorSpec("", children=[ChildSpec("e", Early)])) as system:
        assert await system.ref("/e").ask(Get()) == 0
