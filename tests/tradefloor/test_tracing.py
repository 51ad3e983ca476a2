"""One trace leads from a request through asks, commit and gRPC to the sockets, on a real floor."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import grpc
import pytest
import trio
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from proto import metering_pb2
from tests.e2e.program import Api, eventually, signed_in
from tests.e2e.program import socket as open_socket
from tests.e2e.services import services
from tests.net.fake_http import fake_http
from tradefloor.demo import DEMO_EMAIL, DEMO_PASSWORD, seed_demo_user
from tradefloor.edge import open_edge
from tradefloor.observing import OTLP, tracing_wanted
from tradefloor.settings import Settings
from tradefloor.tracing import SOCKET_TRADE, Tracing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
AGENT = {
    "name": "Steady",
    "strategy": "custom",
    "initialBudget": 100_000,
    "riskTolerance": 5,
    "oversightThreshold": 1_000,
}
INITIALIZE = "metering.MeteringService/InitializeQuota"
ORDER = {"symbol": "KO", "action": "buy", "quantity": 500, "orderType": "market", "timeInForce": "day"}


@asynccontextmanager
async def traced(folder: Path) -> AsyncIterator[tuple[Api, str, InMemorySpanExporter]]:
    """Run a floor that is traced, and yield its API, an agent, and where the spans are kept."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings = Settings(port=0, database_path=folder / "floor.db")
    login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
    async with open_edge(settings, seed_demo_user, Tracing(provider)) as edge, signed_in(edge.url, login) as api:
        yield api, (await api.made("/agents", AGENT, 201))["agentId"], exporter


async def traded(folder: Path) -> list[ReadableSpan]:
    """Trade once on a floor that is traced, and return the spans of the trade's trace."""
    async with traced(folder) as (api, agent_id, exporter):

        def spans() -> list[ReadableSpan]:
            return [span for span in exporter.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE]

        headers = {"traceparent": PARENT}
        trade = await api.made(f"/agents/{agent_id}/trades", ORDER, headers=headers)
        assert trade["status"] == "pending_approval"

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


async def test_a_trade_over_a_socket_is_a_trace_of_its_own(tmp_path: Path) -> None:
    """From the frame through the actors to the commit, refusals included."""
    async with traced(tmp_path) as (api, agent_id, exporter), open_socket(api, "trades") as ws:
        await ws.send(action="trade.submit", id="1", agentId=agent_id, trade={**ORDER, "quantity": 1})
        assert (await ws.receive_type("trade.submitted"))["data"]["status"] == "completed"
        await ws.send(action="trade.submit", id="2", agentId=agent_id, trade={**ORDER, "action": "sell"})
        assert (await ws.receive_type("error"))["data"]["title"] == "Insufficient shares"
    spans = exporter.get_finished_spans()
    done, refused = (span for span in spans if span.name == SOCKET_TRADE)
    below = {span.name for span in spans if span.context.trace_id == done.context.trace_id}
    assert {SOCKET_TRADE, "SubmitTrade", "PlaceOrder", "Append", "commit", "sockets"} <= below
    assert done.parent is None
    assert refused.context.trace_id != done.context.trace_id
    assert refused.attributes is not None
    assert "tradefloor.refusal" in refused.attributes


@pytest.mark.no_cover
@pytest.mark.e2e
async def test_services_that_run_alone_go_on_with_a_trace(tmp_path: Path) -> None:
    """They export spans of their own, under a name of their own, at the latest when they stop."""
    async with fake_http() as collector:
        env = {OTLP[0]: collector.url}
        with services(tmp_path, env=env) as alone, grpc.insecure_channel(alone.metering) as channel:
            initialize = channel.unary_unary(
                f"/{INITIALIZE}",
                request_serializer=metering_pb2.InitializeQuotaRequest.SerializeToString,
                response_deserializer=metering_pb2.InitializeQuotaResponse.FromString,
            )
            request = metering_pb2.InitializeQuotaRequest(agent_id="agt_1")
            await trio.to_thread.run_sync(lambda: initialize(request, metadata=(("traceparent", PARENT),), timeout=30))
            assert await trio.to_thread.run_sync(alone.stop) == 0
    (exported,) = [received for received in collector.received if received.path == "/v1/traces"]
    assert bytes.fromhex(TRACE) in exported.body
    assert INITIALIZE.encode() in exported.body
    assert b"tradefloor-services" in exported.body


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
