"""What a real floor shows of itself: a trade's way in the log by one id, and metrics as the dashboard names them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import trio
from attrs import frozen
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.program import eventually, running, signed_in
from tests.e2e.trading import new_agent

pytestmark = pytest.mark.e2e

ROOT: Final = Path(__file__).parent.parent.parent
TRAIL: Final = "trail-1"
BIG_ORDER: Final = {"symbol": "KO", "action": "buy", "quantity": 1_000, "orderType": "market", "timeInForce": "day"}
SPEAKERS: Final = {
    "net.http.asgi": None,
    "actors.agent": "/agents/{agent}/agent",
    "actors.portfolio": "/agents/{agent}/portfolio",
    "actors.journal": "/journal",
    "actors.metering": "/metering",
    "actors.oversight": "/oversight",
    "actors.notifier": "/notifier",
    "net.grpc.link": None,
    "net.grpc.correlation": None,
}
"""Who speaks of a trade that waits for approval, and for which actor, where it is always the same one."""

PLURALS_WITHOUT_UNIT: Final = re.compile(
    r"tradefloor_(actors|actors_paused|actors_failed|mailbox_messages|approvals_waiting|commits_waiting|sockets"
    r"|outbox_depth)"
)
"""Gauges that count things; every other metric ends in its unit."""


@frozen
class Seen:
    """What a floor said of one trade, and its metrics."""

    agent_id: str
    lines: tuple[Any, ...]
    families: Mapping[str, Metric]


def trail(folder: Path) -> tuple[Any, ...]:
    """Return the log's lines with the id."""
    return tuple(json.loads(line) for line in (folder / "log.txt").read_text().splitlines() if TRAIL in line)


async def observe(folder: Path) -> Seen:
    """Run a floor, let a trade take its whole way, and scrape the metrics."""
    with running(folder, "--no-demo", env={"LOG_LEVEL": "debug"}) as program:
        async with signed_in(program.url) as api:
            agent_id = await new_agent(api, oversightThreshold=1_000)
            headers = {"X-Correlation-ID": TRAIL}
            trade = await api.made(f"/agents/{agent_id}/trades", BIG_ORDER, headers=headers)
            assert trade["status"] == "pending_approval"

            async def has_arrived() -> bool:
                said = [line["event"] for line in trail(folder)]
                return all(any(f"/{call}: ok" in text for text in said) for call in ("IngestEvents", "CreateRequest"))

            await eventually(has_arrived)
            page = (await api.client.get("/metrics")).text
        assert program.stop() == 0
    families = {family.name: family for family in text_string_to_metric_families(page)}
    return Seen(agent_id, trail(folder), families)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Observe a floor once for all tests."""
    return trio.run(observe, tmp_path_factory.mktemp("floor"))


def test_one_id_finds_a_trade_on_its_whole_way(seen: Seen) -> None:
    """HTTP, agent, portfolio, journal, notifier, and the calls of both services on either side."""
    assert {line["logger"] for line in seen.lines} == set(SPEAKERS)
    for line in seen.lines:
        actor = SPEAKERS[line["logger"]]
        assert actor is None or line["actor"] == actor.format(agent=seen.agent_id), line
    said = [line["event"] for line in seen.lines]
    assert "takes an order: buy 1000 KO" in said
    assert "decides TradeCreated, ApprovalRequested" in said
    for call in ("MeteringService/IngestEvents", "OversightService/CreateRequest"):
        assert sum(call in event for event in said) == 2, "the caller and the service each say it"


def test_dashboards_alerts_and_docs_name_metrics_that_a_floor_shows(seen: Seen) -> None:
    """Each name in a query is one of a scrape, and the document lists exactly what there is of ours."""
    shown = {sample.name for family in seen.families.values() for sample in family.samples}
    dashboard = json.loads((ROOT / "deploy/grafana/tradefloor.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    queries.append((ROOT / "deploy/prometheus/alerts.yml").read_text())
    named = {name for query in queries for name in re.findall(r"\b(?:tradefloor|process)_[a-z_]+", query)}
    assert named - shown == set()
    ours = {name for name in seen.families if name.startswith("tradefloor_")}
    text = (ROOT / "docs/observability.md").read_text()
    documented = set(re.findall(r"^\| `(tradefloor_[a-z_]+)`", text, re.MULTILINE))
    assert {re.sub(r"_total$", "", name) for name in documented} == ours


def test_metrics_are_named_as_prometheus_wants_it(seen: Seen) -> None:
    """Base units at the end, totals for counters alone, and words of help."""
    for name, family in seen.families.items():
        if not name.startswith("tradefloor_"):
            continue
        assert family.documentation.endswith("."), name
        samples = {sample.name for sample in family.samples}
        if family.type == "counter":
            assert samples <= {f"{name}_total"}, name
        elif family.type == "gauge":
            assert name.endswith(("_seconds", "_bytes")) or PLURALS_WITHOUT_UNIT.fullmatch(name), name
        else:
            assert name.endswith(("_seconds", "_size")), name
