"""What operators and Prometheus see of a running floor beside its actors."""

from attrs import evolve

from net.edge import Edge
from net.metrics.floor import grpc_source, journal_source, loop_source, outbox_source, plain_source, sockets_source
from net.metrics.requests import Histogram
from net.metrics.trades import TradeMeter
from net.websocket.hub import Hub
from tradefloor.floor import Floor


def observed(edge: Edge, floor: Floor, hub: Hub, trades: TradeMeter, loop_lag: Histogram) -> Edge:
    """Return the edge with the floor's limits and metrics."""
    links = {"grpc.metering": floor.metering.link, "grpc.oversight": floor.oversight.link}
    limiters = {name: link.limiter for name, link in links.items()}
    return evolve(
        edge,
        limiters={**floor.store.limiters, **limiters},
        metrics=(
            plain_source(trades.collect),
            journal_source(floor.system.control),
            outbox_source(floor.store.outbox_depths),
            grpc_source(links.values()),
            sockets_source(hub),
            loop_source(loop_lag),
        ),
    )
