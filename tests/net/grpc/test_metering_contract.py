"""Metering's contract: the fake, and the real client and server over a store, go through the same cases."""

from collections.abc import AsyncIterator

import pytest

from actors.ports.metering import (
    MeteringRefused,
    MeteringService,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageEvent,
    UsageLine,
    UsageReport,
)
from net.grpc.embedded import serve_metering
from net.grpc.metering_client import EVENTS_PER_CALL_MAX, open_metering_client
from persistence.services.metering_store import SqliteMeteringStore
from simulations.ports.metering import InLoopMetering
from tests.net.grpc.scripted import FEBRUARY_1_US, JANUARY_15_US, MARCH_1_US, HandClock


@pytest.fixture(params=["fake", "grpc"])
async def metering(
    request: pytest.FixtureRequest, clock: HandClock, metering_store: SqliteMeteringStore
) -> AsyncIterator[MeteringService]:
    """Yield each implementation of the port."""
    if request.param == "fake":
        yield InLoopMetering(clock)
        return
    with serve_metering(metering_store, clock) as address:
        async with open_metering_client(address) as client:
            yield client


def submitted(event_id: str, at_us: int = JANUARY_15_US) -> UsageEvent:
    """Return a submitted trade, which is one call."""
    return UsageEvent(event_id, "agt_1", "trade.submitted", 1, 0, at_us)


def executed(event_id: str, at_us: int = JANUARY_15_US) -> UsageEvent:
    """Return an executed trade, which costs $0.10."""
    return UsageEvent(event_id, "agt_1", "trade.executed", 0, 100_000, at_us, {"tradeId": "trd_1"})


async def test_a_quota_is_whole_until_used(metering: MeteringService) -> None:
    """It resets at the start of next month."""
    await metering.initialize_quota("agt_1", QuotaLimits())
    assert await metering.check_quota("agt_1") == QuotaState(True, 10_000, 10_000_000_000, FEBRUARY_1_US)


async def test_an_unknown_agent_has_no_quota(metering: MeteringService) -> None:
    """Checking it says so."""
    with pytest.raises(QuotaUnknown, match="agt_9"):
        await metering.check_quota("agt_9")


async def test_usage_is_subtracted_once(metering: MeteringService) -> None:
    """An id counts once, within a batch and across batches."""
    await metering.initialize_quota("agt_1", QuotaLimits(10, 1_000_000))
    await metering.ingest([submitted("evt_1"), executed("evt_2"), submitted("evt_1")])
    await metering.ingest([executed("evt_2")])
    assert await metering.check_quota("agt_1") == QuotaState(True, 9, 900_000, FEBRUARY_1_US)
    assert await metering.usage("agt_1", "2026-01") == UsageReport(
        agent_id="agt_1",
        period="2026-01",
        total_cost_micros=100_000,
        total_calls=1,
        breakdown={"trade.executed": UsageLine(1, 0, 100_000), "trade.submitted": UsageLine(1, 1, 0)},
    )


@pytest.mark.parametrize("limits", [QuotaLimits(1, 1_000_000), QuotaLimits(10, 100_000)])
async def test_a_used_up_quota_forbids_until_next_month(
    metering: MeteringService, clock: HandClock, limits: QuotaLimits
) -> None:
    """Either of calls and budget suffices to forbid; both are whole again at the start of the month."""
    await metering.initialize_quota("agt_1", limits)
    await metering.ingest([submitted("evt_1"), executed("evt_2")])
    clock.at_us = FEBRUARY_1_US - 1
    assert not (await metering.check_quota("agt_1")).allowed
    clock.at_us = FEBRUARY_1_US
    expected = QuotaState(True, limits.api_calls, limits.budget_micros, MARCH_1_US)
    assert await metering.check_quota("agt_1") == expected


async def test_new_limits_keep_what_was_used(metering: MeteringService) -> None:
    """Overspending leaves nothing, not less."""
    await metering.initialize_quota("agt_1", QuotaLimits(10, 1_000_000))
    await metering.ingest([submitted("evt_1"), submitted("evt_2"), executed("evt_3")])
    await metering.initialize_quota("agt_1", QuotaLimits(1, 1_000_000))
    assert await metering.check_quota("agt_1") == QuotaState(False, 0, 900_000, FEBRUARY_1_US)


async def test_a_late_event_counts_in_its_own_month(metering: MeteringService, clock: HandClock) -> None:
    """The month is that of the event, not of its arrival."""
    clock.at_us = FEBRUARY_1_US
    await metering.ingest([submitted("evt_1", FEBRUARY_1_US - 1), submitted("evt_2", FEBRUARY_1_US)])
    assert (await metering.usage("agt_1", "2026-01")).total_calls == 1
    assert (await metering.usage("agt_1", "2026-02")).total_calls == 1


async def test_nothing_used_is_zero(metering: MeteringService) -> None:
    """An agent nobody has heard of has used nothing."""
    assert await metering.usage("agt_9", "2026-01") == UsageReport("agt_9", "2026-01", 0, 0, {})


async def test_more_events_than_a_call_takes(metering: MeteringService) -> None:
    """They arrive in several calls, each id once."""
    count = 2 * EVENTS_PER_CALL_MAX + 1
    await metering.ingest([submitted(f"evt_{number}") for number in range(count)])
    assert (await metering.usage("agt_1", "2026-01")).total_calls == count


async def test_no_events_are_fine(metering: MeteringService) -> None:
    """An empty batch changes nothing."""
    await metering.ingest([])
    assert (await metering.usage("agt_1", "2026-01")).breakdown == {}


async def test_malformed_requests_are_refused(metering: MeteringService) -> None:
    """A month that is none, an agent without a name."""
    with pytest.raises(MeteringRefused, match="2026-13"):
        await metering.usage("agt_1", "2026-13")
    with pytest.raises(MeteringRefused, match="agent_id"):
        await metering.initialize_quota("", QuotaLimits())
    with pytest.raises(MeteringRefused, match="agent_id"):
        await metering.check_quota("")
