"""Drawdowns on a running floor: told once, also over a restart, and at no cost to those who trade."""

import pytest
import trio

from actors import paths
from actors.alerts import AlertChannels, AlertConfig, AlertThresholds
from actors.drawdown import Watermark
from actors.events import UsageAlert
from actors.lifecycle import AgentEvent
from actors.messages import ChangeAlerts
from actors.money import dollars
from tests.actors.builders import OWNER, buy
from tests.actors.headless import HeadlessFloor, headless_floor, surroundings


async def invested(floor: HeadlessFloor, percent: int | None = 10) -> None:
    """Make an agent that has put half of its money into AAPL at $100, and wait until it is watched."""
    floor.around.prices.set("AAPL", "100")
    await floor.advance(1)
    await floor.create()
    await choose(floor, percent)
    await floor.trade(buy(quantity=500))
    await floor.advance(1.5)


async def choose(floor: HeadlessFloor, percent: int | None) -> None:
    """Choose the threshold of the drawdown."""
    alerts = AlertConfig(AlertThresholds(drawdown_percent=percent), AlertChannels(webhook_url="https://example.com/h"))
    await floor.system.ref(paths.agent("agt_1")).ask(ChangeAlerts(alerts, OWNER))


async def price(floor: HeadlessFloor, dollars_a_share: str, seconds: float = 2.5) -> None:
    """Move the price, and let it be looked at."""
    floor.around.prices.set("AAPL", dollars_a_share)
    await floor.advance(seconds)


def drawdowns(floor: HeadlessFloor) -> list[UsageAlert]:
    """Return the drawdowns that were published."""
    return [event for event in floor.published() if isinstance(event, UsageAlert) and event.kind == "drawdown"]


async def test_a_fall_is_told_once_and_again_after_a_new_peak(autojump_clock: object) -> None:
    """With the equity and the peak; Slack and the webhook hear of it too."""
    async with headless_floor() as floor:
        await invested(floor)
        await price(floor, "85")
        assert drawdowns(floor) == []
        await price(floor, "79")
        (alert,) = drawdowns(floor)
        peak = dollars(100_000)
        assert (alert.percent, alert.used, alert.limit) == (
            10,
            floor.portfolio().equity_micros(floor.views.market.prices),
            peak,
        )
        await price(floor, "70")
        await price(floor, "99")
        await price(floor, "70")
        assert len(drawdowns(floor)) == 1
        await price(floor, "130")
        await price(floor, "90")
        assert len(drawdowns(floor)) == 2
        assert floor.around.notifications.types() == ["usage.alert"] * 2
        assert floor.around.notifications.types("https://example.com/h") == ["usage.alert"] * 2
        floor.check()


async def test_a_restart_repeats_no_alert_and_forgets_no_peak(autojump_clock: object) -> None:
    """The peak before the stop counts after it."""
    around = surroundings()
    async with headless_floor(around) as floor:
        await invested(floor)
        await price(floor, "200")
        await price(floor, "150")
        assert len(drawdowns(floor)) == 1
    async with headless_floor(around) as floor:
        await price(floor, "140")
        assert drawdowns(floor) == []
        await choose(floor, 25)
        await price(floor, "120")
        assert [alert.percent for alert in drawdowns(floor)] == [25]


async def test_what_was_alerted_is_kept_in_the_alerts_own_transaction(autojump_clock: object) -> None:
    """A crash right after it leads to no second one."""
    async with headless_floor() as floor:
        await invested(floor)
        await price(floor, "79")
        (watermark,) = [kept for kept in await floor.store.watermarks() if kept.agent_id == "agt_1"]
        assert watermark == Watermark("agt_1", dollars(100_000), 10)


async def test_peaks_are_kept_now_and_then(autojump_clock: object) -> None:
    """So that a crash forgets little."""
    async with headless_floor() as floor:
        await invested(floor)
        await price(floor, "200", 15)
        (watermark,) = await floor.store.watermarks()
        assert watermark.peak_micros == floor.portfolio().equity_micros(floor.views.market.prices)


async def test_while_the_journal_is_away_an_alert_waits(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    """And is given once it is back; the same goes for the peaks."""
    async with headless_floor() as floor:
        await invested(floor)
        await price(floor, "101")
        floor.store.unavailable = True
        await price(floor, "79", 12)
        assert drawdowns(floor) == []
        floor.store.unavailable = False
        await floor.advance(2)
        assert len(drawdowns(floor)) == 1


async def test_whoever_wants_none_gets_none(autojump_clock: object) -> None:
    """A threshold of null is off."""
    async with headless_floor() as floor:
        await invested(floor, None)
        await price(floor, "10")
        assert drawdowns(floor) == []


async def test_a_deleted_agent_is_left_alone(autojump_clock: object) -> None:
    """Nobody is told of what it lost."""
    async with headless_floor() as floor:
        await invested(floor)
        await floor.change(AgentEvent.DELETE)
        await price(floor, "10")
        assert drawdowns(floor) == []
        state = await floor.system.control.state(paths.DRAWDOWN)
        assert state["watched"] == 1


async def test_many_fall_together(autojump_clock: object) -> None:
    """Their alerts share transactions."""
    async with headless_floor() as floor:
        floor.around.prices.set("AAPL", "100")
        await floor.advance(1)
        async with trio.open_nursery() as nursery:
            for _ in range(300):
                nursery.start_soon(floor.create)
        for number in range(1, 301):
            await floor.trade(buy(quantity=500), f"agt_{number}")
        await floor.advance(1.5)
        before = len(floor.store.batches)
        await price(floor, "70")
        told = [record.stream for record in floor.publisher.recorded if isinstance(record.event, UsageAlert)]
        assert sorted(told) == sorted(f"agt_{number}" for number in range(1, 301))
        assert len(floor.store.batches) - before <= 10
