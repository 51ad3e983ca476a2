"""Charts of a whole floor: bars from ticks and trades, equity and performance from fills and bars."""

from collections.abc import Sequence

import pytest
from attrs import evolve
from trio.testing import wait_all_tasks_blocked

from actors import charts
from actors.bars import MINUTE_US, Bar, Interval
from actors.equity import EquityPoint
from actors.errors import FloorBusy, JournalUnavailable, RangeTooLong
from actors.lifecycle import AgentEvent
from actors.money import dollars
from actors.prices.ticks import TRADING_YEAR_SECONDS
from actors.spans import Span
from actors.views import NO_MARKET
from tests.actors.builders import AAPL_MICROS, NOW_US, buy, sell
from tests.actors.headless import HeadlessFloor, ScriptedStore, headless_floor, surroundings

HIGHER = dollars(160)


class BarlessStore(ScriptedStore):
    """Storage that stores no bars while it is told not to."""

    def __init__(self) -> None:
        super().__init__()
        self.barless = False

    async def save_bars(self, bars: Sequence[Bar]) -> None:
        """Store bars, unless told not to."""
        if self.barless:
            raise JournalUnavailable("the disk is full")
        await super().save_bars(bars)


def span(minutes: float, interval: Interval = Interval.MINUTE) -> Span:
    """Return the span from NOW_US on."""
    return Span(NOW_US, NOW_US + round(minutes * MINUTE_US), interval)


def a_bar(minute: int, opened: int, close: int, volume: int = 0) -> Bar:
    """Return a bar of AAPL whose prices go up from its open to its close."""
    return Bar("AAPL", NOW_US + minute * MINUTE_US, opened, close, opened, close, volume)


def point(minute: float, cash: str, market_value: str) -> EquityPoint:
    """Return a point so many minutes after NOW_US."""
    return EquityPoint(NOW_US + round(minute * MINUTE_US), dollars(cash), dollars(market_value))


async def trade_a_little(floor: HeadlessFloor) -> None:
    """Buy 10 AAPL at $150.25 after 20 s, see $160 after 90 s, sell 4 after 130 s, and stop at 210 s."""
    await floor.create()
    await floor.advance(20.5)
    await floor.trade(buy())
    await floor.advance(69)
    floor.around.prices.set("AAPL", "160")
    await floor.advance(41)
    await floor.trade(sell(quantity=4))
    await floor.advance(79.5)


BARS = [
    a_bar(0, AAPL_MICROS, AAPL_MICROS, 10),
    a_bar(1, AAPL_MICROS, HIGHER),
    a_bar(2, HIGHER, HIGHER, 4),
    a_bar(3, HIGHER, HIGHER),
]
# Worked by hand: 10 * $150.25 and a fee of $1.5025; then 4 * $160 and a fee of $1.
CURVE = [
    point(0, "100000", "0"),
    point(1, "98495.9975", "1502.50"),
    point(2, "98495.9975", "1600"),
    point(3, "99134.9975", "960"),
    point(3.5, "99134.9975", "960"),
]


async def shown_bars(floor: HeadlessFloor, wanted: Span) -> list[Bar]:
    """Return the bars of AAPL."""
    return await charts.price_bars(floor.views, floor.store, "AAPL", wanted)


async def shown_curve(floor: HeadlessFloor, wanted: Span) -> list[EquityPoint]:
    """Return the equity curve of the agent."""
    return await charts.equity_curve(floor.views, floor.store, floor.agent(), wanted, floor.around.clock.now_us())


async def shown_report(floor: HeadlessFloor, wanted: Span) -> charts.Report:
    """Return the performance of the agent."""
    return await charts.performance(floor.views, floor.store, floor.agent(), wanted, floor.around.clock.now_us())


async def test_ticks_and_trades_become_bars(autojump_clock: object) -> None:
    """In minutes or more; the current one is under way, and a range shows what begins in it."""
    async with headless_floor() as floor:
        await trade_a_little(floor)
        assert await shown_bars(floor, span(3.5)) == BARS
        assert await shown_bars(floor, Span(NOW_US + 1, NOW_US + 2 * MINUTE_US, Interval.MINUTE)) == BARS[1:3]
        whole = Bar("AAPL", NOW_US, AAPL_MICROS, HIGHER, AAPL_MICROS, HIGHER, 14)
        assert await shown_bars(floor, span(3.5, Interval.FIVE_MINUTES)) == [whole]
        assert await shown_bars(floor, span(3.5, Interval.HOUR)) == [whole]
        assert await shown_bars(floor, Span(NOW_US + 1, NOW_US + 2, Interval.HOUR)) == []


async def test_finished_minutes_are_stored_and_outlive_a_crash(autojump_clock: object) -> None:
    """Only the minute under way is forgotten; a second floor shows the others and goes on."""
    around = surroundings()
    async with headless_floor(around) as floor:
        await trade_a_little(floor)
    stored = await around.store.bars("AAPL", NOW_US, NOW_US + 9 * MINUTE_US, Interval.MINUTE)
    assert stored == BARS[:3]
    async with headless_floor(around) as floor:
        await floor.advance(60)
        assert await shown_bars(floor, span(4)) == [*BARS, a_bar(4, HIGHER, HIGHER)]
        assert (await shown_curve(floor, span(3.5)))[:4] == CURVE[:4]


async def test_what_is_no_longer_in_memory_comes_from_storage(autojump_clock: object) -> None:
    """Twenty minutes on, nothing of it looks different."""
    async with headless_floor() as floor:
        await trade_a_little(floor)
        await floor.advance(20 * 60)
        later = [a_bar(minute, HIGHER, HIGHER) for minute in range(4, 24)]
        assert await shown_bars(floor, span(23.5)) == [*BARS, *later]
        assert await shown_curve(floor, span(3.5)) == CURVE[:4]
        assert await shown_bars(floor, span(23.5, Interval.HOUR)) == [
            Bar("AAPL", NOW_US, AAPL_MICROS, HIGHER, AAPL_MICROS, HIGHER, 14)
        ]


async def test_the_market_goes_on_with_its_minute_after_a_crash(autojump_clock: object) -> None:
    """What was folded before is published, and is not lost with the actor."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.advance(10.5)
        await floor.trade(buy())
        floor.around.prices.failures = 1
        await floor.advance(5)
        assert floor.around.prices.failures == 0
        assert await shown_bars(floor, span(0.3)) == BARS[:1]


async def test_bars_wait_while_the_storage_is_unavailable(autojump_clock: object) -> None:
    """They are shown meanwhile, and stored in their order later."""
    store = BarlessStore()
    async with headless_floor(evolve(surroundings(), store=store)) as floor:
        store.barless = True
        await trade_a_little(floor)
        assert await store.bars("AAPL", NOW_US, NOW_US + 9 * MINUTE_US, Interval.MINUTE) == []
        assert await shown_bars(floor, span(3.5)) == BARS
        assert await shown_curve(floor, span(3.5)) == CURVE
        store.barless = False
        await floor.advance(10)
        assert await store.bars("AAPL", NOW_US, NOW_US + 9 * MINUTE_US, Interval.MINUTE) == BARS[:3]


async def test_equity_at_each_step(autojump_clock: object) -> None:
    """From the creation to now; the last point is what the portfolio shows."""
    async with headless_floor() as floor:
        await trade_a_little(floor)
        curve = await shown_curve(floor, span(3.5))
        assert curve == CURVE
        assert curve[-1].equity_micros == floor.portfolio().equity_micros(floor.views.market.prices)
        assert await shown_curve(floor, Span(NOW_US + 1, NOW_US + 2 * MINUTE_US, Interval.MINUTE)) == CURVE[1:3]
        assert await shown_curve(floor, span(3.5, Interval.HOUR)) == [CURVE[0], CURVE[-1]]
        assert await shown_curve(floor, Span(NOW_US + 1, NOW_US + 2, Interval.HOUR)) == []


async def test_an_agent_that_never_traded_is_worth_its_budget(autojump_clock: object) -> None:
    """Nothing needs a price."""
    async with headless_floor() as floor:
        await floor.advance(90.5)
        await floor.create()
        await floor.advance(44.5)
        curve = await shown_curve(floor, span(2.25))
        assert [each.equity_micros for each in curve] == [dollars(100_000)] * 3
        assert curve[0].at_us == floor.agent().created_at_us


async def test_moments_without_a_price_are_left_out(autojump_clock: object) -> None:
    """As where shares were held before there were bars; performance begins after the gap."""
    store = BarlessStore()
    around = evolve(surroundings(), store=store)
    store.barless = True
    async with headless_floor(around) as floor:
        await trade_a_little(floor)
    store.barless = False
    async with headless_floor(around) as floor:
        await floor.advance(60)
        assert await shown_curve(floor, span(4.5)) == [
            CURVE[0],
            point(4, "99134.9975", "960"),
            point(4.5, "99134.9975", "960"),
        ]
        report = await shown_report(floor, span(4.5))
        assert (report.from_us, report.periods, report.sales) == (NOW_US + 4 * MINUTE_US, 0, 0)


async def test_performance_from_the_curve(autojump_clock: object) -> None:
    """Worked by hand from CURVE; the sale brought in $640 - $1 for shares of $601."""
    async with headless_floor() as floor:
        await trade_a_little(floor)
        report = await shown_report(floor, span(3.5))
        mean = (100_000 + 99_998.4975 + 100_095.9975 + 100_094.9975) / 4
        measures = report.measures
        assert (report.from_us, report.to_us, report.interval) == (NOW_US, NOW_US + 3 * MINUTE_US, Interval.MINUTE)
        assert (report.periods, report.sales) == (3, 1)
        assert report.period_years == pytest.approx(60 / TRADING_YEAR_SECONDS)
        assert measures.roi == pytest.approx(0.000949975)
        assert measures.max_drawdown == pytest.approx(1.5025 / 100_000)
        assert measures.win_rate == 1.0
        assert measures.turnover == pytest.approx(640 / mean)
        assert (measures.volatility, measures.sharpe, measures.sortino, measures.calmar) == (None, None, None, None)


async def test_performance_of_a_part(autojump_clock: object) -> None:
    """From when it was worth $160 on, the same sale lost its fee."""
    async with headless_floor() as floor:
        await trade_a_little(floor)
        report = await shown_report(floor, Span(NOW_US + 2 * MINUTE_US, NOW_US + 3 * MINUTE_US, Interval.MINUTE))
        assert (report.periods, report.sales, report.measures.win_rate) == (1, 1, 0.0)
        assert report.measures.roi == pytest.approx(-1 / 100_095.9975)
        nothing = await shown_report(floor, Span(NOW_US + 9 * MINUTE_US, NOW_US, Interval.MINUTE))
        assert (nothing.periods, nothing.sales, nothing.measures.roi) == (0, 0, None)


async def test_twenty_returns_have_a_deviation(autojump_clock: object) -> None:
    """Twenty minutes of them."""
    async with headless_floor() as floor:
        await trade_a_little(floor)
        await floor.advance(17 * 60)
        report = await shown_report(floor, span(20.5))
        assert report.periods == 20
        assert report.measures.volatility is not None
        assert report.measures.sharpe is not None
        assert report.measures.sortino is not None


async def test_there_is_no_performance_without_a_market(autojump_clock: object) -> None:
    """How long a period is in trading is not known yet."""
    async with headless_floor() as floor:
        await floor.create()
        floor.views.market = NO_MARKET
        with pytest.raises(FloorBusy):
            await shown_report(floor, span(1))


async def test_fills_are_read_page_by_page(autojump_clock: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far back as the range goes, and no further than the limit."""
    async with headless_floor() as floor:
        await floor.create()
        for quantity in (1, 2, 3, 4):
            await floor.advance(30)
            await floor.trade(buy(quantity=quantity))
        await floor.trade(sell(quantity=5))
        now_us = floor.around.clock.now_us()
        report = await shown_report(floor, Span(NOW_US, now_us, Interval.MINUTE))
        assert (report.sales, report.measures.win_rate) == (1, 0.0)
        whole = await shown_curve(floor, Span(NOW_US, now_us, Interval.MINUTE))
        monkeypatch.setattr(charts, "EXECUTIONS_PAGE", 1)
        assert await shown_curve(floor, Span(NOW_US, now_us, Interval.MINUTE)) == whole
        assert await shown_report(floor, Span(NOW_US, now_us, Interval.MINUTE)) == report
        monkeypatch.setattr(charts, "EXECUTIONS_MAX", 3)
        assert await shown_curve(floor, Span(now_us - MINUTE_US, now_us, Interval.MINUTE)) == whole[-2:]
        with pytest.raises(RangeTooLong, match="more than 3 times"):
            await shown_curve(floor, Span(NOW_US, now_us, Interval.MINUTE))


async def test_the_sale_of_a_stop_counts(autojump_clock: object) -> None:
    """Nothing is held afterwards, and the volume is there."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.advance(10.5)
        await floor.trade(buy())
        await floor.advance(60)
        await floor.change(AgentEvent.STOP)
        await wait_all_tasks_blocked()
        await floor.advance(60)
        curve = await shown_curve(floor, span(2.175))
        assert [each.market_value_micros for each in curve] == [0, dollars("1502.5"), 0, 0]
        assert [bar.volume for bar in await shown_bars(floor, span(2))] == [10, 10, 0]
