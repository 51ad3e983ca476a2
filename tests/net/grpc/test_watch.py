"""The limits of watching decisions."""

import grpc
import pytest
import trio

from actors.ports.oversight import OversightRefused
from net.grpc.embedded import serve_oversight
from net.grpc.oversight_client import open_oversight_client
from net.grpc.oversight_server import WATCHERS_MAX
from persistence.services.oversight_store import SqliteOversightStore
from proto import oversight_pb2, oversight_pb2_grpc
from tests.net.grpc.samples import APPROVED, REQUEST
from tests.net.grpc.scripted import HandClock, ScriptedMetering, serve_scripted


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
