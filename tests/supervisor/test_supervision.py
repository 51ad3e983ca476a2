"""Supervision at work: order of starts and stops, restarts, backoff, quarantine and escalation."""

# ruff: noqa: PT012 - the block around a system is what fails

import random

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    ActorFailures,
    ActorRef,
    ActorStopped,
    Backoff,
    NameTaken,
    NoSuchActor,
    Reason,
    Restart,
    RestartIntensityExceeded,
    Status,
    Strategy,
    SupervisorSpec,
    open_system,
)
from tests.supervisor.samples import Add, Broken, End, Get, Hold, Sample, Stubborn, Watch, child, crash, deaths_seen_by


async def test_children_start_in_order_and_stop_in_reverse() -> None:
    """Each starts when the one before is up, and stops when the one after has ended, through nested supervisors."""
    log: list[str] = []
    nested = SupervisorSpec("s", children=[child("b", log), child("c", log)])
    async with open_system(SupervisorSpec("", children=[child("a", log), nested, child("d", log)])):
        assert log == ["+a", "+b", "+c", "+d"]
    assert log[4:] == ["-d", "-c", "-b", "-a"]


async def test_stop_waits_for_the_message_in_hand_and_cancels_when_time_is_up(autojump_clock: MockClock) -> None:
    """An actor has its time to stop; then what it does is cancelled, and the order is kept all the same."""
    log: list[str] = []
    children = [child("a", log), child("b", log, Stubborn, shutdown_s=2.0), child("c", log)]
    async with open_system(SupervisorSpec("", children=children)) as system, trio.open_nursery() as nursery:
        gate = trio.Event()
        nursery.start_soon(system.ref("/c").ask, Hold(gate))
        await wait_all_tasks_blocked()
        nursery.start_soon(system.shutdown)
        await trio.sleep(1)
        gate.set()
    assert trio.current_time() == 3.0
    assert log[3:] == ["holdc", "heldc", "-c", "?b", "!b", "-a"]


async def test_killed_actor_fails_its_asker(autojump_clock: MockClock) -> None:
    """The asker of a message that outlasts the time to stop learns that the actor has stopped."""
    root = SupervisorSpec("", children=[child("a", [], shutdown_s=1.0)])
    async with open_system(root) as system, trio.open_nursery() as nursery:
        nursery.start_soon(system.stop, "/a")
        await expect_stopped(system.ref("/a"))
    assert trio.current_time() == 1.0


async def expect_stopped(ref: ActorRef) -> None:
    """Expect the actor to be stopped with the message in hand."""
    with pytest.raises(ActorStopped):
        await ref.ask(Hold(trio.Event()))


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.ONE_FOR_ONE, ["+b"]),
        (Strategy.ONE_FOR_ALL, ["-c", "-a", "+a", "+b", "+c"]),
        (Strategy.REST_FOR_ONE, ["-c", "+b", "+c"]),
    ],
)
async def test_strategy_restarts_the_right_children_in_order(strategy: Strategy, expected: list[str]) -> None:
    """Siblings are stopped in reverse and started in order; their mailboxes are kept."""
    log: list[str] = []
    children = [child(name, log) for name in "abc"]
    async with open_system(SupervisorSpec("", strategy=strategy, children=children)) as system:
        log.clear()
        for name in "abc":
            await system.control.pause(f"/{name}")
            system.ref(f"/{name}").tell_nowait(Add(1))
        await system.control.resume("/b")
        system.ref("/b").tell_nowait(crash())
        await wait_all_tasks_blocked()
        assert log == expected
        for name in "ac":
            await system.control.resume(f"/{name}")
            assert await system.ref(f"/{name}").ask(Get()) == 1


async def test_temporary_sibling_is_not_restarted_with_the_group() -> None:
    """A temporary child ends with the group, for good."""
    log: list[str] = []
    children = [child("a", log), child("t", log, restart=Restart.TEMPORARY)]
    async with open_system(SupervisorSpec("", strategy=Strategy.ONE_FOR_ALL, children=children)) as system:
        system.ref("/a").tell_nowait(crash())
        await wait_all_tasks_blocked()
        assert log == ["+a", "+t", "-t", "+a"]
        with pytest.raises(NoSuchActor):
            await system.ref("/t").ask(Get())


async def test_group_restart_waits_for_the_backoff(autojump_clock: MockClock) -> None:
    """The group is down until the failed child may start again."""
    log: list[str] = []
    backoff = Backoff(base_s=2.0, jitter=0.0)
    children = [child("a", log), child("b", log, backoff=backoff)]
    async with open_system(SupervisorSpec("", strategy=Strategy.ONE_FOR_ALL, children=children)) as system:
        system.ref("/b").tell_nowait(crash())
        await trio.sleep(1.9)
        assert log == ["+a", "+b", "-a"]
        assert await system.ref("/b").ask(Get()) == 0
        assert trio.current_time() == 2.0


async def test_backoff_grows_and_starts_again(autojump_clock: MockClock) -> None:
    """Restarts wait longer and longer, and briefly again after a calm period; messages wait meanwhile."""
    backoff = Backoff(base_s=1.0, factor=2.0, max_s=3.0, jitter=0.0, reset_after_s=10.0)
    spec = child("a", [], backoff=backoff)
    async with open_system(SupervisorSpec("", children=[spec], intensity=100)) as system:
        waits = []
        for pause_s in (0, 0, 0, 20):
            await trio.sleep(pause_s)
            began = trio.current_time()
            system.ref("/a").tell_nowait(crash())
            await system.ref("/a").ask(Get())
            waits.append(trio.current_time() - began)
        assert waits == [1.0, 2.0, 3.0, 1.0]
        assert system.control.info("/a").status is Status.RUNNING


async def test_backoff_is_no_calm_period(autojump_clock: MockClock) -> None:
    """Waits as long as the calm that resets the count do not reset it: nothing ran then that could have failed."""
    began: list[float] = []

    class Hopeless(Sample):
        async def started(self) -> None:
            began.append(trio.current_time())
            raise ValueError

    backoff = Backoff(base_s=1.0, max_s=4.0, jitter=0.0, reset_after_s=4.0)
    async with open_system(SupervisorSpec("", intensity=100)) as system:
        system.start_child_nowait("/", child("a", [], Hopeless, backoff=backoff))
        await trio.sleep(20)
    assert began == [0.0, 1.0, 3.0, 7.0, 11.0, 15.0, 19.0]


async def test_jitter_comes_from_the_injected_generator(autojump_clock: MockClock) -> None:
    """Two runs with one seed wait alike."""
    waits = []
    for _ in range(2):
        began = trio.current_time()
        spec = child("a", [], backoff=Backoff(jitter=0.5))
        async with open_system(SupervisorSpec("", children=[spec]), rng=random.Random(7)) as system:  # noqa: S311 - chance, not secrecy
            system.ref("/a").tell_nowait(crash())
            await system.ref("/a").ask(Get())
        waits.append(round(trio.current_time() - began, 9))
    assert waits[0] == waits[1] != 0.1


async def test_restart_that_waits_is_called_off_by_a_stop(autojump_clock: MockClock) -> None:
    """An actor that is stopped during its backoff stays away."""
    log: list[str] = []
    spec = child("a", log, backoff=Backoff(base_s=5.0))
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        system.ref("/a").tell_nowait(crash())
        await wait_all_tasks_blocked()
        assert system.control.info("/a").status is Status.RESTARTING
        await system.stop("/a")
        await trio.sleep(10)
        assert log == ["+a"]


async def test_crash_at_the_start_counts_as_a_crash() -> None:
    """A start that fails is tried again; who waits for the actor waits until it is up."""
    log: list[str] = []
    async with open_system() as system:
        ref = await system.start_child("/", child("a", log, Broken))
        assert log == ["+a"] * 3
        assert await ref.ask(Get()) == 0


async def test_escalation_has_the_shape_of_the_tree() -> None:
    """A supervisor that gives up fails in turn; at the root the causes come as a group of groups."""

    class Hopeless(Broken):
        length = 100

    log: list[str] = []
    inner = SupervisorSpec("inner", children=[child("b", log, Hopeless)], intensity=1)
    root = SupervisorSpec(
        "", children=[child("a", log), SupervisorSpec("mid", children=[inner], intensity=0)], intensity=0
    )
    with pytest.raises(RestartIntensityExceeded) as caught:
        async with open_system(root):
            raise AssertionError("it never comes up")
    group: BaseException = caught.value
    messages = []
    while isinstance(group, BaseExceptionGroup):
        messages.append(group.message)
        parts = group.exceptions
        group = parts[0]
    assert messages == [
        "/: more than 0 failures within 5 s",
        "/mid: more than 0 failures within 5 s",
        "/mid/inner: more than 1 failures within 5 s",
        "/mid/inner/b",
    ]
    assert [str(part) for part in parts] == ["start 2", "start 3"]
    assert log == ["+a", "+b", "+b", "-a"]


async def test_failure_of_a_running_system_cancels_the_block() -> None:
    """The block around a system that fails is cancelled, and the failure is raised bare."""
    with pytest.raises(RestartIntensityExceeded) as caught:
        async with open_system(SupervisorSpec("", children=[child("a", [])], intensity=1)) as system:
            for number in range(2):
                system.ref("/a").tell_nowait(crash(str(number)))
            await trio.sleep_forever()
    assert isinstance(caught.value.exceptions[0], ActorFailures)
    assert [str(exc) for exc in caught.value.exceptions[0].exceptions] == ["0", "1"]


async def test_supervisor_restarts_its_children_after_it_gave_up() -> None:
    """The children of a restarted supervisor start afresh, dynamic ones too; temporary ones are gone."""
    log: list[str] = []
    spec = SupervisorSpec("s", children=[child("a", log), child("b", log)], intensity=0)
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        await system.start_child("/s", child("c", log))
        await system.start_child("/s", child("t", log, restart=Restart.TEMPORARY))
        log.clear()
        system.ref("/s/a").tell_nowait(crash())
        await wait_all_tasks_blocked()
        assert log == ["-t", "-c", "-b", "+a", "+b", "+c"]
        assert system.control.info("/s").events[0][1].startswith("gave up")


async def test_supervisor_backs_off_too(autojump_clock: MockClock) -> None:
    """A supervisor that gave up is restarted after its own backoff, or not at all if it is stopped before."""
    log: list[str] = []
    spec = SupervisorSpec("s", children=[child("a", log)], intensity=0, backoff=Backoff(base_s=3.0, jitter=0.0))
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        system.ref("/s/a").tell_nowait(crash())
        assert await system.ref("/s/a").ask(Get()) == 0
        assert trio.current_time() == 3.0
        system.ref("/s/a").tell_nowait(crash())
        await wait_all_tasks_blocked()
        await system.stop("/s")
        await trio.sleep(100)
        assert log == ["+a", "+a"]


async def test_end_by_itself_follows_the_restart_type() -> None:
    """A permanent actor that ends is restarted, a transient one keeps its place, a temporary one is forgotten."""
    log: list[str] = []
    children = [child(kind.value, log, restart=kind) for kind in Restart]
    async with open_system(SupervisorSpec("", children=children, intensity=1)) as system:
        for kind in Restart:
            await system.ref(f"/{kind.value}").ask(End())
        await wait_all_tasks_blocked()
        statuses = {view.path: view.status for view in system.control.tree().children}
        assert statuses == {"/permanent": Status.RUNNING, "/transient": Status.STOPPED}
        assert await system.control.restart("/transient") is Status.RUNNING
        assert sorted(log[3:]) == ["+permanent", "+transient", "-permanent", "-temporary", "-transient"]


async def test_permanent_actor_that_keeps_ending_escalates() -> None:
    """Ending is a failure, too, with a cause that says so."""
    with pytest.raises(RestartIntensityExceeded) as caught:
        async with open_system(SupervisorSpec("", children=[child("a", [])], intensity=0)) as system:
            system.ref("/a").tell_nowait(End())
            await system.wait_finished()
    (failures,) = caught.value.exceptions
    assert isinstance(failures, ActorFailures)
    assert str(failures.exceptions[0]) == "/a ended although it is permanent"


async def test_crash_while_stopping_changes_nothing() -> None:
    """A `stopped()` that raises ends its actor all the same."""

    class Clumsy(Sample):
        async def stopped(self, reason: Reason) -> None:
            raise ValueError("clumsy")

    async with open_system(SupervisorSpec("", children=[child("a", [], Clumsy), child("b", [])])) as system:
        await system.stop("/a")
        assert system.control.info("/a").status is Status.STOPPED


async def test_start_child_refuses_what_cannot_be() -> None:
    """A taken name, no name, an actor or nothing as a parent."""
    async with open_system(SupervisorSpec("", children=[child("a", [])])) as system:
        with pytest.raises(NameTaken, match="/a is taken"):
            await system.start_child("/", child("a", []))
        with pytest.raises(ValueError, match="name"):
            await system.start_child("/", child("", []))
        for parent in ("/a", "/nobody"):
            with pytest.raises(NoSuchActor):
                await system.start_child(parent, child("b", []))


async def test_child_that_ends_at_its_start_is_told_to_who_waits() -> None:
    """`start_child` raises when the actor has stopped before it was up."""

    class Brief(Sample):
        async def started(self) -> None:
            self.ctx.stop()

    async with open_system() as system:
        with pytest.raises(ActorStopped):
            await system.start_child("/", child("a", [], Brief, restart=Restart.TEMPORARY))
        assert await system.start_child("/", child("a", [])) == system.ref("/a")


async def test_dynamic_child_is_forgotten_when_it_has_ended() -> None:
    """Its name is free again, its watchers know, and old refs find the next one of that name."""
    async with open_system(SupervisorSpec("", children=[child("w", [])])) as system:
        ref = await system.start_child("/", child("a", [], restart=Restart.TRANSIENT))
        await system.ref("/w").tell(Watch(ref))
        await ref.ask(Add(5))
        await ref.ask(End())
        await wait_all_tasks_blocked()
        with pytest.raises(NoSuchActor):
            await ref.ask(Get())
        await system.start_child("/", child("a", []))
        assert await ref.ask(Get()) == 0
        (notice,) = await deaths_seen_by(system, "/w")
        assert (notice.path, notice.quarantined) == ("/a", False)


async def test_dynamic_supervisor_starts_and_stops_as_a_whole() -> None:
    """A subtree can come and go at run time."""
    log: list[str] = []
    async with open_system() as system:
        await system.start_child("/", SupervisorSpec("s", children=[child("a", log), child("b", log)]))
        await system.start_child("/s", SupervisorSpec("empty"))
        await system.stop("/s")
        assert log == ["+a", "+b", "-b", "-a"]
        assert system.control.tree().children == ()
        assert list(system.runtime.nodes) == ["/"]


async def test_later_failure_supersedes_a_group_restart(autojump_clock: MockClock) -> None:
    """A child that fails while its group starts again begins the restart anew, and none is started twice."""
    log: list[str] = []
    children = [child("a", log), child("b", log, Broken), child("c", log)]
    root = SupervisorSpec("", strategy=Strategy.REST_FOR_ONE, children=children)
    async with open_system(root) as system:
        assert [view.status for view in system.control.tree().children] == [Status.RUNNING] * 3
        assert log == ["+a", "+b", "+b", "+c"]


async def test_temporary_supervisor_that_gives_up_ends_with_all_below_it() -> None:
    """Whoever waits for one of them is answered, watchers hear of each, and no message is taken any more."""
    inner = SupervisorSpec("i", children=[child("b", [])])
    spec = SupervisorSpec("s", children=[child("a", []), inner], restart=Restart.TEMPORARY, intensity=0)
    async with open_system(SupervisorSpec("", children=[child("w", []), spec])) as system:
        refs = [system.ref("/s/a"), system.ref("/s/i/b")]
        for ref in refs:
            await system.ref("/w").ask(Watch(ref))
        await system.control.pause("/s/i/b")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(expect_end, refs[1])
            await wait_all_tasks_blocked()
            refs[0].tell_nowait(crash())
        for ref in refs:
            with pytest.raises(NoSuchActor):
                await ref.ask(Get())
        assert {notice.path for notice in await deaths_seen_by(system, "/w")} == {"/s/a", "/s/i/b"}
        assert list(system.runtime.nodes) == ["/", "/w"]


async def expect_end(ref: ActorRef) -> None:
    """Expect the actor to end with a message in its mailbox."""
    with pytest.raises(ActorStopped):
        await ref.ask(Get())
