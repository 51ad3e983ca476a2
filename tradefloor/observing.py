"""What operators and Prometheus see of a running floor beside its actors, and where its traces go."""

import os
from functools import partial
from typing import TYPE_CHECKING, Final

import click
from attrs import evolve

from net.edge import Edge
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
from persistence.sqlite import sizes_bytes

if TYPE_CHECKING:
    from tradefloor.floor import Floor
    from tradefloor.tracing import Tracing

OTLP: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def tracing_wanted(service: str = "tradefloor") -> "Tracing | None":
    """Return the tracing that OTEL_* asks for, None where it asks for none. Raises `click.ClickException`.

    Spans are those of `service`, unless OTEL_SERVICE_NAME says otherwise.
    """
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
    if off or not any(os.environ.get(name) for name in OTLP):
        return None
    try:
        from tradefloor.tracing import Tracing, exporting_provider  # noqa: PLC0415 - of the optional extra
    except ImportError as error:
        message = f"traces need the packages of the extra: pip install 'tradefloor[otel]', or unset {OTLP[0]} ({error})"
        raise click.ClickException(message) from error
    return Tracing(exporting_provider(service))


def observed(edge: Edge, floor: "Floor", hub: Hub, trades: TradeMeter, loop_lag: Histogram) -> Edge:
    """Return the edge with the floor's limits and metrics."""
    asks = AskMeter()
    floor.system.observe_asks(asks.ended)
    links = {"metering": floor.metering.link, "oversight": floor.oversight.link}
    limiters = {f"grpc.{name}": link.limiter for name, link in links.items()}
    return evolve(
        edge,
        limiters={**floor.store.limiters, **limiters},
        metrics=(
            plain_source(trades.collect),
            plain_source(asks.collect),
            journal_source(floor.system.control),
            outbox_source(floor.store.backlogs, floor.services.clock.now_us),
            news_source(floor.system.control, floor.services.clock.now_us),
            database_source(partial(sizes_bytes, floor.settings.database_path)),
            grpc_source(links),
            sockets_source(hub),
            loop_source(loop_lag),
        ),
    )
