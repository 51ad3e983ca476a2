"""What a simulation puts in the place of the outside: storage that fails when it is to, people, faults, and time."""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import pytest
import trio
from trio.testing import MockClock

from actors.errors import JournalUnavailable
from actors.ports.journal import Channel
from actors.ports.metering import UsageEvent
from persistence.memory import MemoryStore
from simulations.approvers import on_shift_us, response_s
from simulations.faults import Faults
from simulations.ports.fleeting import FleetingStore
from simulations.ports.metering import SEEN_MAX, InLoopMetering
from simulations.ports.storage import FaultyStorage
from simulations.scenario import Fault, Span
from simulations.scenario.model import Response, Shift
from simulations.streams import Purpose, stream
from tests.actors.builders import a_book, an_agent, buy, placed
from tests.persistence.commits import change, creation

OFFICE: Final = Shift("09:00", "17:00", "Europe/Berlin", ("mon", "tue", "wed", "thu", "fri"))


def _us(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("now", "on_shift"),
    [
        ("2026-01-08T10:00", "2026-01-08T10:00"),
        ("2026-01-08T03:00", "2026-01-08T08:00"),
        ("2026-01-08T16:00", "2026-01-09T08:00"),
        ("2026-01-09T16:30", "2026-01-12T08:00"),
        ("2026-01-10T12:00", "2026-01-12T08:00"),
        ("2026-03-28T12:00", "2026-03-30T07:00"),
    ],
)
def test_approvers_wait_for_their_shift(now: str, on_shift: str) -> None:
    """In their own time zone, over nights, weekends and a change of the clocks."""
    assert on_shift_us(OFFICE, _us(now)) == _us(on_shift)


@pytest.mark.parametrize("distribution", ["lognormal", "exponential", "fixed"])
def test_the_median_of_response_times_is_as_given(distribution: str) -> None:
    """Whatever the distribution."""
    response, rng = Response(distribution, Span(120.0), 0.8), stream(1, Purpose.APPROVERS, 1)

    drawn = [response_s(response, rng) for _ in range(4_000)]

    assert np.median(drawn) == pytest.approx(120.0, rel=0.05)


async def test_metering_without_events_knows_the_last_ids() -> None:
    """A batch that comes again, even after many others, is counted once."""
    metering = InLoopMetering(lambda: 0, keeps_events=False)

    def batch(number: int) -> list[UsageEvent]:
        first = number * SEEN_MAX
        return [UsageEvent(f"evt_{first + at}", "agt_1", "trade.submitted", 1, 0, 0) for at in range(SEEN_MAX)]

    for number in (0, 0, 1, 1):
        await metering.ingest(batch(number))

    assert (await metering.usage("agt_1", "1970-01")).total_calls == 2 * SEEN_MAX


async def test_storage_fails_while_it_is_to() -> None:
    """Nothing is changed meanwhile, and everything works before and after."""
    store = MemoryStore()
    storage = FaultyStorage(store)
    await storage.commit([creation(an_agent())])
    storage.unavailable = True

    with pytest.raises(JournalUnavailable):
        await storage.commit([creation(an_agent(agent_id="agt_2"))])
    storage.unavailable = False

    assert [agent.agent_id for agent, _ in store.agents()] == ["agt_1"]
    await storage.save_prices({"AAPL": 1}, 0)
    await storage.save_bars([])
    await storage.save_watermarks([])
    await storage.delivered([entry.entry_id for entry in await storage.outbox(Channel.METERING, 0, 10)])
    assert store.prices() == {"AAPL": 1}
    assert await storage.watermarks() == []
    assert await storage.purge(0) == 0


async def test_a_fleeting_store_answers_as_the_one_that_remembers() -> None:
    """The same places, agents and outbox; only the past is gone."""
    remembering, fleeting = MemoryStore(), FleetingStore()
    bought = placed(a_book(), buy())
    commits = [creation(an_agent()), change(an_agent(), bought), creation(an_agent(agent_id="agt_2"))]

    assert await fleeting.commit(commits) == await remembering.commit(commits)
    assert fleeting.last_seq() == remembering.last_seq() == 4
    assert list(fleeting.agents()) == list(remembering.agents())
    for channel in Channel:
        assert await fleeting.outbox(channel, 0, 10) == await remembering.outbox(channel, 0, 10)
    assert await fleeting.events(None, 0, 10) == []


def test_a_part_is_away_until_the_last_of_its_faults_is_over() -> None:
    """Faults of one part may overlap, and one does not touch another part."""
    store, other = FaultyStorage(MemoryStore()), FaultyStorage(MemoryStore())
    faults = Faults({"journal": store, "metering": other})
    away: list[bool] = []

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(faults.cause, Fault("journal", Span(1), Span(3)))
            nursery.start_soon(faults.cause, Fault("journal", Span(2), Span(4)))
            for at_s in (0.5, 1.5, 4.5, 6.5):
                await trio.sleep_until(at_s)
                away.append(store.unavailable)

    trio.run(run, clock=MockClock(autojump_threshold=0))

    assert away == [False, True, True, False]
    assert not other.unavailable
