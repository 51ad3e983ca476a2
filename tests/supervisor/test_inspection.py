"""What an operator sees of nodes."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    Activity,
    ActorFailed,
    ChildSpec,
    Exceeded,
    Listing,
    MailboxSpec,
    NoSuchActor,
    Sort,
    Strategy,
    SupervisorSpec,
    open_system,
)
from tests.supervisor.samples import Add, Crash, Get, Hold, Sample, Watch


def actor(name: str) -> ChildSpec:
    """Specify a sample."""
    return ChildSpec(name, Sample)


TREE = SupervisorSpec(
    "",
    children=[
        actor("a"),
        SupervisorSpec("s", children=[actor("b"), SupervisorSpec("t", children=[actor("b"), actor("c")])]),
    ],
)


async def test_an_activity_is_one_word(autojump_clock: MockClock) -> None:
    """Busy, stuck, paused, failed; and what is in hand, for how long."""
    child = ChildSpec("a", Sample, on_exceeded=Exceeded.QUARANTINE, intensity=1)
    async with open_system(SupervisorSpec("", children=[child])) as system:

        def activity() -> Activity:
            return system.control.info("/a").activity

        seen = [activity()]
        gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(system.ref("/a").ask, Hold(gate), 60.0)
            await trio.sleep(2)
            seen.append(activity())
            await system.control.pause("/a")
            seen.append(activity())
            await trio.sleep(4)
            seen.append(activity())
            assert system.control.info("/a").in_hand_s == 6.0
            gate.set()
            await wait_all_tasks_blocked()
            seen.append(activity())
        await system.control.resume("/a")
        for _ in range(2):
            with pytest.raises(ActorFailed):
                await system.ref("/a").ask(Crash(ValueError()))
        seen.append(activity())
        assert [word.value for word in seen] == ["running", "busy", "paused", "stuck", "paused", "failed"]
        assert system.control.info("/a").busy_s == 6.0


async def test_the_oldest_message_has_an_age(mock_clock: MockClock) -> None:
    """Of a mailbox that rests; the others show which one and how full."""
    spec = ChildSpec("a", Sample, mailbox=MailboxSpec(capacity=5))
    async with open_system(SupervisorSpec("", children=[spec])) as system:
        await system.control.pause("/a")
        system.ref("/a").tell_nowait(Add(1))
        mock_clock.jump(3)
        system.ref("/a").tell_nowait(Add(2))
        info = system.control.info("/a")
        assert (info.queued, info.capacity, info.overflow, info.oldest_age_s) == (2, 5, "block", 3.0)
        first, second = system.control.mailbox("/a", 5)
        assert (first.message, first.age_s, second.age_s, second.asks) == (Add(1), 3.0, 0.0, False)
        assert [len(system.control.mailbox(path, 1)) for path in ("/a", "/")] == [1, 0]
        await system.control.resume("/a")
        assert await system.ref("/a").ask(Get()) == 3
        assert system.control.info("/a").by_type == {"Add": 2, "Get": 1}


async def test_failures_count_against_what_is_left(mock_clock: MockClock) -> None:
    """Those of its own limit, or of its supervisor's; old ones do not."""
    own = ChildSpec("own", Sample, on_exceeded=Exceeded.QUARANTINE, intensity=5, period_s=10.0)
    async with open_system(SupervisorSpec("", children=[own, actor("a")], intensity=3, period_s=10.0)) as system:
        for path in ("/own", "/own", "/a"):
            with pytest.raises(ActorFailed):
                await system.ref(path).ask(Crash(ValueError()))
        await wait_all_tasks_blocked()
        budgets = {path: system.control.info(path) for path in ("/own", "/a", "/")}
        assert {path: (info.failures, info.restarts_left) for path, info in budgets.items()} == {
            "/own": (2, 3),
            "/a": (1, 2),
            "/": (0, 0),
        }
        mock_clock.jump(11)
        assert system.control.info("/own").restarts_left == 5


@pytest.mark.parametrize(
    ("strategy", "together"),
    [
        (Strategy.ONE_FOR_ONE, ()),
        (Strategy.ONE_FOR_ALL, ("/a", "/c")),
        (Strategy.REST_FOR_ONE, ("/c",)),
    ],
)
async def test_links_are_shown(strategy: Strategy, together: tuple[str, ...]) -> None:
    """Who is restarted with it, and who watches it."""
    children = [actor(name) for name in "abc"]
    async with open_system(SupervisorSpec("", strategy=strategy, children=children)) as system:
        await system.ref("/a").ask(Watch(system.ref("/b")))
        info = system.control.info("/b")
        assert (info.restarts_with, info.watched_by) == (together, ("/a",))


@pytest.mark.parametrize(
    ("target", "paths"),
    [
        ("/", ["/"]),
        ("/s/b", ["/s/b"]),
        ("/*", ["/a", "/s"]),
        ("/?", ["/a", "/s"]),
        ("/s/[bc]", ["/s/b"]),
        ("/**", ["/"]),
        ("/s/**", ["/s"]),
        ("/**/b", ["/s/b", "/s/t/b"]),
        ("/**/t/*", ["/s/t/b", "/s/t/c"]),
        ("/**/*", ["/a", "/s"]),
    ],
)
async def test_a_pattern_names_the_highest_nodes(target: str, paths: list[str]) -> None:
    """With all below them, each once."""
    async with open_system(TREE) as system:
        selection = await system.control.select(target)
        assert sorted(selection.paths) == paths
        listing = await system.control.ps(target, limit=100)
        assert listing.actors == selection.actors == len({row.path for row in listing.rows})
        with pytest.raises(NoSuchActor):
            await system.control.select(f"{target}/x*".replace("//", "/").replace("**/x*", "x*"))


@pytest.mark.parametrize("sort", Sort)
async def test_the_largest_come_first(sort: Sort, mock_clock: MockClock) -> None:
    """By whatever they are sorted."""
    async with open_system(TREE) as system:
        with pytest.raises(ActorFailed):
            await system.ref("/s/t/c").ask(Crash(ValueError()))
        gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(system.ref("/s/t/c").ask, Hold(gate))
            await wait_all_tasks_blocked()
            mock_clock.jump(1)
            gate.set()
        for _ in range(3):
            await system.ref("/s/t/c").ask(Get())
        await system.control.pause("/s/t/c")
        system.ref("/s/t/c").tell_nowait(Add(1))
        mock_clock.jump(1)
        listing = await system.control.ps("/", sort, limit=2)
        assert (listing.rows[0].path, len(listing.rows), listing.actors) == ("/s/t/c", 2, 4)
        row = listing.rows[0]
        assert (row.queued, row.oldest_age_s, row.handled, row.busy_s, row.restarts) == (1, 1.0, 4, 1.0, 1)


async def test_only_those_of_some_activities_are_listed() -> None:
    """And counted; where no actor does any of them, the list is empty."""
    async with open_system(TREE) as system:
        await system.control.pause("/a")
        await system.control.stop("/s/b")
        wanted = {Activity.PAUSED, Activity.STOPPED}

        both = await system.control.ps(activities=wanted)
        below = await system.control.ps("/s", activities=wanted)
        first = await system.control.ps(limit=1, activities=wanted)
        none = await system.control.ps(activities={Activity.FAILED})

        assert {row.path: row.activity for row in both.rows} == {"/a": Activity.PAUSED, "/s/b": Activity.STOPPED}
        assert [row.path for row in below.rows] == ["/s/b"]
        assert (len(first.rows), first.actors) == (1, 2)
        assert none == Listing((), 0)


async def test_what_is_gone_is_still_counted() -> None:
    """A census never counts less than before."""
    async with open_system(TREE) as system:
        await system.start_child("/s", actor("d"))
        await system.start_child("/s", ChildSpec("e", Sample, start_passive=True))
        await system.ref("/s/d").ask(Get())
        await system.control.pause("/a")
        system.ref("/a").tell_nowait(Get())
        before = (await system.control.census())["Sample"]
        await system.stop("/s/d")
        after = (await system.control.census())["Sample"]
        assert (before.actors, after.actors, before.queued, before.paused) == (5, 4, 1, 1)
        assert before.handled == after.handled == {"Get": 1}
        assert (await system.control.census())["unstarted"].passive == 1
