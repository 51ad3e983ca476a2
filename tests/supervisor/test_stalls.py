"""What holds the loop up is named."""

import sys
from time import perf_counter

import trio

from supervisor import Actor, ChildSpec, LoopWatch, Stall, SupervisorSpec, handles, open_system
from supervisor.stalls import stall_of
from tests.supervisor.samples import Get

SPIN_S = 0.2


class Burning(Actor):
    """Burns time."""

    @handles(Get)
    def burn(self, _message: Get) -> int:
        """Hold the loop up."""
        until_s = perf_counter() + SPIN_S
        while perf_counter() < until_s:
            pass
        return 1


class Looking(Actor):
    """Looks at its own stack."""

    @handles(Get)
    def look(self, _message: Get) -> int:
        """Keep what the stack says."""
        stalls.append(stall_of(sys._getframe(), 1.0))
        return 1


stalls: list[Stall] = []


async def test_the_actor_and_the_line_are_named() -> None:
    """Once for each stall, while it lasts; the lag is observed."""
    found: list[Stall] = []
    lags: list[float] = []
    watch = LoopWatch(found.append, lags.append, beat_s=0.01, stalled_after_s=0.04)
    spec = SupervisorSpec("", children=[ChildSpec("a", Burning)])
    async with open_system(spec) as system, trio.open_nursery() as nursery:
        nursery.start_soon(watch.run)
        await trio.testing.wait_all_tasks_blocked()
        await system.ref("/a").ask(Get())
        await system.ref("/a").ask(Get())
        while not lags:
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    assert {(stall.actor, stall.message) for stall in found} == {("/a", "Get")}
    assert "test_stalls.py" in found[0].line
    assert found[0].for_s > 0.04
    assert max(lags) > SPIN_S / 2


async def test_a_stack_is_read() -> None:
    """Within a handler and outside any."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("a", Looking)])) as system:
        await system.ref("/a").ask(Get())
    ((stall),) = stalls
    assert (stall.actor, stall.message) == ("/a", "Get")
    assert stall.line.endswith("in Looking.look")
    assert stall_of(sys._getframe(), 1.0).actor is None
