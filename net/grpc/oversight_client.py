"""The oversight service as a client sees it: the actors' port, over gRPC."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from types import MappingProxyType

import grpc
import trio

from actors.ports.oversight import (
    AlreadyDecided,
    Decision,
    DecisionRecord,
    OversightError,
    OversightRefused,
    OversightRequestRecord,
    OversightUnavailable,
    RequestExpired,
    RequestMismatch,
    RequestStatus,
    RequestUnknown,
)
from net.grpc.channel import TlsClient, open_channel, service_config
from net.grpc.link import (
    CallSettings,
    Link,
    Metadata,
    Outage,
    Request,
    Response,
    no_correlation_id,
    no_trace,
)
from net.grpc.oversight_messages import (
    RECORDED_STATUS_KEY,
    read_decision_event,
    read_status,
    write_decision,
    write_request,
)
from proto import oversight_pb2, oversight_pb2_grpc

SERVICE = "oversight.OversightService"

_log = logging.getLogger(__name__)

WATCHES_MAX = 4
"""Streams one client reads at once, a worker thread each."""

RECONNECT_BACKOFF_S = 0.1
RECONNECT_BACKOFF_S_MAX = 5.0

# WatchDecisions resumes by itself, from where it broke off.
_IDEMPOTENT_METHODS = ("CreateRequest", "ApproveRequest", "GetRequestStatus")

_FINAL = frozenset({grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED})
"""The errors after which watching again would not help."""


class OversightClient:
    """Satisfies `actors.ports.oversight.OversightService`. Make one with `open_oversight_client`."""

    def __init__(self, link: Link) -> None:
        """Call over a link, which stays its maker's to close."""
        self._link = link
        self._stub = oversight_pb2_grpc.OversightServiceStub(link.channel)
        self._watch_limiter = trio.CapacityLimiter(WATCHES_MAX)

    @property
    def link(self) -> Link:
        """The way its calls are made."""
        return self._link

    async def create(self, request: OversightRequestRecord) -> RequestStatus:
        """File a request, once per id; where little is at stake it comes back approved."""
        answers = {grpc.StatusCode.ALREADY_EXISTS: RequestMismatch(request.request_id)}
        response = await self._call(self._stub.CreateRequest, write_request(request), answers)
        return read_status(response)

    async def decide(self, request_id: str, decision: DecisionRecord) -> RequestStatus:
        """Decide a request, once; the same result again returns what is recorded."""
        request = oversight_pb2.ApproveRequestRequest(request_id=request_id, decision=write_decision(decision))
        answers = {
            grpc.StatusCode.NOT_FOUND: RequestUnknown(request_id),
            grpc.StatusCode.FAILED_PRECONDITION: RequestExpired(request_id),
        }
        response = await self._call(self._stub.ApproveRequest, request, answers)
        return read_status(response)

    async def status(self, request_id: str) -> RequestStatus:
        """Say how a request stands."""
        request = oversight_pb2.GetRequestStatusRequest(request_id=request_id)
        answers = {grpc.StatusCode.NOT_FOUND: RequestUnknown(request_id)}
        response = await self._call(self._stub.GetRequestStatus, request, answers)
        return read_status(response)

    def watch(self, after_sequence: int = 0) -> AbstractAsyncContextManager[AsyncIterator[Decision]]:
        """Iterate over every decision after a sequence number, waiting out outages; a malformed one is passed over.

        Raises `OversightRefused` at the end of the block if the service streams no decisions.
        """
        return self._watch(after_sequence)

    async def is_serving(self) -> bool:
        """Ask the service for its health; false in an outage."""
        return await self._link.is_serving(SERVICE)

    @trio.as_safe_channel
    async def _watch(self, after_sequence: int) -> AsyncGenerator[Decision, None]:
        backoff_s = RECONNECT_BACKOFF_S
        while True:
            request = oversight_pb2.WatchDecisionsRequest(after_sequence=after_sequence)
            stream = self._stub.WatchDecisions(request, metadata=self._link.metadata())
            try:
                while (event := await self._next(stream)) is not None:
                    backoff_s = RECONNECT_BACKOFF_S
                    after_sequence = event.sequence
                    try:
                        decision = read_decision_event(event)
                    except OversightRefused as error:
                        _log.warning("decision %d on %s is passed over: %s", event.sequence, event.request_id, error)
                    else:
                        yield decision
            except grpc.RpcError as error:
                if error.code() in _FINAL:
                    raise OversightRefused(error.details()) from error
            finally:
                stream.cancel()
            await trio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, RECONNECT_BACKOFF_S_MAX)

    async def _next(self, stream: Iterator[oversight_pb2.DecisionEvent]) -> oversight_pb2.DecisionEvent | None:
        # Cancelling the stream, which follows, frees a thread that was left behind here.
        return await trio.to_thread.run_sync(next, stream, None, abandon_on_cancel=True, limiter=self._watch_limiter)

    async def _call(
        self,
        method: "grpc.UnaryUnaryMultiCallable[Request, Response]",
        request: Request,
        answers: Mapping[grpc.StatusCode, OversightError] = MappingProxyType({}),
    ) -> Response:
        try:
            return await self._link.call(method, request)
        except Outage as outage:
            raise OversightUnavailable(outage.detail, outage.retry_after_s) from outage
        except grpc.RpcError as error:
            raise _recorded(error) or answers.get(error.code()) or OversightRefused(error.details()) from error


def _recorded(error: grpc.RpcError) -> AlreadyDecided | None:
    for datum in error.trailing_metadata() or ():
        if datum.key == RECORDED_STATUS_KEY and isinstance(datum.value, bytes):
            return AlreadyDecided(read_status(oversight_pb2.GetRequestStatusResponse.FromString(datum.value)))
    return None


@asynccontextmanager
async def open_oversight_client(
    address: str,
    *,
    tls: TlsClient | None = None,
    settings: CallSettings | None = None,
    correlation_id: Callable[[], str | None] = no_correlation_id,
    traced: Callable[[str], AbstractContextManager[Metadata]] = no_trace,
) -> AsyncIterator[OversightClient]:
    """Open a client to ``host:port`` for as long as the block runs; the service need not be there yet."""
    channel = open_channel(address, service_config(SERVICE, _IDEMPOTENT_METHODS), tls)
    link = Link(channel, settings or CallSettings(), correlation_id, traced)
    try:
        yield OversightClient(link)
    finally:
        link.close()
