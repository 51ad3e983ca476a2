"""Quotas count a month at a time, refuse what does not fit, and warn once per crossing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.alerts import AlertThresholds
from actors.errors import QuotaExceeded
from actors.events import UsageAlert
from actors.model import QuotaConfig, Usage, UsageLine
from actors.money import dollars
from actors.orders import EXECUTED_TRADE_COST_MICROS
from actors.ports.periods import next_period_us, period_of
from actors.quota import RENEW_AGAIN_US, Lease, Leases, add_usage, crossings, require_quota, usage_at
from tests.actors.builders import DAY_US, NOW_US

MARCH_US = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1_000_000
FEBRUARY = Usage("agt_1", "2026-02", 7, dollars("0.20"), {"trade.executed": UsageLine(0, dollars("0.20"))})
QUOTA = QuotaConfig(api_calls=1_000, budget_per_month_micros=dollars(1_000))


def test_a_lease_is_taken_one_trade_at_a_time() -> None:
    """Each trade takes one call and its metered cost; the time stays."""
    assert Lease(3, 250_000, NOW_US).take() == Lease(2, 150_000, NOW_US)


def test_a_lease_is_taken_at_the_price_of_its_agents_trades() -> None:
    """What a trade costs is the agent's own price."""
    lease = Lease(3, 250_000, NOW_US, trade_cost_micros=200_000)

    assert lease.take() == Lease(2, 50_000, NOW_US, trade_cost_micros=200_000)
    assert lease.take().room(NOW_US - 1) == 0


@pytest.mark.parametrize(
    ("calls", "at_us", "worn"),
    [(60, NOW_US, False), (50, NOW_US, True), (0, NOW_US, True), (60, NOW_US + 30, True), (60, NOW_US + 29, False)],
)
def test_a_lease_is_worn_before_it_is_used_up_or_over(calls: int, at_us: int, *, worn: bool) -> None:
    """By its calls or by its time, whichever comes first; taking from it changes neither mark."""
    lease = Lease(calls + 1, dollars(100), NOW_US + 60, renew_at_us=NOW_US + 30, renew_calls=50)

    assert lease.take().is_worn(at_us) is worn


def test_one_of_those_who_find_a_lease_worn_has_it_renewed() -> None:
    """The others need not; and should nothing come of it, the next one does, a while later."""
    leases = Leases()
    assert not leases.claim_renewal("agt_1", NOW_US)
    leases.put("agt_1", Lease(9, dollars(100), NOW_US + 2 * RENEW_AGAIN_US, renew_calls=10))

    assert leases.claim_renewal("agt_1", NOW_US)
    assert not leases.claim_renewal("agt_1", NOW_US + RENEW_AGAIN_US - 1)
    assert leases.take("agt_1", NOW_US + RENEW_AGAIN_US)
    assert leases.claim_renewal("agt_1", NOW_US + RENEW_AGAIN_US)


def test_submissions_are_taken_from_an_agents_own_lease() -> None:
    """Until it is used up, over or dropped; another agent's does not help."""
    leases = Leases()
    leases.put("agt_1", Lease(2, 10 * EXECUTED_TRADE_COST_MICROS, NOW_US + 1))

    assert len(leases) == 1
    assert not leases.take("agt_2", NOW_US)
    assert leases.take("agt_1", NOW_US)
    assert not leases.take("agt_1", NOW_US + 1)
    assert leases.take("agt_1", NOW_US)
    assert not leases.take("agt_1", NOW_US)
    assert "agt_1" in leases
    leases.drop("agt_1")
    leases.drop("agt_1")
    assert "agt_1" not in leases
    assert len(leases) == 0


@pytest.mark.parametrize(
    ("lease", "room"),
    [
        (Lease(1, EXECUTED_TRADE_COST_MICROS, NOW_US + 1), 1),
        (Lease(5, 3 * EXECUTED_TRADE_COST_MICROS, NOW_US + 1), 3),
        (Lease(0, EXECUTED_TRADE_COST_MICROS, NOW_US + 1), 0),
        (Lease(1, EXECUTED_TRADE_COST_MICROS - 1, NOW_US + 1), 0),
        (Lease(1, EXECUTED_TRADE_COST_MICROS, NOW_US), 0),
        (Lease(4, 0, NOW_US + 1, trade_cost_micros=0), 4),
    ],
)
def test_a_lease_has_room_for_trades_while_calls_cost_and_time_last(lease: Lease, room: int) -> None:
    """Each of the three ends it; a trade that costs nothing takes calls alone."""
    assert lease.room(NOW_US) == room


def test_submissions_of_one_decision_are_taken_together() -> None:
    """As many as are wanted, or as there are."""
    leases = Leases()
    leases.put("agt_1", Lease(5, dollars(100), NOW_US + 1))

    assert [leases.take("agt_1", NOW_US, 3) for _ in range(3)] == [3, 2, 0]


@given(st.integers(0, 200), st.integers(0, 20_000_000))
def test_a_lease_lasts_for_as_many_trades_as_it_says(calls: int, budget_micros: int) -> None:
    """It covers as many trades as the scarcer of calls and cost allows, and never goes below nothing."""
    lease, trades = Lease(calls, budget_micros, NOW_US + 1), 0
    while lease.room(NOW_US) > 0:
        lease, trades = lease.take(), trades + 1

    assert trades == min(calls, budget_micros // EXECUTED_TRADE_COST_MICROS)
    assert lease.calls_left >= 0
    assert lease.budget_left_micros >= 0


def test_usage_starts_from_nothing_in_a_new_month() -> None:
    """The last microsecond of a month belongs to it, the next one to a new count."""
    assert usage_at(FEBRUARY, MARCH_US - 1) is FEBRUARY
    assert usage_at(FEBRUARY, MARCH_US) == Usage("agt_1", "2026-03")


def test_usage_survives_a_clock_that_steps_back_over_the_month() -> None:
    """What has been counted for the new month is not forgotten when the clock is set back a little."""
    march = add_usage(FEBRUARY, "trade.submitted", 1, 0, MARCH_US)

    assert add_usage(march, "trade.submitted", 1, 0, MARCH_US - 1) == Usage(
        "agt_1", "2026-03", 2, 0, {"trade.submitted": UsageLine(2, 0)}
    )


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 3), st.integers(0, 500_000), st.integers(0, 40))))
def test_usage_is_the_sum_of_the_events_of_its_month(steps: list[tuple[str, int, int, int]]) -> None:
    """Totals and breakdown are those of the events since the month began, and the breakdown adds up to the totals."""
    usage, at_us = Usage("agt_1", period_of(NOW_US)), NOW_US
    counted: list[tuple[str, int, int, str]] = []
    for kind, calls, cost_micros, days in steps:
        at_us += days * DAY_US
        usage = add_usage(usage, kind, calls, cost_micros, at_us)
        counted.append((kind, calls, cost_micros, period_of(at_us)))

    month = [step for step in counted if step[3] == usage.period]
    assert usage.period == period_of(at_us)
    assert usage.api_calls == sum(calls for _, calls, _, _ in month)
    assert usage.spent_micros == sum(cost for _, _, cost, _ in month)
    assert usage.breakdown == {
        kind: UsageLine(
            sum(calls for name, calls, _, _ in month if name == kind),
            sum(cost for name, _, cost, _ in month if name == kind),
        )
        for kind in {name for name, *_ in month}
    }


@pytest.mark.parametrize(
    "usage",
    [
        Usage("agt_1", "2026-02", api_calls=999),
        Usage("agt_1", "2026-02", spent_micros=dollars(1_000) - EXECUTED_TRADE_COST_MICROS),
        Usage("agt_1", "2026-01", api_calls=1_000, spent_micros=dollars(1_000)),
    ],
)
def test_a_trade_that_fits_into_the_month_passes(usage: Usage) -> None:
    """The last call and the last ten cents may be used; what another month used does not count."""
    require_quota(QUOTA, usage, NOW_US)


@pytest.mark.parametrize(
    ("usage", "message"),
    [
        (Usage("agt_1", "2026-02", api_calls=1_000), "all 1,000 API calls of 2026-02 are used"),
        (
            Usage("agt_1", "2026-02", spent_micros=dollars(1_000) - EXECUTED_TRADE_COST_MICROS + 1),
            r"\$999.90 of \$1,000.00 metered cost of 2026-02 is spent",
        ),
    ],
)
def test_a_trade_that_does_not_fit_into_the_month_is_refused(usage: Usage, message: str) -> None:
    """The refusal says which quota is used up, what to do, and when it starts anew."""
    with pytest.raises(QuotaExceeded, match=message) as caught:
        require_quota(QUOTA, usage, NOW_US)

    assert caught.value.reset_at_us == next_period_us(NOW_US) == MARCH_US


def test_crossing_a_threshold_is_told_with_its_figures() -> None:
    """Each quota has its own alert."""
    before = Usage("agt_1", "2026-02", 799, dollars(700))
    after = Usage("agt_1", "2026-02", 800, dollars(801))

    assert list(crossings(before, after, QUOTA, AlertThresholds())) == [
        UsageAlert("agt_1", "apiCalls", 80, 800, 1_000, "2026-02"),
        UsageAlert("agt_1", "budget", 80, dollars(801), dollars(1_000), "2026-02"),
    ]
    assert list(crossings(after, after, QUOTA, AlertThresholds())) == []


def test_a_new_month_crosses_from_nothing() -> None:
    """What was used before the month does not hide a crossing in it."""
    before = Usage("agt_1", "2026-01", 900, 0)
    after = Usage("agt_1", "2026-02", 10, 0)

    assert list(crossings(before, after, QuotaConfig(api_calls=10), AlertThresholds(100, 100))) == [
        UsageAlert("agt_1", "apiCalls", 100, 10, 10, "2026-02")
    ]


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, dollars(400)), st.integers(0, 10)), max_size=30))
def test_a_threshold_is_crossed_at_most_once_a_month(steps: list[tuple[int, int, int]]) -> None:
    """However usage grows, each month has one alert for each quota that reached its threshold, and no other."""
    usage, at_us = Usage("agt_1", period_of(NOW_US)), NOW_US
    alerts: list[tuple[str, str]] = []
    months: dict[str, Usage] = {}
    for calls, cost_micros, days in steps:
        at_us += days * DAY_US
        after = add_usage(usage, "trade.executed", calls, cost_micros, at_us)
        alerts += [(alert.period, alert.kind) for alert in crossings(usage, after, QUOTA, AlertThresholds())]
        usage = months[after.period] = after

    reached = [(period, "apiCalls") for period, month in months.items() if month.api_calls >= 800]
    reached += [(period, "budget") for period, month in months.items() if month.spent_micros >= dollars(800)]
    assert sorted(alerts) == sorted(reached)
