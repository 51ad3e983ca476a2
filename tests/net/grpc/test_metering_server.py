"""Metering as a client in another language calls it: what the port of the actors does not use."""

from collections.abc import Iterator

import grpc
import pytest

from net.grpc.embedded import serve_metering
from net.grpc.metering_server import EVENTS_MAX
from persistence.services.metering_store import SqliteMeteringStore
from proto import metering_pb2, metering_pb2_grpc
from tests.net.grpc.scripted import JANUARY_15_US, HandClock


@pytest.fixture
def stub(clock: HandClock, metering_store: SqliteMeteringStore) -> Iterator[metering_pb2_grpc.MeteringServiceStub]:
    """Yield a stub on a plain channel to the real service."""
    with serve_metering(metering_store, clock) as address, grpc.insecure_channel(address) as channel:
        yield metering_pb2_grpc.MeteringServiceStub(channel)


def event(event_id: str) -> metering_pb2.UsageEvent:
    """Return a submitted trade."""
    message = metering_pb2.UsageEvent(event_id=event_id, agent_id="agt_1", type="trade.submitted", api_calls=1)
    message.timestamp.FromMicroseconds(JANUARY_15_US)
    return message


def test_a_single_event_is_accepted_once(stub: metering_pb2_grpc.MeteringServiceStub) -> None:
    """The answer says whether the id was new."""
    request = metering_pb2.IngestEventRequest(event=event("evt_1"))
    assert [stub.IngestEvent(request, timeout=5).accepted for _ in range(2)] == [True, False]


def test_a_batch_says_how_many_were_new(stub: metering_pb2_grpc.MeteringServiceStub) -> None:
    """The others were known, from before or from the same batch."""
    request = metering_pb2.IngestEventsRequest(events=[event("evt_1"), event("evt_2"), event("evt_1")])
    first, second = (stub.IngestEvents(request, timeout=5) for _ in range(2))
    assert (first.accepted, first.duplicates) == (2, 1)
    assert (second.accepted, second.duplicates) == (0, 3)


def test_a_batch_is_limited_and_refused_whole(stub: metering_pb2_grpc.MeteringServiceStub) -> None:
    """One event too many, or one malformed among good ones."""
    too_many = metering_pb2.IngestEventsRequest(events=[event(f"evt_{number}") for number in range(EVENTS_MAX + 1)])
    malformed = metering_pb2.IngestEventsRequest(events=[event("evt_1"), event("")])
    for request in (too_many, malformed):
        with pytest.raises(grpc.RpcError) as caught:
            stub.IngestEvents(request, timeout=5)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert stub.GetUsage(metering_pb2.GetUsageRequest(agent_id="agt_1"), timeout=5).total_calls == 0


def test_usage_is_that_of_this_month_unless_said_otherwise(stub: metering_pb2_grpc.MeteringServiceStub) -> None:
    """The answer says which month was summed."""
    stub.IngestEvent(metering_pb2.IngestEventRequest(event=event("evt_1")), timeout=5)
    usage = stub.GetUsage(metering_pb2.GetUsageRequest(agent_id="agt_1"), timeout=5)
    assert (usage.period, usage.total_calls) == ("2026-01", 1)
