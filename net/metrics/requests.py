"""Counting requests: by method, route and status, with how long they took."""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

Source = Callable[[], Awaitable[Iterable[Metric]]]
"""Finds metrics when they are asked for."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "OTHER"
"""A client may call its method anything; a label must not grow with that."""

BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Histogram:
    """Durations in buckets; counting one costs a search in a dozen bounds."""

    __slots__ = ("_bounds", "_counts", "sum_s")

    def __init__(self, bounds: Sequence[float] = BOUNDS_S) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """Count a duration."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.sum_s += seconds

    @property
    def total(self) -> int:
        """How many durations were counted."""
        return sum(self._counts)

    def buckets(self) -> list[tuple[str, float]]:
        """Return the cumulated counts by upper bound, as Prometheus wants them."""
        found: list[tuple[str, float]] = []
        cumulated = 0
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            cumulated += count
            found.append((bound, cumulated))
        return found


class HttpMeter:
    """Requests since the start."""

    def __init__(self) -> None:
        self._statuses: dict[tuple[str, str, int], int] = {}
        self._durations: dict[str, Histogram] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        key = (method if method in METHODS else OTHER, route, status)
        self._statuses[key] = self._statuses.get(key, 0) + 1
        durations = self._durations.get(route)
        if durations is None:
            durations = self._durations[route] = Histogram()
        durations.observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted."""
        requests = CounterMetricFamily(
            "tradefloor_http_requests", "Requests that were answered.", labels=("method", "route", "status")
        )
        for (method, route, status), count in self._statuses.items():
            requests.add_metric((method, route, str(status)), count)
        yield requests
        durations = HistogramMetricFamily(
            "tradefloor_http_request_duration_seconds",
            "From the head of a request to its answer.",
            labels=("route",),
        )
        for route, histogram in self._durations.items():
            durations.add_metric((route,), histogram.buckets(), histogram.sum_s)
        yield durations
