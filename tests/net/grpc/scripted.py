"""A metering service that does what a test tells it to, a clock set by hand, and settings that make tests brief."""
# ruff: noqa: N802 -- gRPC names the methods of a servicer

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import grpc
from attrs import define, field

from net.grpc.breaker import BreakerPolicy
from net.grpc.link import CallSettings
from net.grpc.metering_client import SERVICE
from net.grpc.server import start_server
from proto import metering_pb2, metering_pb2_grpc

JANUARY_15_US = 1_768_435_200_000_000
FEBRUARY_1_US = 1_769_904_000_000_000
MARCH_1_US = 1_772_323_200_000_000

BRISK = CallSettings(breaker=BreakerPolicy(failures_max=1, open_s=0.01, open_s_max=0.02))
"""Opens at the first failure and looks again at once."""


@define
class HandClock:
    """Tells the time it was set to, in microseconds since the epoch."""

    at_us: int = JANUARY_15_US

    def __call__(self) -> int:
        """Return the time."""
        return self.at_us


@define
class ScriptedMetering(metering_pb2_grpc.MeteringServiceServicer):
    """Answers CheckQuota as scripted, takes single events only, and blocks in GetUsage until it is released."""

    failures: list[grpc.StatusCode] = field(factory=list)
    """How the next calls of CheckQuota fail, in order; after them it succeeds."""
    calls: list[str] = field(factory=list)
    metadata: list[dict[str, str | bytes]] = field(factory=list)
    events: list[str] = field(factory=list)
    entered: Event = field(factory=Event)
    release: Event = field(factory=Event)

    def CheckQuota(
        self, request: metering_pb2.CheckQuotaRequest, context: grpc.ServicerContext
    ) -> metering_pb2.CheckQuotaResponse:
        """Fail as scripted, else allow."""
        self.calls.append("CheckQuota")
        self.metadata.append(dict(context.invocation_metadata()))
        if self.failures:
            context.abort(self.failures.pop(0), "as scripted")
        return metering_pb2.CheckQuotaResponse(allowed=True)

    def IngestEvent(
        self, request: metering_pb2.IngestEventRequest, context: grpc.ServicerContext
    ) -> metering_pb2.IngestEventResponse:
        """Take one event."""
        self.calls.append("IngestEvent")
        self.events.append(request.event.event_id)
        return metering_pb2.IngestEventResponse(accepted=True)

    def IngestEvents(
        self, request: metering_pb2.IngestEventsRequest, context: grpc.ServicerContext
    ) -> metering_pb2.IngestEventsResponse:
        """Behave as a service that knows no batches."""
        self.calls.append("IngestEvents")
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not implemented!")

    def InitializeQuota(
        self, request: metering_pb2.InitializeQuotaRequest, context: grpc.ServicerContext
    ) -> metering_pb2.InitializeQuotaResponse:
        """Accept any limits."""
        return metering_pb2.InitializeQuotaResponse(limits=request.limits)

    def GetUsage(
        self, request: metering_pb2.GetUsageRequest, context: grpc.ServicerContext
    ) -> metering_pb2.GetUsageResponse:
        """Block until released."""
        self.entered.set()
        self.release.wait()
        return metering_pb2.GetUsageResponse(period=request.period)


@contextmanager
def serve_scripted(servicer: ScriptedMetering, address: str = "127.0.0.1:0") -> Iterator[str]:
    """Serve a scripted service while the block runs, and yield its address."""
    server = start_server(
        address,
        SERVICE,
        lambda server: metering_pb2_grpc.add_MeteringServiceServicer_to_server(servicer, server),
        threads_max=4,
    )
    try:
        yield server.address
    finally:
        servicer.release.set()
        server.stop()
