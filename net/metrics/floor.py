"""Metrics of the floor's parts: journal, outbox, calls of the services, sockets, and the event loop."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import trio
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.metrics_core import SummaryMetricFamily

from actors import paths
from actors.errors import JournalUnavailable
from actors.ports.journal import Backlog, Channel
from actors.ports.notifications import NotifyTarget
from net.grpc.link import Link
from net.metrics.exposition import counter, gauge
from net.metrics.requests import Histogram, Source
from net.websocket.hub import Hub
from supervisor import Control, SupervisorError

STATE_S_MAX = 1.0
"""So long the journal may take to say how it does; a scrape goes on without that."""


def journal_source(control: Control) -> Source:
    """Tell of commits and their batches."""

    async def collect() -> Iterable[Metric]:
        try:
            state = await control.state(paths.JOURNAL, STATE_S_MAX)
        except SupervisorError:
            return ()
        commits, batches, queued = (int(str(state.get(name, 0))) for name in ("commits", "batches", "queued"))
        writing_s = float(str(state.get("writing_s", 0.0)))
        sizes = SummaryMetricFamily(
            "tradefloor_commit_batch_size", "Changes that were made durable together.", batches, commits
        )
        writing = SummaryMetricFamily(
            "tradefloor_commit_duration_seconds",
            "Until a batch was durable, its wait for the thread included.",
            batches,
            writing_s,
        )
        waiting = gauge("tradefloor_commits_waiting", "Changes that wait for the next batch.", queued)
        return counter("tradefloor_commits", "Changes that were made durable.", commits), sizes, writing, waiting

    return collect


def outbox_source(backlogs: Callable[[], Awaitable[Mapping[Channel, Backlog]]], now_us: Callable[[], int]) -> Source:
    """Tell what has not left yet, and for how long. The clock says microseconds since the epoch."""

    async def collect() -> Iterable[Metric]:
        depth = GaugeMetricFamily(
            "tradefloor_outbox_depth", "What has not left yet, counted up to a bound.", labels=("channel",)
        )
        oldest = GaugeMetricFamily(
            "tradefloor_outbox_oldest_seconds", "Age of the oldest of them, 0 for none.", labels=("channel",)
        )
        try:
            for channel, backlog in (await backlogs()).items():
                depth.add_metric((channel.value,), backlog.entries)
                oldest.add_metric((channel.value,), _age_s(backlog.oldest_at_us, now_us()))
        except JournalUnavailable:
            return ()
        return depth, oldest

    return collect


def news_source(control: Control, now_us: Callable[[], int]) -> Source:
    """Tell how long news wait for Slack, which is the operators' own, and for webhooks, which are other people's."""

    async def collect() -> Iterable[Metric]:
        try:
            state = await control.state(paths.NOTIFIER, STATE_S_MAX)
        except SupervisorError:
            return ()
        found = state.get("oldest_at_us")
        oldest_at_us = found if isinstance(found, Mapping) else {}
        oldest = GaugeMetricFamily(
            "tradefloor_news_oldest_seconds", "Age of the oldest news, 0 for none.", labels=("receiver",)
        )
        for target in NotifyTarget:
            oldest.add_metric((target.value,), _age_s(oldest_at_us.get(target.value), now_us()))
        return (oldest,)

    return collect


def _age_s(at_us: int | None, now_us: int) -> float:
    """Return an age in seconds; a clock that was set back makes nothing younger than new."""
    return 0.0 if at_us is None else max(0, now_us - at_us) / 1e6


def grpc_source(links: Mapping[str, Link]) -> Source:
    """Tell of the calls of the services, each by its name: both are asked for their health by the same method."""

    async def collect() -> Iterable[Metric]:
        await trio.lowlevel.checkpoint()
        calls = CounterMetricFamily(
            "tradefloor_grpc_calls", "Calls of the services.", labels=("service", "method", "outcome")
        )
        durations = HistogramMetricFamily(
            "tradefloor_grpc_call_duration_seconds",
            "From a call to its answer, retries included.",
            labels=("service", "method"),
        )
        for service, link in links.items():
            for method, histogram in sorted(link.durations.items()):
                durations.add_metric((service, method), histogram.buckets(), histogram.sum_s)
            for (method, outcome), count in sorted(link.outcomes.items()):
                calls.add_metric((service, method, outcome), count)
        return calls, durations

    return collect


def database_source(sizes_bytes: Callable[[], Mapping[str, int]]) -> Source:
    """Tell how large the database is, and the log beside it, which a long reader keeps from being cut."""

    async def collect() -> Iterable[Metric]:
        await trio.lowlevel.checkpoint()
        sizes = GaugeMetricFamily("tradefloor_database_bytes", "The database, and the log beside it.", labels=("file",))
        for name, size_bytes in sizes_bytes().items():
            sizes.add_metric((name,), size_bytes)
        return (sizes,)

    return collect


def sockets_source(hub: Hub) -> Source:
    """Tell of the sockets."""

    async def collect() -> Iterable[Metric]:
        await trio.lowlevel.checkpoint()
        statistics = hub.statistics()
        return (
            gauge("tradefloor_sockets", "Sockets that are open.", statistics.sockets),
            counter("tradefloor_socket_frames", "Frames that were rendered.", statistics.frames),
            counter("tradefloor_socket_deliveries", "Frames that were put before a socket.", statistics.deliveries),
            counter("tradefloor_sockets_lagged", "Sockets that fell behind and were told so.", statistics.lagged),
            counter("tradefloor_sockets_refused", "Sockets that found no room.", statistics.refused),
        )

    return collect


def loop_source(lag: Histogram) -> Source:
    """Tell how late the event loop runs."""

    async def collect() -> Iterable[Metric]:
        await trio.lowlevel.checkpoint()
        late = HistogramMetricFamily(
            "tradefloor_event_loop_lag_seconds",
            "How late the event loop ran a task that was due.",
            buckets=lag.buckets(),
            sum_value=lag.sum_s,
        )
        return (late,)

    return collect


def plain_source(collect: Callable[[], Iterable[Metric]]) -> Source:
    """Make a source of what needs not wait."""

    async def collected() -> Iterable[Metric]:
        await trio.lowlevel.checkpoint()
        return collect()

    return collected
