"""The answer to a scrape: everything is read at that moment, so that nobody pays for it in between."""

from collections.abc import Iterable, Iterator

from prometheus_client import PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from net.edge import Edge
from net.metrics.actors import actor_metrics


class _Found(Collector):
    """What was found, as Prometheus's client wants it handed over."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterator[Metric]:
        """Yield it."""
        yield from self._metrics


async def exposition(edge: Edge) -> bytes:
    """Return all metrics in Prometheus's text format."""
    found: list[Metric] = [*edge.meter.collect(), *await actor_metrics(edge.system.control)]
    for source in edge.metrics:
        found += await source()
    found.append(gauge("tradefloor_approvals_waiting", "Approvals that wait.", edge.views.pending_approvals()))
    found.append(counter("tradefloor_events", "Events in the log.", edge.views.last_seq))
    for collector in (ProcessCollector(registry=None), PlatformCollector(registry=None)):
        found += collector.collect()
    return generate_latest(_Found(found))


def gauge(name: str, meaning: str, value: float) -> Metric:
    """Return a metric that goes up and down."""
    return GaugeMetricFamily(name, meaning, value=value)


def counter(name: str, meaning: str, value: float) -> Metric:
    """Return a metric that only grows."""
    return CounterMetricFamily(name, meaning, value=value)
