"""The oversight service: `oversight.OversightService` over a store."""
# ruff: noqa: N802 -- gRPC names the methods of a servicer

from collections.abc import Iterator
from threading import BoundedSemaphore

import grpc

from actors.ports.oversight import AlreadyDecided, OversightRefused, auto_decision
from net.grpc.decision_feed import DecisionFeed
from net.grpc.oversight_messages import (
    RECORDED_STATUS_KEY,
    read_decision,
    read_request,
    read_request_id,
    write_decision_event,
    write_status,
)
from net.grpc.statuses import answering
from net.grpc.stores import Clock, OversightStore
from proto import oversight_pb2, oversight_pb2_grpc

WATCHERS_MAX = 16
"""Streams at once; each holds a thread of the server."""

DECISIONS_PER_READ_MAX = 100


class OversightServicer(oversight_pb2_grpc.OversightServiceServicer):
    """Answers the calls of the contract; called from many threads."""

    def __init__(self, store: OversightStore, clock: Clock, auto_approve_below_micros: int) -> None:
        """Serve a store, approving by itself what is worth less than ``auto_approve_below_micros``."""
        self._store = store
        self._clock = clock
        self._auto_approve_below_micros = auto_approve_below_micros
        self._feed = DecisionFeed()
        self._watchers = BoundedSemaphore(WATCHERS_MAX)

    def CreateRequest(
        self, request: oversight_pb2.CreateRequestRequest, context: grpc.ServicerContext
    ) -> oversight_pb2.CreateRequestResponse:
        """File a request, approving it at once where little is at stake."""
        with answering(context):
            record = read_request(request)
            now_us = self._clock()
            decision = auto_decision(record, self._auto_approve_below_micros, now_us)
            status = self._store.create(record, decision, now_us)
            if decision is not None:
                self._feed.announce()
            return write_status(oversight_pb2.CreateRequestResponse, status)

    def ApproveRequest(
        self, request: oversight_pb2.ApproveRequestRequest, context: grpc.ServicerContext
    ) -> oversight_pb2.ApproveRequestResponse:
        """Decide a request, once."""
        with answering(context):
            request_id = read_request_id(request.request_id)
            decision = read_decision(request.decision)
            try:
                status = self._store.decide(request_id, decision, self._clock())
            except AlreadyDecided as error:
                recorded = write_status(oversight_pb2.GetRequestStatusResponse, error.recorded)
                context.set_trailing_metadata(((RECORDED_STATUS_KEY, recorded.SerializeToString()),))
                raise
            self._feed.announce()
            return write_status(oversight_pb2.ApproveRequestResponse, status)

    def GetRequestStatus(
        self, request: oversight_pb2.GetRequestStatusRequest, context: grpc.ServicerContext
    ) -> oversight_pb2.GetRequestStatusResponse:
        """Say how a request stands."""
        with answering(context):
            status = self._store.status(read_request_id(request.request_id), self._clock())
            return write_status(oversight_pb2.GetRequestStatusResponse, status)

    def WatchDecisions(
        self, request: oversight_pb2.WatchDecisionsRequest, context: grpc.ServicerContext
    ) -> Iterator[oversight_pb2.DecisionEvent]:
        """Stream the decisions after a sequence number until the caller leaves or the service stops."""
        if not self._watchers.acquire(blocking=False):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{WATCHERS_MAX} watch already")
        if not context.add_callback(self._release_watcher):
            self._release_watcher()
            return
        with answering(context):
            if request.after_sequence < 0:
                raise OversightRefused("after_sequence is negative")
            yield from self._stream(request.after_sequence, context)

    def close(self) -> None:
        """End the streams, now and in future, so that the server can stop."""
        self._feed.close()

    def _stream(self, after_sequence: int, context: grpc.ServicerContext) -> Iterator[oversight_pb2.DecisionEvent]:
        while context.is_active() and not self._feed.closed:
            version = self._feed.version
            decisions = self._store.decisions_after(after_sequence, DECISIONS_PER_READ_MAX)
            for decision in decisions:
                yield write_decision_event(decision)
                after_sequence = decision.sequence
            if not decisions:
                self._feed.wait_beyond(version, context.is_active)

    def _release_watcher(self) -> None:
        self._watchers.release()
        self._feed.wake()
