"""The limits of watching decisions, and how a watch takes errors."""
# ruff: noqa: N802 -- gRPC names the methods of a servicer

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import cast

import grpc
import pytest
import trio

from actors.ports.oversight import Decision, OversightRefused
from net.grpc.embedded import serve_oversight
from net.grpc.oversight_client import SERVICE, open_oversight_client
from net.grpc.oversight_messages import write_decision_event
from net.grpc.oversight_server import WATCHERS_MAX, OversightServicer
from net.grpc.server import start_server
from persistence.services.oversight_store import SqliteOversightStore
from proto import oversight_pb2, oversight_pb2_grpc
from tests.net.grpc.samples import APPROVED, REQUEST
from tests.net.grpc.scripted import HandClock, ScriptedMetering, serve_scripted


@asynccontextmanager
async def watching(servicer: oversight_pb2_grpc.OversightServiceServicer) -> AsyncIterator[AsyncIterator[Decision]]:
    """Serve with a servicer, and yield the decisions that a client is told of; the block has ten seconds."""
    server = start_server(
        "127.0.0.1:0",
        SERVICE,
        lambda server: oversight_pb2_grpc.add_OversightServiceServicer_to_server(servicer, server),
        threads_max=2,
    )
    try:
        async with open_oversight_client(server.address) as client:
            with trio.fail_after(10):
                async with client.watch() as decisions:
                    yield decisions
    finally:
        server.stop()


def test_watchers_are_limited(clock: HandClock, oversight_store: SqliteOversightStore) -> None:
    """One too many is refused; when one leaves, there is room again; other calls are answered meanwhile."""
    oversight_store.create(REQUEST, APPROVED, clock())
    with serve_oversight(oversight_store, clock, auto_approve_below_micros=0) as address:
        channel = grpc.insecure_channel(address)
        stub = oversight_pb2_grpc.OversightServiceStub(channel)
        request = oversight_pb2.WatchDecisionsRequest()
        streams = [stub.WatchDecisions(request, timeout=20) for _ in range(WATCHERS_MAX)]
        assert {next(stream).request_id for stream in streams} == {"ovr_1"}
        with pytest.raises(grpc.RpcError) as caught:
            next(stub.WatchDecisions(request, timeout=20))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        status = stub.GetRequestStatus(oversight_pb2.GetRequestStatusRequest(request_id="ovr_1"), timeout=20)
        assert status.status == oversight_pb2.REQUEST_STATUS_APPROVED
        streams[0].cancel()
        assert _next_when_there_is_room(stub) == "ovr_1"
        channel.close()


def _next_when_there_is_room(stub: oversight_pb2_grpc.OversightServiceStub) -> str:
    while True:
        try:
            return next(stub.WatchDecisions(oversight_pb2.WatchDecisionsRequest(), timeout=20)).request_id
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise


class GoneContext:
    """The context of a call whose client has left before it was served."""

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Say that the call is over."""
        return False


def test_watchers_who_left_early_take_no_room(clock: HandClock, oversight_store: SqliteOversightStore) -> None:
    """However many they are."""
    servicer = OversightServicer(oversight_store, clock, 0)
    for _ in range(WATCHERS_MAX + 1):
        gone = cast("grpc.ServicerContext", GoneContext())
        assert list(servicer.WatchDecisions(oversight_pb2.WatchDecisionsRequest(), gone)) == []


class StumblingOversight(oversight_pb2_grpc.OversightServiceServicer):
    """Fails the first two watches, then streams one decision each."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.asked: list[int] = []

    def WatchDecisions(
        self, request: oversight_pb2.WatchDecisionsRequest, context: grpc.ServicerContext
    ) -> Iterator[oversight_pb2.DecisionEvent]:
        """Fail twice, then stream the next decision."""
        self.asked.append(request.after_sequence)
        if len(self.asked) <= 2:
            context.abort(grpc.StatusCode.INTERNAL, "stumbled")
        decision = Decision(request.after_sequence + 1, "ovr_1", APPROVED)
        yield write_decision_event(decision)


async def test_a_watch_is_opened_again_after_errors_and_ends() -> None:
    """Each time after the last decision seen."""
    servicer = StumblingOversight()  # type: ignore[abstract] # the other calls stay unimplemented
    async with watching(servicer) as decisions:
        assert [(await anext(decisions)).sequence for _ in range(2)] == [1, 2]
    assert servicer.asked == [0, 0, 0, 1]


class CarelessOversight(oversight_pb2_grpc.OversightServiceServicer):
    """Streams a decision without what a decision needs before a good one."""

    def WatchDecisions(
        self, request: oversight_pb2.WatchDecisionsRequest, context: grpc.ServicerContext
    ) -> Iterator[oversight_pb2.DecisionEvent]:
        """Stream both."""
        yield oversight_pb2.DecisionEvent(sequence=1, request_id="ovr_1")
        yield write_decision_event(Decision(2, "ovr_2", APPROVED))


async def test_a_malformed_decision_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    """It says so in the log; those that follow are heard of."""
    servicer = CarelessOversight()  # type: ignore[abstract] # the other calls stay unimplemented
    async with watching(servicer) as decisions:
        assert (await anext(decisions)).request_id == "ovr_2"
    assert "decision 1 on ovr_1 is passed over" in caplog.text


async def test_a_sequence_that_is_none_is_refused(clock: HandClock, oversight_store: SqliteOversightStore) -> None:
    """Watching again would not help, so the watch ends."""
    with serve_oversight(oversight_store, clock, auto_approve_below_micros=0) as address:
        async with open_oversight_client(address) as client:
            with trio.fail_after(5), pytest.raises(OversightRefused, match="after_sequence is negative"):
                async with client.watch(-1) as decisions:
                    assert [decision async for decision in decisions] == []


async def test_a_service_that_streams_nothing_is_an_error() -> None:
    """It is not waited for as if it were an outage."""
    with serve_scripted(ScriptedMetering()) as address:
        async with open_oversight_client(address) as client:
            with trio.fail_after(5), pytest.raises(OversightRefused):
                async with client.watch() as decisions:
                    assert [decision async for decision in decisions] == []


async def test_an_error_in_the_block_comes_out_as_it_is(
    clock: HandClock, oversight_store: SqliteOversightStore
) -> None:
    """The machinery behind a watch wraps nothing around it."""
    with serve_oversight(oversight_store, clock, auto_approve_below_micros=0) as address:
        async with open_oversight_client(address) as client:
            with pytest.raises(KeyError):
                async with client.watch():
                    raise KeyError
