"""Metrics of the floor's parts."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import grpc
import trio
from prometheus_client.core import Metric
from trio.testing import MockClock

from actors import paths
from actors.errors import JournalUnavailable
from actors.notifier import BACKOFF_S_MAX
from actors.ports.journal import Backlog, Channel
from actors.ports.notifications import NotificationUnavailable
from actors.views import FloorViews
from net.grpc.link import CallSettings, Link
from net.metrics.asks import AskMeter
from net.metrics.floor import (
    database_source,
    grpc_source,
    journal_source,
    loop_source,
    news_source,
    outbox_source,
    plain_source,
    sockets_source,
)
from net.metrics.requests import Histogram
from net.metrics.trades import TradeMeter
from net.websocket.hub import Hub
from persistence.sqlite import log_of, sizes_bytes
from persistence.store import open_store
from tests.actors.builders import buy
from tests.actors.headless import headless_floor
from tests.fakes.notifications import SLACK


def values(metrics: Iterable[Metric]) -> dict[tuple[str, ...], float]:
    """Return the samples by name and labels; when a counter began is left out."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in metrics
        for sample in metric.samples
        if not sample.name.endswith("_created")
    }


async def test_the_journal_tells_of_its_batches(autojump_clock: MockClock) -> None:
    """As long as it answers; a scrape does not wait for one that does not."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade()
        collect = journal_source(floor.system.control)
        found = values(await collect())
        assert found["tradefloor_commits_total",] == 2
        assert found["tradefloor_commit_batch_size_count",] == 2
        assert found["tradefloor_commit_duration_seconds_count",] == 2
        assert found["tradefloor_commits_waiting",] == 0
        await floor.system.stop("/journal")
        assert await collect() == ()


async def test_trades_are_counted_as_they_are_published(autojump_clock: MockClock) -> None:
    """By the status that they came into; everything is handed on."""
    async with headless_floor() as floor:
        meter = TradeMeter(floor.publisher)
        await floor.create()
        await floor.trade()
        recorded = floor.publisher.recorded.copy()
        floor.publisher.recorded.clear()
        meter.publish(recorded, None, None)
        meter.publish_market(floor.views.market)
        assert floor.publisher.recorded == recorded
        assert values(await plain_source(meter.collect)()) == {("tradefloor_trades_total", "completed"): 1.0} | {
            ("tradefloor_trades_total", status): count
            for (_, status), count in values(meter.collect()).items()
            if status != "completed"
        }


def test_asks_are_counted_by_the_class_of_whom_was_asked() -> None:
    """In buckets of seconds; no actor has a series of its own."""
    meter = AskMeter()
    meter.ended("AgentActor", 0.002)
    meter.ended("AgentActor", 3.0)
    meter.ended("JournalActor", 0.02)
    found = values(meter.collect())
    assert found["tradefloor_ask_duration_seconds_bucket", "AgentActor", "0.0025"] == 1
    assert found["tradefloor_ask_duration_seconds_bucket", "AgentActor", "+Inf"] == 2
    assert found["tradefloor_ask_duration_seconds_sum", "AgentActor"] == 3.002
    assert found["tradefloor_ask_duration_seconds_count", "JournalActor"] == 1


async def test_the_outbox_tells_its_depth_and_age_by_channel() -> None:
    """Where the storage cannot be read, the rest of the scrape goes on; a clock set back makes nothing negative."""

    async def backlogs() -> Mapping[Channel, Backlog]:
        await trio.lowlevel.checkpoint()
        return {
            Channel.METERING: Backlog(3, 5_000_000),
            Channel.OVERSIGHT: Backlog(1, 9_000_000),
            Channel.NOTIFY: Backlog(0, None),
        }

    async def unavailable() -> Mapping[Channel, Backlog]:
        await trio.lowlevel.checkpoint()
        raise JournalUnavailable("the disk is full")

    assert values(await outbox_source(backlogs, lambda: 7_500_000)()) == {
        ("tradefloor_outbox_depth", "metering"): 3.0,
        ("tradefloor_outbox_depth", "oversight"): 1.0,
        ("tradefloor_outbox_depth", "notify"): 0.0,
        ("tradefloor_outbox_oldest_seconds", "metering"): 2.5,
        ("tradefloor_outbox_oldest_seconds", "oversight"): 0.0,
        ("tradefloor_outbox_oldest_seconds", "notify"): 0.0,
    }
    assert await outbox_source(unavailable, lambda: 0)() == ()


async def test_how_long_news_wait_is_told_by_receiver(autojump_clock: MockClock) -> None:
    """Slack that is down shows on a quiet floor, too, with the age of one piece of news."""
    async with headless_floor() as floor:
        collect = news_source(floor.system.control, floor.around.clock.now_us)
        floor.around.notifications.down[SLACK] = NotificationUnavailable("down")
        await floor.create()
        assert (await floor.trade(buy("TSLA", 400))).approval_request_id is not None
        await floor.advance(400)
        found = values(await collect())
        assert 400 <= found["tradefloor_news_oldest_seconds", "slack"] < 401
        assert found["tradefloor_news_oldest_seconds", "webhook"] == 0
        floor.around.notifications.down.clear()
        await floor.advance(BACKOFF_S_MAX)
        assert values(await collect())["tradefloor_news_oldest_seconds", "slack"] == 0
        await floor.system.stop(paths.NOTIFIER)
        assert await collect() == ()


async def test_the_log_beside_the_database_is_told_of(tmp_path: Path) -> None:
    """A reader keeps it from being cut; a database that is not there has no size."""
    path = tmp_path / "floor.db"
    found = values(await database_source(partial(sizes_bytes, path))())
    assert found == {("tradefloor_database_bytes", "database"): 0, ("tradefloor_database_bytes", "log"): 0}
    store = open_store(path)
    found = values(await database_source(partial(sizes_bytes, path))())
    assert found["tradefloor_database_bytes", "log"] == log_of(path).stat().st_size > 0
    store.close()


async def test_calls_of_the_services_are_counted_by_outcome() -> None:
    """With nobody there a call is unavailable or too late, and then is not sent at all; each service for itself."""
    link = Link(grpc.insecure_channel("127.0.0.1:1"), CallSettings(deadline_s=0.2))
    for _ in range(link._settings.breaker.failures_max + 1):
        assert not await link.is_serving("x")
    calls, durations = await grpc_source({"metering": link, "oversight": link})()
    series = [tuple(sample.labels.items()) for sample in calls.samples]
    assert len(set(series)) == len(series)
    found = {key: count for key, count in values([calls]).items() if key[1] == "metering"}
    outcomes = {outcome for *_, outcome in found}
    method = "grpc.health.v1.Health/Check"
    assert {key[2] for key in found} == {method}
    assert "not_sent" in outcomes
    sent = sum(count for (*_, outcome), count in found.items() if outcome != "not_sent")
    assert values([durations])["tradefloor_grpc_call_duration_seconds_count", "metering", method] == sent
    assert outcomes <= {"unavailable", "deadline_exceeded", "timeout", "not_sent"}
    link.close()


async def test_sockets_and_the_loop_are_told_of() -> None:
    """What the hub and the watch count."""
    found = values(await sockets_source(Hub(FloorViews()))())
    assert found["tradefloor_sockets",] == 0
    lag = Histogram((0.1,))
    lag.observe(0.05)
    assert values(await loop_source(lag)())["tradefloor_event_loop_lag_seconds_count",] == 1
