"""Bars: ticks into minutes, minutes into larger ones."""

from hypothesis import given
from hypothesis import strategies as st

from actors.bars import MINUTE_US, RECENT_MINUTES, Bar, Interval, RecentBars, aggregate
from tests.actors.builders import DAY_US, NOW_US, SECOND_US


def a_bar(minute: int, opened: int, high: int, low: int, close: int, volume: int = 0, symbol: str = "AAPL") -> Bar:
    """Return a bar that begins so many minutes after NOW_US."""
    return Bar(symbol, NOW_US + minute * MINUTE_US, opened, high, low, close, volume)


def ticked(*ticks: tuple[float, int]) -> RecentBars:
    """Return the bars after ticks of AAPL: seconds after NOW_US, and the price."""
    bars = RecentBars()
    for second, price in ticks:
        bars = bars.ticked(NOW_US + round(second * SECOND_US), {"AAPL": price})
    return bars


def test_intervals_stand_on_a_grid_of_utc() -> None:
    """A day begins at midnight; a time on the grid is its own start."""
    assert [interval.length_us // MINUTE_US for interval in Interval] == [1, 5, 15, 60, 1_440]
    assert Interval.DAY.floor(NOW_US) == NOW_US - DAY_US // 2
    assert Interval.DAY.ceil(NOW_US) == NOW_US + DAY_US // 2
    assert Interval.HOUR.floor(NOW_US) == Interval.HOUR.ceil(NOW_US) == NOW_US


def test_ticks_of_one_minute_are_one_bar() -> None:
    """The first price opens it, the last one closes it."""
    bars = ticked((0, 10), (1, 13), (2, 8), (59.9, 11))
    assert bars.of("AAPL") == [a_bar(0, 10, 13, 8, 11)]
    assert bars.start_us == NOW_US
    assert not bars.is_over(NOW_US + MINUTE_US - 1)
    assert bars.is_over(NOW_US + MINUTE_US)


def test_before_the_first_tick_there_is_nothing() -> None:
    """Nothing to show, nothing to finish."""
    bars = RecentBars()
    assert (bars.start_us, bars.of("AAPL"), bars.is_over(NOW_US)) == (None, [], False)
    assert bars.traded({"AAPL": 1}) == bars


def test_the_last_minutes_stay() -> None:
    """So many and no more; minutes without a tick have no bar."""
    minutes = [0, 1, 3, 4, 5, 6, 7]
    bars = ticked(*((60 * minute, minute) for minute in minutes))
    assert [bar.close_micros for bar in bars.of("AAPL")] == minutes[-RECENT_MINUTES - 1 :]


def test_what_was_traded_belongs_to_the_tick_before() -> None:
    """It is counted before the next tick; what has no bar counts nothing."""
    bars = ticked((0, 10)).traded({"AAPL": 3, "TSLA": 4}).traded({"AAPL": 2}).traded({})
    assert bars.of("AAPL") == [a_bar(0, 10, 10, 10, 10, 5)]
    assert bars.of("TSLA") == []
    assert bars.ticked(NOW_US + 1, {"AAPL": 12}).of("AAPL") == [a_bar(0, 10, 12, 10, 12, 5)]
    assert [bar.volume for bar in bars.ticked(NOW_US + MINUTE_US, {"AAPL": 12}).of("AAPL")] == [5, 0]


def test_a_symbol_may_come_later() -> None:
    """It opens with its first price."""
    bars = ticked((0, 10)).ticked(NOW_US + 1, {"AAPL": 11, "TSLA": 7})
    assert bars.of("TSLA") == [a_bar(0, 7, 7, 7, 7, symbol="TSLA")]
    assert bars.of("AAPL") == [a_bar(0, 10, 11, 10, 11)]


def test_a_clock_set_back_begins_anew() -> None:
    """The minutes after it are over, and hidden."""
    bars = ticked((0, 10), (60, 11))
    assert bars.is_over(NOW_US - 1)
    assert bars.ticked(NOW_US - 1, {"AAPL": 9}).of("AAPL") == [a_bar(-1, 9, 9, 9, 9)]


def test_larger_bars_out_of_smaller_ones() -> None:
    """Worked by hand: two minutes in the first five, none in the second, one in the third."""
    bars = [a_bar(1, 10, 12, 9, 11, 5), a_bar(4, 11, 20, 11, 15, 7), a_bar(10, 15, 15, 14, 14, 1)]
    assert aggregate(bars, Interval.FIVE_MINUTES) == [a_bar(0, 10, 20, 9, 15, 12), a_bar(10, 15, 15, 14, 14, 1)]
    assert aggregate(bars, Interval.HOUR) == [a_bar(0, 10, 20, 9, 14, 13)]
    assert aggregate((), Interval.HOUR) == []


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 99), st.integers(0, 9)), max_size=40))
def test_it_does_not_matter_over_which_bars_one_aggregates(ticks: list[tuple[int, int, int]]) -> None:
    """Days out of hours are the days out of minutes, and the extremes and volumes are those of the ticks."""
    minutes = aggregate(
        (a_bar(minute, price, price, price, price, volume) for minute, price, volume in sorted(ticks)), Interval.MINUTE
    )
    days = aggregate(minutes, Interval.DAY)
    assert aggregate(aggregate(minutes, Interval.QUARTER), Interval.DAY) == days
    assert sum(bar.volume for bar in days) == sum(volume for _, _, volume in ticks)
    assert max((bar.high_micros for bar in days), default=0) == max((price for _, price, _ in ticks), default=0)
    assert min((bar.low_micros for bar in days), default=0) == min((price for _, price, _ in ticks), default=0)
