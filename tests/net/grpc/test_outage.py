"""What clients see when a service goes away and comes back, and when its store fails."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

import grpc
import pytest
import trio
from attrs import evolve

from actors.ports.metering import MeteringUnavailable, QuotaLimits, QuotaState, UsageEvent, UsageReport
from actors.ports.oversight import OversightUnavailable
from net.grpc.embedded import serve_both, serve_metering, serve_oversight
from net.grpc.metering_client import open_metering_client
from net.grpc.oversight_client import open_oversight_client
from persistence.services.metering_store import SqliteMeteringStore
from persistence.services.oversight_store import SqliteOversightStore
from proto import oversight_pb2, oversight_pb2_grpc
from tests.net.grpc.samples import APPROVED, REQUEST
from tests.net.grpc.scripted import BRISK, HandClock, ScriptedMetering, serve_scripted

LIMIT_MICROS = 10_000_000_000


class BrokenStore:
    """A metering store whose every call fails in the given way."""

    def __init__(self, error: Exception) -> None:
        """Take the error to raise."""
        self._error = error

    def set_limits(self, agent_id: str, limits: QuotaLimits) -> None:
        """Fail."""
        raise self._error

    def quota(self, agent_id: str, at_us: int) -> QuotaState:
        """Fail."""
        raise self._error

    def record(self, events: Sequence[UsageEvent]) -> int:
        """Fail."""
        raise self._error

    def usage(self, agent_id: str, period: str) -> UsageReport:
        """Fail."""
        raise self._error


async def test_a_stopped_service_is_unavailable_until_it_is_back(
    clock: HandClock, metering_store: SqliteMeteringStore
) -> None:
    """The error comes well within the deadline; on the same port the client finds the service again by itself."""
    with serve_metering(metering_store, clock) as address:
        pass
    async with open_metering_client(address, settings=BRISK) as client:
        with trio.fail_after(2), pytest.raises(MeteringUnavailable, match="UNAVAILABLE"):
            await client.check_quota("agt_1")
        with serve_metering(metering_store, clock, address=address), trio.fail_after(20):
            while not await client.is_serving():
                pass
            await client.initialize_quota("agt_1", QuotaLimits())
            assert (await client.check_quota("agt_1")).allowed


async def test_oversight_out_of_reach_is_unavailable(clock: HandClock, oversight_store: SqliteOversightStore) -> None:
    """Its clients learn it in the words of their port."""
    with serve_oversight(oversight_store, clock, auto_approve_below_micros=LIMIT_MICROS) as address:
        pass
    async with open_oversight_client(address, settings=BRISK) as client:
        with pytest.raises(OversightUnavailable, match="UNAVAILABLE"):
            await client.create(REQUEST)


async def test_whoever_does_not_know_the_service_is_no_service(clock: HandClock) -> None:
    """As another service at the address, or a proxy that does not know ours yet: what was to be told is kept."""
    with serve_scripted(ScriptedMetering()) as elsewhere:
        async with open_oversight_client(elsewhere) as client:
            with pytest.raises(OversightUnavailable, match="no oversight service answers there"):
                await client.create(REQUEST)
    with serve_scripted(ScriptedMetering(failures=[grpc.StatusCode.UNIMPLEMENTED])) as address:
        async with open_metering_client(address) as client:
            with pytest.raises(MeteringUnavailable, match="no metering service answers there"):
                await client.check_quota("agt_1")


async def test_an_outage_while_batches_are_tried_is_none_of_batches(
    clock: HandClock, oversight_store: SqliteOversightStore, metering_store: SqliteMeteringStore
) -> None:
    """It is not known then that the service takes none; it is given them once it is there."""
    events = [UsageEvent("evt_1", "agt_1", "trade.submitted", 1, 0, clock())]
    async with AsyncExitStack() as opened:
        with serve_oversight(oversight_store, clock, auto_approve_below_micros=LIMIT_MICROS) as address:
            client = await opened.enter_async_context(open_metering_client(address))
            with pytest.raises(MeteringUnavailable, match="no metering service answers there"):
                await client.ingest(events)
        with serve_metering(metering_store, clock, address=address), trio.fail_after(20):
            while not await client.is_serving():
                pass
            await client.ingest(events)
    assert client.link.outcomes["metering.MeteringService/IngestEvents", "ok"] == 1


async def test_a_store_that_cannot_write_makes_its_service_unavailable(clock: HandClock) -> None:
    """The reason travels, and the call is retried."""
    store = BrokenStore(MeteringUnavailable("database or disk is full"))
    with serve_metering(store, clock) as address:
        async with open_metering_client(address) as client:
            with pytest.raises(MeteringUnavailable, match="disk is full"):
                await client.initialize_quota("agt_1", QuotaLimits())


async def test_an_unforeseen_error_is_logged_and_not_told(clock: HandClock, calls_logged: list[str]) -> None:
    """The caller learns that it failed, the log which call, why, and under which correlation id."""
    with serve_metering(BrokenStore(KeyError("secret")), clock) as address:
        async with open_metering_client(address, correlation_id=lambda: "req_7") as client:
            with pytest.raises(MeteringUnavailable) as caught:
                await client.usage("agt_1", "2026-01")
    assert caught.value.detail == "INTERNAL: internal error"
    assert calls_logged == ["req_7 call of /metering.MeteringService/GetUsage None", "req_7 a call failed 'secret'"]


async def test_a_watch_survives_a_restart_of_the_service(
    clock: HandClock, oversight_store: SqliteOversightStore
) -> None:
    """It resumes after the last decision delivered: no gap, no repeat."""
    oversight_store.create(REQUEST, None, clock())
    oversight_store.create(evolve(REQUEST, request_id="ovr_2"), None, clock())
    oversight_store.decide("ovr_1", APPROVED, clock())
    with trio.fail_after(20):
        async with AsyncExitStack() as opened:
            with serve_oversight(oversight_store, clock, auto_approve_below_micros=LIMIT_MICROS) as address:
                client = await opened.enter_async_context(open_oversight_client(address))
                decisions = await opened.enter_async_context(client.watch())
                assert (await anext(decisions)).request_id == "ovr_1"
            oversight_store.decide("ovr_2", APPROVED, clock())
            with serve_oversight(oversight_store, clock, auto_approve_below_micros=LIMIT_MICROS, address=address):
                assert (await anext(decisions)).request_id == "ovr_2"


async def test_a_watch_does_not_hold_up_the_end_of_the_service(
    clock: HandClock, metering_store: SqliteMeteringStore, oversight_store: SqliteOversightStore
) -> None:
    """The server sends its watchers away instead of waiting out its grace."""
    with serve_both(metering_store, oversight_store, clock, auto_approve_below_micros=LIMIT_MICROS) as addresses:
        channel = grpc.insecure_channel(addresses.oversight)
        oversight_store.create(REQUEST, APPROVED, clock())
        stub = oversight_pb2_grpc.OversightServiceStub(channel)
        stream = stub.WatchDecisions(oversight_pb2.WatchDecisionsRequest())
        assert next(stream).request_id == "ovr_1"
    assert list(stream) == []
    channel.close()
