"""Quarantine: what keeps crashing rests as failed, and takes nobody along."""

from typing import Any

import pytest
from trio.testing import wait_all_tasks_blocked

from supervisor import (
    ActorFailed,
    ActorQuarantined,
    ChildSpec,
    Exceeded,
    RestartIntensityExceeded,
    Status,
    SupervisorSpec,
    open_system,
)
from tests.supervisor.samples import Broken, Get, Watch, child, crash, deaths_seen_by

QUARANTINED: dict[str, Any] = {"on_exceeded": Exceeded.QUARANTINE, "intensity": 2, "period_s": 60.0}


async def test_quarantine_spares_the_siblings() -> None:
    """One actor that keeps crashing rests as failed, with its cause; siblings go on, and a restart revives it."""
    log: list[str] = []
    children = [child("bad", log, **QUARANTINED), child("good", log)]
    async with open_system(SupervisorSpec("", children=children, intensity=0)) as system:
        bad, good = system.ref("/bad"), system.ref("/good")
        await good.tell(Watch(bad))
        for number in range(3):
            await bad.tell(crash(str(number)))
        await bad.tell(Get())
        await wait_all_tasks_blocked()
        info = system.control.info("/bad")
        assert (info.status, info.failure) == (Status.FAILED, "ValueError('2')")
        with pytest.raises(ActorQuarantined, match="takes no messages until it is restarted") as caught:
            await bad.ask(Get())
        assert str(caught.value.__cause__) == "2"
        await bad.tell(Get())
        assert [letter.reason for letter in system.control.dead_letters()][-2:] == ["failed", "failed"]
        (notice,) = await deaths_seen_by(system, "/good")
        assert (notice.path, notice.quarantined, str(notice.exit.cause)) == ("/bad", True, "2")
        with pytest.raises(ActorFailed):
            await system.control.state("/bad")
        assert await system.control.restart("/bad") is Status.RUNNING
        assert await bad.ask(Get()) == 0


async def test_who_waits_at_a_quarantine_knows_that_nobody_took_the_message() -> None:
    """Unlike the one whose message brought it about."""
    children = [child(name, [], on_exceeded=Exceeded.QUARANTINE, intensity=0) for name in "ab"]
    async with open_system(SupervisorSpec("", children=children)) as system:
        with pytest.raises(ActorFailed) as taken:
            await system.ref("/a").ask(crash())
        system.ref("/b").tell_nowait(crash())
        with pytest.raises(ActorFailed) as queued:
            await system.ref("/b").ask(Get())
        assert (taken.type, queued.type) == (ActorFailed, ActorQuarantined)


async def test_the_log_says_what_crashed_and_where(caplog: pytest.LogCaptureFixture) -> None:
    """With the traceback each time, and when the actor is set aside or its supervisor gives up."""
    children = [SupervisorSpec("s", children=[child("a", [], **QUARANTINED)]), child("b", [])]

    async def crash_all() -> None:
        async with open_system(SupervisorSpec("", children=children, intensity=0)) as system:
            for number in range(3):
                await system.ref("/s/a").tell(crash(str(number)))
            await wait_all_tasks_blocked()
            await system.ref("/b").tell(crash("last"))
            await wait_all_tasks_blocked()

    with pytest.raises(RestartIntensityExceeded):
        await crash_all()
    assert [(record.getMessage(), record.exc_info and str(record.exc_info[1])) for record in caplog.records] == [
        ("/s/a crashed", "0"),
        ("/s/a crashed", "1"),
        ("/s/a crashed", "2"),
        ("/s/a keeps crashing and is set aside: ValueError('2')", None),
        ("/b crashed", "last"),
        ("gave up: /: more than 0 failures within 5 s", None),
    ]


async def test_quarantined_start_is_told_to_who_waits() -> None:
    """`start_child` raises the cause when the actor never came up."""
    async with open_system() as system:
        with pytest.raises(ActorFailed, match="start 3"):
            await system.start_child("/", hopeless())


def hopeless() -> ChildSpec:
    """Specify an actor that never starts, and is quarantined for it."""

    class Hopeless(Broken):
        length = 100

    return child("a", [], Hopeless, **QUARANTINED)


async def test_quarantined_supervisor_takes_its_subtree_along() -> None:
    """A supervisor may be quarantined, too: everything below it rejects messages until it is restarted."""
    spec = SupervisorSpec("s", children=[child("a", []), child("b", [])], intensity=0, on_exceeded=Exceeded.QUARANTINE)
    outer = SupervisorSpec("o", children=[spec])
    async with open_system(SupervisorSpec("", children=[outer], intensity=0)) as system:
        system.ref("/o/s/a").tell_nowait(crash())
        await wait_all_tasks_blocked()
        assert [view.status for view in system.control.tree("/o/s").children] == [Status.FAILED] * 2
        with pytest.raises(ActorFailed) as caught:
            await system.ref("/o/s/b").ask(Get())
        assert isinstance(caught.value.__cause__, RestartIntensityExceeded)
        assert await system.control.restart("/o/s") is Status.RUNNING
        assert await system.ref("/o/s/b").ask(Get()) == 0
