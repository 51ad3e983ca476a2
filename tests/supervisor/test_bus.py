"""The event bus: topics, prefixes, and an explicit gap for the slow."""

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from supervisor import Bus, ChildSpec, Lagged, SupervisorSpec, open_system
from tests.supervisor.samples import Get, Sample


async def test_subscriber_gets_its_topics_once_and_in_order() -> None:
    """An event that matches several topics of one subscription comes once."""
    bus = Bus()
    with bus.subscribe("a", "a.*", "b", "b", "a.x") as events:
        for topic in ("a", "a.x", "b", "c", "ab"):
            bus.publish(topic, topic)
    assert [event async for event in events] == ["a", "a.x", "b"]
    bus.publish("a", "too late")
    events.close()
    assert [event async for event in events] == []


async def test_reader_is_woken_by_an_event_and_by_the_end() -> None:
    """Waiting can be cancelled, and two readers are one too many."""
    bus = Bus()
    events = bus.subscribe("*")
    with trio.move_on_after(0):
        await anext(events)
    seen = []

    async def read() -> None:
        seen.extend([event async for event in events])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await anext(events)
        bus.publish("x", 1)
        await wait_all_tasks_blocked()
        bus.publish("y", 2)
        events.close()
    assert seen == [1, 2]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_slow_subscriber_learns_how_many_it_missed(operations: list[bool], capacity: int) -> None:
    """Whatever the pace, events read and events reported as missed add up, in order."""

    async def main() -> None:
        bus = Bus()
        events = bus.subscribe("t", capacity=capacity)
        published = position = 0
        for publish in operations:
            if publish:
                bus.publish("t", published)
                published += 1
            elif position < published:
                event = await anext(events)
                if isinstance(event, Lagged):
                    position += event.missed
                    event = await anext(events)
                assert event == position
                position += 1
        assert published - position <= capacity or isinstance(await anext(events), Lagged)

    trio.run(main)


@pytest.mark.parametrize(("topics", "capacity"), [((), 1), (("a",), 0)])
def test_subscription_needs_a_topic_and_room(topics: tuple[str, ...], capacity: int) -> None:
    """Neither nothing to hear nor no place to keep it."""
    with pytest.raises(ValueError, match="needs a topic"):
        Bus().subscribe(*topics, capacity=capacity)


async def test_actor_publishes_through_its_context() -> None:
    """What an actor publishes reaches the system's bus."""

    class Herald(Sample):
        async def get(self, message: Get) -> int:
            self.ctx.publish("news", message)
            return 0

    async with open_system(SupervisorSpec("", children=[ChildSpec("h", Herald)])) as system:
        with system.bus.subscribe("news") as news:
            await system.ref("/h").ask(Get())
            assert await anext(news) == Get()
