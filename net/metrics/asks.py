"""How long actors take to answer, by class."""

from collections.abc import Iterator

from prometheus_client.core import HistogramMetricFamily, Metric

from net.metrics.requests import Histogram


class AskMeter:
    """Asks since the start, answered or not. No label names an actor: the classes are those of the program."""

    def __init__(self) -> None:
        self._durations: dict[str, Histogram] = {}

    def ended(self, actor_class: str, seconds: float) -> None:
        """Count an ask that has ended: with an answer, a refusal, a failure, or at its deadline."""
        durations = self._durations.get(actor_class)
        if durations is None:
            durations = self._durations[actor_class] = Histogram()
        durations.observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted."""
        asks = HistogramMetricFamily(
            "tradefloor_ask_duration_seconds", "From an ask to its end, by whom it was for.", labels=("class",)
        )
        for name, histogram in sorted(self._durations.items()):
            asks.add_metric((name,), histogram.buckets(), histogram.sum_s)
        yield asks
