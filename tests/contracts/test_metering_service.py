"""Metering's contract: the fake, and the real client and server over a store, go through the same cases."""

import pytest

from actors.ports.metering import (
    MeteringRefused,
    MeteringService,
    MeteringUnavailable,
    QuotaLimits,
    QuotaState,
    QuotaUnknown,
    UsageEvent,
    UsageLine,
    UsageReport,
)
from net.grpc.metering_client import EVENTS_PER_CALL_MAX
from tests.net.grpc.scripted import FEBRUARY_1_US, JANUARY_15_US, MARCH_1_US, HandClock


def submitted(event_id: str, at_us: int = JANUARY_15_US) -> UsageEvent:
    """Return a submitted trade, which is one call."""
    return UsageEvent(event_id, "agt_1", "trade.submitted", 1, 0, at_us)


def executed(event_id: str, at_us: int = JANUARY_15_US) -> UsageEvent:
    """Return an executed trade, which costs $0.10."""
    return UsageEvent(event_id, "agt_1", "trade.executed", 0, 100_000, at_us, {"tradeId": "trd_1"})


async def test_a_quota_is_whole_until_used(metering_service: MeteringService) -> None:
    """It resets at the start of next month."""
    await metering_service.initialize_quota("agt_1", QuotaLimits())
    assert await metering_service.check_quota("agt_1") == QuotaState(True, 10_000, 10_000_000_000, FEBRUARY_1_US)


async def test_an_unknown_agent_has_no_quota(metering_service: MeteringService) -> None:
    """Checking it says so."""
    with pytest.raises(QuotaUnknown, match="agt_9"):
        await metering_service.check_quota("agt_9")


async def test_usage_is_subtracted_once(metering_service: MeteringService) -> None:
    """An id counts once, within a batch and across batches."""
    await metering_service.initialize_quota("agt_1", QuotaLimits(10, 1_000_000))
    await metering_service.ingest([submitted("evt_1"), executed("evt_2"), submitted("evt_1")])
    await metering_service.ingest([executed("evt_2")])
    assert await metering_service.check_quota("agt_1") == QuotaState(True, 9, 900_000, FEBRUARY_1_US)
    assert await metering_service.usage("agt_1", "2026-01") == UsageReport(
        agent_id="agt_1",
        period="2026-01",
        total_cost_micros=100_000,
        total_calls=1,
        breakdown={"trade.executed": UsageLine(1, 0, 100_000), "trade.submitted": UsageLine(1, 1, 0)},
    )


@pytest.mark.parametrize("limits", [QuotaLimits(1, 1_000_000), QuotaLimits(10, 100_000)])
async def test_a_used_up_quota_forbids_until_next_month(
    metering_service: MeteringService, hand_clock: HandClock, limits: QuotaLimits
) -> None:
    """Either of calls and budget suffices to forbid; both are whole again at the start of the month."""
    await metering_service.initialize_quota("agt_1", limits)
    await metering_service.ingest([submitted("evt_1"), executed("evt_2")])
    hand_clock.at_us = FEBRUARY_1_US - 1
    assert not (await metering_service.check_quota("agt_1")).allowed
    hand_clock.at_us = FEBRUARY_1_US
    expected = QuotaState(True, limits.api_calls, limits.budget_micros, MARCH_1_US)
    assert await metering_service.check_quota("agt_1") == expected


async def test_new_limits_keep_what_was_used(metering_service: MeteringService) -> None:
    """Overspending leaves nothing, not less."""
    await metering_service.initialize_quota("agt_1", QuotaLimits(10, 1_000_000))
    await metering_service.ingest([submitted("evt_1"), submitted("evt_2"), executed("evt_3")])
    await metering_service.initialize_quota("agt_1", QuotaLimits(1, 1_000_000))
    assert await metering_service.check_quota("agt_1") == QuotaState(False, 0, 900_000, FEBRUARY_1_US)


async def test_a_late_event_counts_in_its_own_month(metering_service: MeteringService, hand_clock: HandClock) -> None:
    """The month is that of the event, not of its arrival."""
    hand_clock.at_us = FEBRUARY_1_US
    await metering_service.ingest([submitted("evt_1", FEBRUARY_1_US - 1), submitted("evt_2", FEBRUARY_1_US)])
    assert (await metering_service.usage("agt_1", "2026-01")).total_calls == 1
    assert (await metering_service.usage("agt_1", "2026-02")).total_calls == 1


async def test_nothing_used_is_zero(metering_service: MeteringService) -> None:
    """An agent nobody has heard of has used nothing."""
    assert await metering_service.usage("agt_9", "2026-01") == UsageReport("agt_9", "2026-01", 0, 0, {})


async def test_more_events_than_a_call_takes(metering_service: MeteringService) -> None:
    """They arrive in several calls, each id once."""
    count = 2 * EVENTS_PER_CALL_MAX + 1
    await metering_service.ingest([submitted(f"evt_{number}") for number in range(count)])
    assert (await metering_service.usage("agt_1", "2026-01")).total_calls == count


async def test_no_events_are_fine(metering_service: MeteringService) -> None:
    """An empty batch changes nothing."""
    await metering_service.ingest([])
    assert (await metering_service.usage("agt_1", "2026-01")).breakdown == {}


async def test_malformed_requests_are_refused(metering_service: MeteringService) -> None:
    """A month that is none, an agent without a name."""
    with pytest.raises(MeteringRefused, match="2026-13"):
        await metering_service.usage("agt_1", "2026-13")
    with pytest.raises(MeteringRefused, match="agent_id"):
        await metering_service.initialize_quota("", QuotaLimits())
    with pytest.raises(MeteringRefused, match="agent_id"):
        await metering_service.check_quota("")


async def test_an_outage_says_when_to_come_back(metering_service_away: MeteringService) -> None:
    """Whatever was asked."""
    for call in (
        metering_service_away.initialize_quota("agt_1", QuotaLimits()),
        metering_service_away.check_quota("agt_1"),
        metering_service_away.ingest([submitted("evt_1")]),
        metering_service_away.usage("agt_1", "2026-01"),
    ):
        with pytest.raises(MeteringUnavailable) as caught:
            await call
        assert caught.value.retry_after_s > 0
