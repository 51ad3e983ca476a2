"""The contract of what was committed, as to bars and fills."""

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.bars import MINUTE_US, MINUTES_KEPT_US, Bar, Interval, aggregate
from actors.equity import Execution
from actors.model import Action
from persistence.memory import MemoryStore
from persistence.store import SqliteStore, open_store
from tests.actors.builders import AAPL_MICROS, DAY_US, NOW_US, a_ticket, an_agent, buy, held_purchase, placed, sell
from tests.contracts.stages import Storage
from tests.persistence.commits import change, creation

Store = MemoryStore | SqliteStore

HOUR_US = 60 * MINUTE_US
FEE_MICROS = 1_502_500


def a_bar(minute: int, price: int, volume: int = 1, symbol: str = "AAPL") -> Bar:
    """Return the bar of a minute after NOW_US, around a price."""
    return Bar(symbol, NOW_US + minute * MINUTE_US, price, price + 2, price - 2, price + 1, volume)


async def test_minutes_are_found_again(history: Storage) -> None:
    """From the first moment on and before the second, of one symbol."""
    minutes = [a_bar(minute, 100 + minute) for minute in range(5)]
    await history.writes.save_bars([*minutes, a_bar(2, 7, symbol="TSLA")])
    found = await history.reads.bars("AAPL", NOW_US + MINUTE_US, NOW_US + 3 * MINUTE_US, Interval.MINUTE)
    assert found == minutes[1:3]
    assert await history.reads.bars("MSFT", NOW_US, NOW_US + DAY_US, Interval.DAY) == []


async def test_larger_bars(history: Storage) -> None:
    """Worked by hand: 100, 101, then 104 to 106, around midday; the last bar ends where the range does."""
    await history.writes.save_bars([a_bar(minute, 100 + minute, volume=minute) for minute in (0, 1, 4, 5, 6)])
    await history.writes.save_bars([a_bar(60, 90, volume=9), a_bar(61, 80)])
    end_us = NOW_US + 61 * MINUTE_US
    fives = [Bar("AAPL", NOW_US, 100, 106, 98, 105, 5), Bar("AAPL", NOW_US + 5 * MINUTE_US, 105, 108, 103, 107, 11)]
    assert await history.reads.bars("AAPL", NOW_US, NOW_US + HOUR_US, Interval.FIVE_MINUTES) == fives
    hours = [Bar("AAPL", NOW_US, 100, 108, 98, 107, 16), Bar("AAPL", NOW_US + HOUR_US, 90, 92, 88, 91, 9)]
    assert await history.reads.bars("AAPL", NOW_US, end_us, Interval.HOUR) == hours
    midnight_us = NOW_US - DAY_US // 2
    assert await history.reads.bars("AAPL", midnight_us, end_us, Interval.DAY) == [
        Bar("AAPL", midnight_us, 100, 108, 88, 91, 25)
    ]
    assert await history.reads.bars("AAPL", NOW_US, NOW_US, Interval.HOUR) == []


async def test_a_minute_that_came_twice_goes_on(history: Storage) -> None:
    """As after a clock that was set back."""
    await history.writes.save_bars([Bar("AAPL", NOW_US, 10, 12, 9, 11, 3)])
    await history.writes.save_bars([Bar("AAPL", NOW_US, 20, 21, 10, 20, 4)])
    joined = [Bar("AAPL", NOW_US, 10, 21, 9, 20, 7)]
    assert await history.reads.bars("AAPL", NOW_US, NOW_US + MINUTE_US, Interval.MINUTE) == joined
    assert await history.reads.bars("AAPL", NOW_US, NOW_US + HOUR_US, Interval.HOUR) == joined


async def test_the_last_price_before_a_moment(history: Storage) -> None:
    """That of the last minute that was over by then, however long ago; none before the first."""
    await history.writes.save_bars([a_bar(0, 100), a_bar(2, 200), a_bar(0, 50, symbol="TSLA")])
    moments = [NOW_US + minute * MINUTE_US for minute in (0, 1, 2, 3, 9_999)]
    assert {
        name: list(found) for name, found in (await history.reads.closes(["AAPL", "MSFT", "TSLA"], moments)).items()
    } == {
        "AAPL": [None, 101, 101, 201, 201],
        "MSFT": [None] * 5,
        "TSLA": [None, 51, 51, 51, 51],
    }
    assert dict(await history.reads.closes((), moments)) == dict(await history.reads.closes([], ())) == {}
    evenly = range(NOW_US, NOW_US + 3 * MINUTE_US, MINUTE_US)
    assert list((await history.reads.closes(("AAPL",), evenly))["AAPL"]) == [None, 101, 101]


async def test_minutes_go_and_hours_stay(history: Storage) -> None:
    """After 30 days; prices are then those of the hours."""
    await history.writes.save_bars([a_bar(0, 100), a_bar(1, 200), a_bar(59, 300), a_bar(61, 400)])
    await history.writes.purge(NOW_US + MINUTES_KEPT_US + HOUR_US)
    end_us = NOW_US + 2 * HOUR_US
    assert await history.reads.bars("AAPL", NOW_US, end_us, Interval.MINUTE) == [a_bar(61, 400)]
    assert await history.reads.bars("AAPL", NOW_US, end_us, Interval.HOUR) == [
        Bar("AAPL", NOW_US, 100, 302, 98, 301, 3),
        Bar("AAPL", NOW_US + HOUR_US, 400, 402, 398, 401, 1),
    ]
    moments = [NOW_US + HOUR_US - MINUTE_US, NOW_US + HOUR_US, end_us]
    assert list((await history.reads.closes(["AAPL"], moments))["AAPL"]) == [None, 301, 401]


async def test_fills_come_newest_first(history: Storage) -> None:
    """Of one agent, before a place in the log, and fills alone; the pages follow each other."""
    agent = an_agent()
    first = placed(held_purchase().book, buy(), a_ticket(2))
    second = placed(first.book, sell(quantity=4), a_ticket(3, at_us=NOW_US + 5))
    await history.writes.commit([creation(agent), change(agent, held_purchase()), creation(an_agent(agent_id="agt_2"))])
    await history.writes.commit([change(agent, first)])
    await history.writes.commit([change(agent, second)])
    sale = Execution(8, NOW_US + 5, "AAPL", Action.SELL, 4, AAPL_MICROS, 1_000_000)
    purchase = Execution(6, NOW_US, "AAPL", Action.BUY, 10, AAPL_MICROS, FEE_MICROS)
    assert list(await history.reads.executions("agt_1", 99, 10)) == [sale, purchase]
    assert list(await history.reads.executions("agt_1", 99, 1)) == [sale]
    assert list(await history.reads.executions("agt_1", sale.seq, 10)) == [purchase]
    assert list(await history.reads.executions("agt_2", 99, 10)) == []


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(3, 99)), unique_by=lambda each: each[0], max_size=30),
    st.sampled_from(Interval),
    st.integers(0, 3_000),
)
def test_both_stores_answer_the_same(
    tmp_path_factory: pytest.TempPathFactory, ticks: list[tuple[int, int]], interval: Interval, until: int
) -> None:
    """Any minutes, in any order of saving, aggregated as the pure function does it."""
    minutes = [a_bar(minute, price) for minute, price in ticks]
    from_us, to_us = interval.floor(NOW_US), NOW_US + until * MINUTE_US
    wanted = sorted((bar for bar in minutes if bar.start_us < to_us), key=lambda bar: bar.start_us)
    moments = [NOW_US + minute * MINUTE_US for minute in range(0, 3_001, 200)]

    async def main() -> None:
        memory, disk = MemoryStore(), open_store(tmp_path_factory.mktemp("bars") / "floor.db")
        for bar in sorted(minutes, key=lambda bar: bar.start_us):
            for store in (memory, disk):
                await store.save_bars([bar])
        found = [await store.bars("AAPL", from_us, to_us, interval) for store in (memory, disk)]
        closes = [await store.closes(["AAPL"], moments) for store in (memory, disk)]
        disk.close()
        assert found == [aggregate(wanted, interval)] * 2
        assert closes[0] == closes[1]

    trio.run(main)
