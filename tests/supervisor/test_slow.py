"""Messages that stay in hand are found, with what they wait for and where."""

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    Actor,
    ActorSystem,
    ChildSpec,
    SlowMessage,
    SupervisorSpec,
    correlation_id,
    handles,
    open_system,
)
from supervisor.slow import line_of
from tests.supervisor.samples import Get


class Sleeping(Actor):
    """Waits for nobody."""

    @handles(Get)
    async def sleep(self, _message: Get) -> int:
        """Take three seconds."""
        await trio.sleep(3)
        return 1


class Dozing(Actor):
    """Takes longer."""

    @handles(Get)
    async def doze(self, _message: Get) -> int:
        """Take four seconds."""
        await trio.sleep(4)
        return 1


class Asking(Actor):
    """Waits for another actor."""

    @handles(Get)
    async def ask(self, message: Get) -> int:
        """Ask it."""
        return await self.ctx.ref("/sleeping").ask(message)


TREE = SupervisorSpec("", children=[ChildSpec("sleeping", Sleeping), ChildSpec("asking", Asking)])


async def ask(system: ActorSystem) -> None:
    """Ask under a correlation id."""
    correlation_id.set("cor_slow")
    await system.ref("/asking").ask(Get())


async def looked(system: ActorSystem, after_s: float, for_s: float = 0) -> list[SlowMessage]:
    """Return the slow messages of one look."""
    return [message async for slow in system.control.slow_messages(after_s, for_s) for message in slow]


async def test_the_actor_its_wait_and_the_line_are_found(mock_clock: MockClock) -> None:
    """Of each message in the chain, and only while it lasts."""
    async with open_system(TREE) as system, trio.open_nursery() as nursery:
        nursery.start_soon(ask, system)
        await wait_all_tasks_blocked()
        assert await looked(system, 2) == []
        mock_clock.jump(2)
        found = {message.actor: message for message in await looked(system, 2)}
        assert {path: message.waits_for for path, message in found.items()} == {
            "/asking": ("/sleeping",),
            "/sleeping": (),
        }
        assert {(message.message, message.for_s, message.correlation_id) for message in found.values()} == {
            ("Get", 2.0, "cor_slow")
        }
        assert found["/asking"].line.endswith("in Asking.ask")
        assert found["/sleeping"].line.endswith("in Sleeping.sleep")
        assert "test_slow.py:" in found["/sleeping"].line
        mock_clock.jump(1)
        await wait_all_tasks_blocked()
        assert await looked(system, 0) == []


async def test_a_message_between_two_looks_is_found_when_it_becomes_slow(autojump_clock: MockClock) -> None:
    """At the very moment; one that left in time is not."""
    async with open_system(TREE) as system, trio.open_nursery() as nursery:
        nursery.start_soon(ask, system)
        await wait_all_tasks_blocked()
        began_s = trio.current_time()
        found = [(message.actor, message.for_s) for message in await looked(system, 2.5, 2.5)]
        assert trio.current_time() - began_s == 2.5
        assert sorted(found) == [("/asking", 2.5), ("/sleeping", 2.5)]
        nursery.start_soon(ask, system)
        await wait_all_tasks_blocked()
        assert await looked(system, 3.5, 3.5) == []


async def test_an_older_message_that_gave_way_to_a_new_one_hides_nothing(autojump_clock: MockClock) -> None:
    """The one that began after it becomes slow, and is over before the next look."""
    tree = SupervisorSpec("", children=[ChildSpec("sleeping", Sleeping), ChildSpec("dozing", Dozing)])
    async with open_system(tree) as system:
        for path in ("/sleeping", "/sleeping", "/dozing"):
            await system.ref(path).tell(Get())
            await trio.sleep(0.4)
        found = await looked(system, 3.2, 3.2)
        assert [(message.actor, round(message.for_s, 3)) for message in found] == [("/dozing", 3.2)]


def test_a_coroutine_that_has_ended_waits_nowhere() -> None:
    """There is no line to name."""

    async def nothing() -> None:
        """End at once."""

    coroutine = nothing()
    coroutine.close()
    assert line_of(coroutine) == "an unknown line"
