"""Asking an actor further down: what is in its way is no failure of who asks, and is said with what to do."""

import pytest
from trio.testing import wait_all_tasks_blocked

from actors.asking import ask
from actors.errors import FloorBusy
from supervisor import ChildSpec, Exceeded, SupervisorSpec, open_system
from tests.supervisor.samples import Get, Sample, crash


async def test_an_actor_that_is_gone_is_a_floor_that_is_busy() -> None:
    """It may be there again in a moment."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("a", Sample)])) as system:
        await system.stop("/a")
        with pytest.raises(FloorBusy, match="/a has stopped; try again in 1 s under the same idempotency key"):
            await ask(system.ref("/a"), Get())


async def test_an_actor_that_was_set_aside_waits_for_an_admin() -> None:
    """To try again would not help."""
    spec = ChildSpec("a", Sample, on_exceeded=Exceeded.QUARANTINE, intensity=0)
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        await system.ref("/a").tell(crash("again"))
        await wait_all_tasks_blocked()
        with pytest.raises(FloorBusy, match="until it is restarted; an admin does that with: tradefloor restart /a"):
            await ask(system.ref("/a"), Get())
