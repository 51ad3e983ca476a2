"""What befalls an actor is told to whoever listens, and stands among the actor's own last events."""

from typing import Any

import pytest
from trio.testing import wait_all_tasks_blocked

from supervisor import Exceeded, Lifecycle, RestartIntensityExceeded, Subscription, SupervisorSpec, open_system
from tests.supervisor.samples import child, crash

QUARANTINED: dict[str, Any] = {"on_exceeded": Exceeded.QUARANTINE, "intensity": 1, "period_s": 60.0}


async def test_crashes_restarts_and_ends_are_told_in_their_order() -> None:
    """Each with its path, and with the cause where there is one."""
    async with open_system(SupervisorSpec("", children=[child("a", [], **QUARANTINED), child("b", [])])) as system:
        with system.bus.subscribe("supervisor.*") as news:
            for number in range(2):
                await system.ref("/a").tell(crash(str(number)))
                await wait_all_tasks_blocked()
            await system.stop("/b")
    told = [(one.path, one.event, str(one.exit.cause)) async for one in news if isinstance(one, Lifecycle)]
    assert told == [
        ("/a", "crashed", "0"),
        ("/a", "restarting", "0"),
        ("/a", "crashed", "1"),
        ("/a", "quarantined", "1"),
        ("/b", "stopped", "None"),
    ]


async def test_a_supervisor_that_gives_up_is_told() -> None:
    """After the crash that was one too many; then all of it ends."""
    news: list[Subscription] = []

    async def crash_once() -> None:
        async with open_system(SupervisorSpec("", intensity=0, children=[child("a", [])])) as system:
            news.append(system.bus.subscribe("supervisor.*"))
            await system.ref("/a").tell(crash("once"))
            await wait_all_tasks_blocked()

    with pytest.raises(RestartIntensityExceeded):
        await crash_once()
    news[0].close()
    told = [(one.path, one.event) async for one in news[0] if isinstance(one, Lifecycle)]
    assert told == [("/a", "crashed"), ("/", "escalated"), ("/a", "stopped"), ("/", "stopped")]


async def test_an_operator_sees_in_an_actor_what_befell_it() -> None:
    """A crash with its cause, then that it runs again."""
    async with open_system(SupervisorSpec("", children=[child("a", [])])) as system:
        await system.ref("/a").tell(crash("no such price"))
        await wait_all_tasks_blocked()
        notes = [note for _, note in system.control.info("/a").events]
    assert notes == ["crashed: ValueError('no such price')"]
