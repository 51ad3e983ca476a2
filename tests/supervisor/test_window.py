"""What actors did between two looks, ranked over all of them; and the same listing, however the tree is walked."""

import pytest
import trio
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from supervisor import (
    Actor,
    ActorSystem,
    ChildSpec,
    Message,
    NoSuchActor,
    Sort,
    SupervisorSpec,
    WindowListing,
    WindowSort,
    handles,
    open_system,
)
from supervisor.ranking import Ranking
from supervisor.selection import SLICE


@frozen
class Work(Message[None]):
    """Be busy for so long."""

    seconds: float


class Worker(Actor):
    """Works."""

    @handles(Work)
    async def work(self, message: Work) -> None:
        """Take the time."""
        await trio.sleep(message.seconds)


TREE = SupervisorSpec(
    "",
    children=[
        SupervisorSpec("many", children=[SupervisorSpec(f"s{n}", children=[ChildSpec("w", Worker)]) for n in range(9)]),
        ChildSpec("w", Worker),
    ],
)


def worker(number: int) -> str:
    """Return the path of one of the many."""
    return f"/many/s{number}/w"


async def work(system: ActorSystem, path: str, messages: int, seconds: float) -> None:
    """Give an actor messages, and wait until it has handled them."""
    for _ in range(messages):
        await system.ref(path).ask(Work(seconds))
    await wait_all_tasks_blocked()


def shown(listing: WindowListing) -> list[tuple[str, float, float]]:
    """Return path, rate and share of each actor that did something."""
    return [(row.row.path, row.rate, row.busy_share) for row in listing.rows if row.rate]


async def test_who_became_busy_only_now_is_first(autojump_clock: MockClock) -> None:
    """However much another one did before."""
    async with open_system(TREE) as system:
        await work(system, worker(1), 50, 0.25)
        window = system.control.window("/")
        await window.look(WindowSort.RATE, 1)
        await work(system, worker(7), 3, 0.5)
        await trio.sleep(0.5)
        listing = await window.look(WindowSort.RATE, 1)

    assert shown(listing) == [(worker(7), 1.5, 0.75)]
    assert (listing.actors, listing.seconds) == (10, 2.0)


async def test_a_window_ends_where_the_next_begins(autojump_clock: MockClock) -> None:
    """The first look tells what actors ever did; each later one what is new."""
    async with open_system(TREE) as system:
        window = system.control.window("/many")
        await work(system, worker(0), 4, 0.25)
        first = await window.look(WindowSort.RATE, 9)
        await trio.sleep(1)
        second = await window.look(WindowSort.RATE, 9)

    assert shown(first) == [(worker(0), 4.0, 1.0)]
    assert shown(second) == []
    assert len(second.rows) == 9


async def test_it_is_ranked_by_what_is_asked_for(autojump_clock: MockClock) -> None:
    """By messages or by time in the window; by mailbox, age and restarts as they are now."""
    async with open_system(TREE) as system:
        by_messages, by_time = system.control.window("/"), system.control.window("/")
        await work(system, worker(1), 4, 0.125)
        await work(system, worker(2), 1, 1.5)
        assert shown(await by_messages.look(WindowSort.RATE, 1)) == [(worker(1), 2.0, 0.25)]
        assert shown(await by_time.look(WindowSort.BUSY, 1)) == [(worker(2), 0.5, 0.75)]
        await system.control.pause(worker(3))
        system.ref(worker(3)).tell_nowait(Work(0.1))
        await trio.sleep(1)
        for sort in (WindowSort.MAILBOX, WindowSort.AGE):
            assert [row.row.path for row in (await by_time.look(sort, 1)).rows] == [worker(3)]
        await system.control.resume("/")
        assert len((await by_time.look(WindowSort.RESTARTS, 3)).rows) == 3


async def test_nothing_is_kept_of_actors_that_are_gone(autojump_clock: MockClock) -> None:
    """Whoever watches a floor for days holds no more than what lives."""
    async with open_system(SupervisorSpec("", children=[SupervisorSpec("many")])) as system:
        window = system.control.window("/")
        for number in range(8):
            await system.start_child("/many", ChildSpec(f"w{number}", Worker))
            await work(system, f"/many/w{number}", 1, 0.1)
            await window.look(WindowSort.RATE, 3)
            await system.stop(f"/many/w{number}")
            listing = await window.look(WindowSort.RATE, 3)

    assert (listing.actors, listing.rows) == (0, ())
    assert window._known == {}


async def test_a_target_that_is_gone_is_said(mock_clock: MockClock) -> None:
    """At the look after."""
    async with open_system(TREE) as system:
        with pytest.raises(NoSuchActor):
            await system.control.window("/nobody").look(WindowSort.RATE, 1)


async def test_a_crowd_is_listed_like_a_few(mock_clock: MockClock) -> None:
    """Below the root and below a supervisor of very many, where the tree is not walked, and below one of few."""
    crowd = SupervisorSpec("crowd", children=[ChildSpec(f"w{number}", Worker) for number in range(SLICE + 1)])
    few = SupervisorSpec("few", children=[ChildSpec("w", Worker)])
    async with open_system(SupervisorSpec("", children=[crowd, few])) as system:
        system.ref("/crowd/w7").tell_nowait(Work(0.0))
        await system.control.pause("/")
        totals = {
            target: (await system.control.ps(target, Sort.MAILBOX, 1)).actors for target in ("/", "/crowd", "/few")
        }
        await system.stop("/few")
        gone = await system.control.ps("/few", Sort.MAILBOX, 5)

    assert totals == {"/": SLICE + 2, "/crowd": SLICE + 1, "/few": 1}
    assert [row.path for row in gone.rows] == ["/few/w"]


@given(st.lists(st.lists(st.integers(0, 5))), st.integers(1, 6))
def test_a_ranking_is_the_head_of_a_sorted_list(batches: list[list[int]], limit: int) -> None:
    """In whatever slices the items come; of equal ones the first."""
    numbered = [[(item, (at, number)) for number, item in enumerate(batch)] for at, batch in enumerate(batches)]
    ranking = Ranking[tuple[int, tuple[int, int]]](limit, lambda pair: pair[0])
    for batch in numbered:
        ranking.add(batch)

    everything = [pair for batch in numbered for pair in batch]
    assert sorted(everything, key=lambda pair: -pair[0])[:limit] == ranking.best
