"""How calls are made: deadline, retries, breaker, correlation id, cancellation, and the fallback for single events."""

from collections.abc import AsyncIterator, Iterator

import grpc
import pytest
import trio

from actors.ports.metering import MeteringRefused, MeteringUnavailable, QuotaUnknown, UsageEvent
from net.grpc.breaker import BreakerPolicy
from net.grpc.link import CallSettings
from net.grpc.metering_client import MeteringClient, open_metering_client
from tests.net.grpc.scripted import BRISK, ScriptedMetering, serve_scripted

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
IMPATIENT = CallSettings(deadline_s=0.2, threads_max=1, breaker=BreakerPolicy(failures_max=9))


@pytest.fixture
def service() -> ScriptedMetering:
    """Return the service that a test scripts."""
    return ScriptedMetering()


@pytest.fixture
def address(service: ScriptedMetering) -> Iterator[str]:
    """Serve it, and yield where."""
    with serve_scripted(service) as address:
        yield address


@pytest.fixture
async def client(address: str) -> AsyncIterator[MeteringClient]:
    """Yield a client whose breaker opens at the first failure."""
    async with open_metering_client(address, settings=BRISK) as client:
        yield client


async def impatient_usage(client: MeteringClient, errors: list[MeteringUnavailable]) -> None:
    """Make a call that the scripted service blocks, and keep how it ended."""
    with pytest.raises(MeteringUnavailable) as caught:
        await client.usage("agt_1", "2026-01")
    errors.append(caught.value)


async def test_a_service_that_comes_back_is_not_noticed(service: ScriptedMetering, client: MeteringClient) -> None:
    """Two refusals are retried by the channel, the third attempt is answered."""
    service.failures = [UNAVAILABLE, UNAVAILABLE]
    assert (await client.check_quota("agt_1")).allowed
    assert service.calls == ["CheckQuota"] * 3


async def test_retries_are_three(service: ScriptedMetering, client: MeteringClient) -> None:
    """The fourth refusal is the caller's to know."""
    service.failures = [UNAVAILABLE] * 4
    with pytest.raises(MeteringUnavailable, match="UNAVAILABLE: as scripted"):
        await client.check_quota("agt_1")
    assert service.calls == ["CheckQuota"] * 4


async def test_an_open_breaker_asks_nobody(service: ScriptedMetering, address: str) -> None:
    """It refuses at once, and says for how long."""
    service.failures = [grpc.StatusCode.INTERNAL]
    settings = CallSettings(breaker=BreakerPolicy(failures_max=1, open_s=60, open_s_max=60))
    async with open_metering_client(address, settings=settings) as client:
        with pytest.raises(MeteringUnavailable, match="INTERNAL") as first:
            await client.check_quota("agt_1")
        with pytest.raises(MeteringUnavailable, match="the last calls found no service") as second:
            await client.check_quota("agt_1")
        assert not await client.is_serving()
    assert service.calls == ["CheckQuota"]
    assert 0 < second.value.retry_after_s <= first.value.retry_after_s <= 60


async def test_an_error_that_answers_keeps_the_breaker_closed(
    service: ScriptedMetering, client: MeteringClient
) -> None:
    """A service that says no is there."""
    service.failures = [grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT]
    with pytest.raises(QuotaUnknown):
        await client.check_quota("agt_1")
    with pytest.raises(MeteringRefused, match="as scripted"):
        await client.check_quota("agt_1")
    assert (await client.check_quota("agt_1")).allowed


async def test_a_call_has_a_deadline(service: ScriptedMetering, address: str) -> None:
    """A service that hangs is an outage."""
    errors: list[MeteringUnavailable] = []
    async with open_metering_client(address, settings=IMPATIENT) as client:
        with trio.fail_after(5):
            await impatient_usage(client, errors)
    assert errors[0].detail.startswith("DEADLINE_EXCEEDED")


async def test_the_wait_for_a_thread_counts(service: ScriptedMetering, address: str) -> None:
    """With one thread and four calls that hang, the last is given up before it went out."""
    errors: list[MeteringUnavailable] = []
    async with open_metering_client(address, settings=IMPATIENT) as client:
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                for _ in range(4):
                    nursery.start_soon(impatient_usage, client, errors)
    assert errors[-1].detail == "no answer within 0.2 s"


async def test_a_cancelled_call_returns_at_once(service: ScriptedMetering, client: MeteringClient) -> None:
    """Its thread is left behind, and the breaker as it was."""
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.usage, "agt_1", "2026-01")
            await trio.to_thread.run_sync(service.entered.wait)
            nursery.cancel_scope.cancel()
    service.release.set()
    assert (await client.check_quota("agt_1")).allowed


async def test_the_correlation_id_travels(service: ScriptedMetering, address: str) -> None:
    """It is asked for at each call; without one nothing is sent."""
    ids = ["req_1", None]
    async with open_metering_client(address, correlation_id=lambda: ids.pop(0)) as client:
        await client.check_quota("agt_1")
        await client.check_quota("agt_1")
    assert [metadata.get("x-correlation-id") for metadata in service.metadata] == ["req_1", None]


async def test_batches_fall_back_to_single_events(service: ScriptedMetering, client: MeteringClient) -> None:
    """A service that knows no batches is asked for one only once."""
    events = [UsageEvent(f"evt_{number}", "agt_1", "trade.submitted", 1, 0, 0) for number in range(3)]
    await client.ingest(events)
    await client.ingest(events[:1])
    assert service.calls == ["IngestEvents"] + ["IngestEvent"] * 4
    assert service.events == ["evt_0", "evt_1", "evt_2", "evt_0"]


async def test_a_closed_client_says_so(address: str) -> None:
    """A call that comes too late gets a clear error."""
    async with open_metering_client(address) as client:
        assert (await client.check_quota("agt_1")).allowed
    with pytest.raises(MeteringUnavailable, match="closed"):
        await client.check_quota("agt_1")
