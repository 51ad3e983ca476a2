"""One trace leads from a request through asks, commit and gRPC to the sockets, on a real floor."""

import sys
from pathlib import Path

import click
import httpx
import pytest
import trio
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.e2e.program import eventually
from tradefloor.demo import DEMO_EMAIL, DEMO_PASSWORD, seed_demo_user
from tradefloor.edge import open_edge
from tradefloor.observing import OTLP, tracing_wanted
from tradefloor.settings import Settings
from tradefloor.tracing import Tracing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
AGENT = {
    "name": "Steady",
    "strategy": "custom",
    "initialBudget": 100_000,
    "riskTolerance": 5,
    "oversightThreshold": 1_000,
}
ORDER = {"symbol": "KO", "action": "buy", "quantity": 500, "orderType": "market", "timeInForce": "day"}


async def traded(folder: Path) -> list[ReadableSpan]:
    """Trade once on a floor that is traced, and return the spans of the trade's trace."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings = Settings(port=0, database_path=folder / "floor.db")

    def spans() -> list[ReadableSpan]:
        return [span for span in exporter.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE]

    async with (
        open_edge(settings, seed_demo_user, Tracing(provider)) as edge,
        httpx.AsyncClient(base_url=f"{edge.url}/api/v1", timeout=30) as client,
    ):
        login = await client.post("/auth/login", json={"email": DEMO_EMAIL, "password": DEMO_PASSWORD})
        client.headers["Authorization"] = f"Bearer {login.json()['token']}"
        agent_id = (await client.post("/agents", json=AGENT)).json()["agentId"]
        headers = {"traceparent": PARENT}
        trade = await client.post(f"/agents/{agent_id}/trades", json=ORDER, headers=headers)
        assert trade.json()["status"] == "pending_approval", trade.text

        async def is_delivered() -> bool:
            await trio.lowlevel.checkpoint()
            calls = [span.name for span in spans()]
            wanted = ("metering.MeteringService/IngestEvents", "oversight.OversightService/CreateRequest")
            return all(calls.count(call) == 2 for call in wanted)

        await eventually(is_delivered)
    return spans()


async def test_a_trade_is_one_trace(tmp_path: Path) -> None:
    """Each span hangs below the one that caused it."""
    spans = await traded(tmp_path)
    by_id = {span.context.span_id: span for span in spans}

    def parents(name: str) -> set[str]:
        found = [span for span in spans if span.name == name]
        assert found, name
        above = [by_id.get(span.parent.span_id) for span in found if span.parent is not None]
        return {"the client" if span is None else span.name for span in above}

    request = "POST /api/v1/agents/<agent_id>/trades"
    assert parents(request) == {"the client"}
    assert parents("SubmitTrade") == {request}
    assert parents("PlaceOrder") == {"SubmitTrade"}
    assert parents("Append") == {"PlaceOrder"}
    assert parents("commit") == {"PlaceOrder"}
    assert parents("sockets") == {"PlaceOrder"}
    for call in ("metering.MeteringService/IngestEvents", "oversight.OversightService/CreateRequest"):
        assert parents(call) == {request, call}
    (root,) = [span for span in spans if span.name == request]
    assert root.attributes is not None
    assert root.attributes["http.response.status_code"] == 200


def test_nothing_is_traced_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the standard variables, which can also take it back."""
    for name in ("OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", *OTLP):
        monkeypatch.delenv(name, raising=False)
    assert tracing_wanted() is None
    monkeypatch.setenv(OTLP[0], "http://127.0.0.1:1")
    assert isinstance(tracing_wanted(), Tracing)
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert tracing_wanted() is None


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setenv(OTLP[0], "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "tradefloor.tracing", None)
    with pytest.raises(click.ClickException, match=r"tradefloor\[otel\]"):
        tracing_wanted()
