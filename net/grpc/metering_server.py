"""The metering service: `metering.MeteringService` over a store."""
# ruff: noqa: N802 -- gRPC names the methods of a servicer

import grpc

from actors.ports.metering import MeteringRefused
from actors.ports.periods import period_of
from net.grpc.metering_messages import (
    read_agent_id,
    read_event,
    read_limits,
    read_period,
    write_limits,
    write_quota,
    write_usage,
)
from net.grpc.statuses import answering
from net.grpc.stores import Clock, MeteringStore
from proto import metering_pb2, metering_pb2_grpc

EVENTS_MAX = 1_000
"""What one call may bring, so that no batch holds the store for long."""


class MeteringServicer(metering_pb2_grpc.MeteringServiceServicer):
    """Answers the calls of the contract; called from many threads."""

    def __init__(self, store: MeteringStore, clock: Clock) -> None:
        """Serve a store; the clock says which month it is."""
        self._store = store
        self._clock = clock

    def InitializeQuota(
        self, request: metering_pb2.InitializeQuotaRequest, context: grpc.ServicerContext
    ) -> metering_pb2.InitializeQuotaResponse:
        """Give an agent its quota, or replace it."""
        with answering(context):
            limits = read_limits(request)
            self._store.set_limits(read_agent_id(request.agent_id), limits)
            return metering_pb2.InitializeQuotaResponse(limits=write_limits(limits))

    def CheckQuota(
        self, request: metering_pb2.CheckQuotaRequest, context: grpc.ServicerContext
    ) -> metering_pb2.CheckQuotaResponse:
        """Say what is left of this month's quota."""
        with answering(context):
            return write_quota(self._store.quota(read_agent_id(request.agent_id), self._clock()))

    def IngestEvent(
        self, request: metering_pb2.IngestEventRequest, context: grpc.ServicerContext
    ) -> metering_pb2.IngestEventResponse:
        """Record one usage event, once."""
        with answering(context):
            return metering_pb2.IngestEventResponse(accepted=self._store.record([read_event(request.event)]) == 1)

    def IngestEvents(
        self, request: metering_pb2.IngestEventsRequest, context: grpc.ServicerContext
    ) -> metering_pb2.IngestEventsResponse:
        """Record a batch of usage events, each once."""
        with answering(context):
            if len(request.events) > EVENTS_MAX:
                raise MeteringRefused(f"a batch holds at most {EVENTS_MAX} events")
            accepted = self._store.record([read_event(event) for event in request.events])
            return metering_pb2.IngestEventsResponse(accepted=accepted, duplicates=len(request.events) - accepted)

    def GetUsage(
        self, request: metering_pb2.GetUsageRequest, context: grpc.ServicerContext
    ) -> metering_pb2.GetUsageResponse:
        """Sum an agent's usage in one month, this one unless another is named."""
        with answering(context):
            period = read_period(request.period or period_of(self._clock()))
            return write_usage(self._store.usage(read_agent_id(request.agent_id), period))
