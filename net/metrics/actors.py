"""Metrics of the actors by class: what waits, and what was done."""

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from supervisor import Control

CLASS = ("class",)


async def actor_metrics(control: Control) -> list[Metric]:
    """Count the actors by class. No label names an agent: their number has no bound."""
    counts = await control.census()
    actors = GaugeMetricFamily("tradefloor_actors", "Actors by class.", labels=CLASS)
    paused = GaugeMetricFamily("tradefloor_actors_paused", "Actors that an operator paused.", labels=CLASS)
    failed = GaugeMetricFamily("tradefloor_actors_failed", "Actors in quarantine.", labels=CLASS)
    queued = GaugeMetricFamily("tradefloor_mailbox_messages", "Messages that wait in mailboxes.", labels=CLASS)
    oldest = GaugeMetricFamily("tradefloor_mailbox_oldest_seconds", "Age of the oldest of them.", labels=CLASS)
    handled = CounterMetricFamily(
        "tradefloor_messages_handled", "Asks and tells that were handled.", labels=("class", "message")
    )
    busy = CounterMetricFamily(
        "tradefloor_actor_busy_seconds", "Time with a message in hand, waits included.", labels=CLASS
    )
    restarts = CounterMetricFamily("tradefloor_actor_restarts", "Restarts after a failure.", labels=CLASS)
    skipped = CounterMetricFamily("tradefloor_messages_skipped", "Messages that came too late.", labels=CLASS)
    for name, count in sorted(counts.items()):
        actors.add_metric((name,), count.actors)
        paused.add_metric((name,), count.paused)
        failed.add_metric((name,), count.failed)
        queued.add_metric((name,), count.queued)
        oldest.add_metric((name,), count.oldest_age_s)
        busy.add_metric((name,), count.busy_s)
        restarts.add_metric((name,), count.restarts)
        skipped.add_metric((name,), count.skipped)
        for message, number in sorted(count.handled.items()):
            handled.add_metric((name, message), number)
    letters = CounterMetricFamily("tradefloor_dead_letters", "Messages that nobody handled.")
    letters.add_metric((), control.dead_letters_total)
    return [actors, paused, failed, queued, oldest, handled, busy, restarts, skipped, letters]
