"""The metrics, as Prometheus reads them."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from trio.testing import MockClock

from actors.model import Role
from net.http.exchange import Exchange
from net.http.metrics import is_local
from net.metrics.requests import Histogram, HttpMeter
from tests.net.http.harness import Served, served


async def scraped(edge: Served) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the samples by name and labels."""
    page = (await edge.call("GET", "/metrics")).body.decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_a_scrape_tells_of_requests_and_actors(mock_clock: MockClock) -> None:
    """By route and by class; no label names an agent."""
    async with served() as edge:
        admin = await edge.user("boss", Role.ADMIN)
        agent_id = await edge.agent(admin)
        await edge.trade(admin, agent_id)
        await edge.call("BREW", "/coffee")
        found = await scraped(edge)
        route = "/api/v1/agents/<agent_id>/trades"
        assert found["tradefloor_http_requests_total", (("method", "POST"), ("route", route), ("status", "200"))] == 1
        assert found["tradefloor_http_requests_total", (("method", "OTHER"), ("route", "none"), ("status", "404"))] == 1
        assert found["tradefloor_http_request_duration_seconds_count", (("route", route),)] == 1
        assert found["tradefloor_actors", (("class", "PortfolioActor"),)] == 1
        handled = ("tradefloor_messages_handled_total", (("class", "AgentActor"), ("message", "SubmitTrade")))
        assert found[handled] == 1
        assert found["tradefloor_approvals_waiting", ()] == 0
        assert found["tradefloor_events_total", ()] == edge.floor.views.last_seq
        assert "process_resident_memory_bytes" in {name for name, _ in found}
        assert not any(agent_id in str(key) for key in found)
        await edge.floor.system.stop("/agents")
        assert (await scraped(edge))[handled] == 1, "a counter never falls"


async def test_metrics_are_for_this_machine_and_for_admins(mock_clock: MockClock) -> None:
    """Behind a proxy everybody comes from this machine, so there a token is needed."""
    async with served() as edge:
        admin, trader = await edge.user("boss", Role.ADMIN), await edge.user("ann")
        assert (await edge.call("GET", "/metrics")).headers["content-type"].startswith("text/plain; version=0.0.4")
        proxied = {"X-Forwarded-For": "203.0.113.9"}
        assert (await edge.call("GET", "/metrics", headers=proxied)).slug == "unauthorized"
        assert (await edge.call("GET", "/metrics", headers=proxied, token=trader)).slug == "forbidden"
        assert (await edge.call("GET", "/metrics", headers=proxied, token=admin)).status == 200


@pytest.mark.parametrize(
    ("client", "local"),
    [(("127.0.0.1", 5), True), (("::1", 5), True), (("203.0.113.9", 5), False), (("unix:", 0), False), (None, True)],
)
def test_who_is_local(client: tuple[str, int] | None, local: bool) -> None:
    """A loopback address; without any the request came over a socket in the file system."""
    scope: dict[str, Any] = {"method": "GET", "path": "/metrics", "query_string": b"", "headers": [], "client": client}
    assert is_local(Exchange(scope)) is local


def test_a_histogram_counts_up_to_its_bounds() -> None:
    """A bound belongs to its bucket, as Prometheus has it."""
    histogram = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 9.0):
        histogram.observe(seconds)
    assert histogram.buckets() == [("0.1", 2), ("1.0", 3), ("+Inf", 4)]
    assert histogram.sum_s == pytest.approx(9.65)


def test_requests_are_counted_by_status() -> None:
    """A route has one histogram for all its statuses."""
    meter = HttpMeter()
    for status in (200, 200, 404):
        meter.count("GET", "/a", status, 0.2)
    requests, durations = meter.collect()
    assert [
        (sample.labels["status"], sample.value) for sample in requests.samples if sample.name.endswith("_total")
    ] == [
        ("200", 2.0),
        ("404", 1.0),
    ]
    assert [sample.value for sample in durations.samples if sample.name.endswith("_count")] == [3.0]
