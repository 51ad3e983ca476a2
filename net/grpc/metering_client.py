"""The metering service as a client sees it: the actors' port, over gRPC."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from types import MappingProxyType

import grpc

from actors.ports.metering import (
    MeteringRefused,
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageEvent,
    UsageReport,
)
from net.grpc.channel import TlsClient, open_channel, service_config
from net.grpc.link import (
    CallSettings,
    Link,
    Metadata,
    Outage,
    Request,
    Response,
    Unimplemented,
    no_correlation_id,
    no_trace,
)
from net.grpc.metering_messages import read_quota, read_usage, write_event, write_limits
from proto import metering_pb2, metering_pb2_grpc

SERVICE = "metering.MeteringService"

EVENTS_PER_CALL_MAX = 500
"""Half of what the service takes; a longer sequence goes out in several calls."""

_IDEMPOTENT_METHODS = ("InitializeQuota", "CheckQuota", "IngestEvent", "IngestEvents", "GetUsage")


class MeteringClient:
    """Satisfies `actors.ports.metering.MeteringService`. Make one with `open_metering_client`."""

    def __init__(self, link: Link) -> None:
        """Call over a link, which stays its maker's to close."""
        self._link = link
        self._stub = metering_pb2_grpc.MeteringServiceStub(link.channel)
        self._takes_batches = True

    @property
    def link(self) -> Link:
        """The way its calls are made."""
        return self._link

    async def initialize_quota(self, agent_id: str, limits: QuotaLimits) -> None:
        """Give an agent its quota, or replace it; what was used stays used."""
        request = metering_pb2.InitializeQuotaRequest(agent_id=agent_id, limits=write_limits(limits))
        await self._call(self._stub.InitializeQuota, request)

    async def check_quota(self, agent_id: str) -> QuotaState:
        """Say what is left of this month's quota, using nothing up."""
        request = metering_pb2.CheckQuotaRequest(agent_id=agent_id)
        unknown = {grpc.StatusCode.NOT_FOUND: QuotaUnknown(agent_id)}
        return read_quota(await self._call(self._stub.CheckQuota, request, unknown))

    async def ingest(self, events: Sequence[UsageEvent]) -> None:
        """Record usage; an id that is known already is ignored.

        Where it raises, some of the events may be recorded: repeat the whole, the service keeps each id once.
        """
        messages = [write_event(event) for event in events]
        if self._takes_batches:
            try:
                await self._ingest_batches(messages)
            except MeteringUnavailable as error:
                if not isinstance(error.__cause__, Unimplemented):
                    raise
            else:
                return
        for message in messages:
            await self._call(self._stub.IngestEvent, metering_pb2.IngestEventRequest(event=message))
            self._takes_batches = False

    async def usage(self, agent_id: str, period: str) -> UsageReport:
        """Sum an agent's usage in the month ``YYYY-MM``; zero where nothing was used."""
        request = metering_pb2.GetUsageRequest(agent_id=agent_id, period=period)
        return read_usage(agent_id, await self._call(self._stub.GetUsage, request))

    async def is_serving(self) -> bool:
        """Ask the service for its health; false in an outage."""
        return await self._link.is_serving(SERVICE)

    async def _ingest_batches(self, messages: Sequence[metering_pb2.UsageEvent]) -> None:
        for start in range(0, len(messages), EVENTS_PER_CALL_MAX):
            request = metering_pb2.IngestEventsRequest(events=messages[start : start + EVENTS_PER_CALL_MAX])
            await self._call(self._stub.IngestEvents, request)

    async def _call(
        self,
        method: "grpc.UnaryUnaryMultiCallable[Request, Response]",
        request: Request,
        answers: Mapping[grpc.StatusCode, Exception] = MappingProxyType({}),
    ) -> Response:
        try:
            return await self._link.call(method, request)
        except Outage as outage:
            raise MeteringUnavailable(outage.detail, outage.retry_after_s) from outage
        except grpc.RpcError as error:
            raise answers.get(error.code()) or MeteringRefused(error.details()) from error


@asynccontextmanager
async def open_metering_client(
    address: str,
    *,
    tls: TlsClient | None = None,
    settings: CallSettings | None = None,
    correlation_id: Callable[[], str | None] = no_correlation_id,
    traced: Callable[[str], AbstractContextManager[Metadata]] = no_trace,
) -> AsyncIterator[MeteringClient]:
    """Open a client to ``host:port`` for as long as the block runs; the service need not be there yet."""
    channel = open_channel(address, service_config(SERVICE, _IDEMPOTENT_METHODS), tls)
    link = Link(channel, settings or CallSettings(), correlation_id, traced)
    try:
        yield MeteringClient(link)
    finally:
        link.close()
