"""Alerts are given for what was crossed, by use or by a change of the limits, and for nothing else."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from actors.alerts import ALERTS_DEFAULT, AlertConfig, AlertThresholds
from actors.events import UsageAlert
from actors.model import QuotaConfig, Usage
from actors.money import dollars
from actors.quota import crossings, crossings_by_change
from tests.actors.builders import an_agent

QUOTA = QuotaConfig(1_000, dollars(1_000))
PERCENT = st.none() | st.integers(1, 100)
THRESHOLDS = st.builds(AlertThresholds, PERCENT, PERCENT)


def test_an_agent_that_says_nothing_has_the_defaults() -> None:
    """80 % of either quota, and a drawdown of 10 %; to sockets and Slack, and to no webhook."""
    assert an_agent().alerts is ALERTS_DEFAULT
    assert AlertThresholds() == AlertThresholds(80, 80, 10)
    assert (ALERTS_DEFAULT.channels.websocket, ALERTS_DEFAULT.channels.slack) == (True, True)
    assert ALERTS_DEFAULT.channels.webhook_url is None


def test_a_threshold_that_is_off_is_never_crossed() -> None:
    """However much is used."""
    before, after = Usage("agt_1", "2026-02"), Usage("agt_1", "2026-02", 1_000, dollars(1_000))

    assert list(crossings(before, after, QUOTA, AlertThresholds(None, None))) == []
    assert [alert.kind for alert in crossings(before, after, QUOTA, AlertThresholds(None, 50))] == ["budget"]


def test_a_threshold_that_is_lowered_below_the_use_is_crossed_by_that() -> None:
    """And one that was crossed before is not crossed again by being lowered further."""
    usage = Usage("agt_1", "2026-02", 600)
    agent = an_agent(quota=QUOTA)
    at_50, at_40 = (evolve(agent, alerts=AlertConfig(AlertThresholds(percent))) for percent in (50, 40))

    assert list(crossings_by_change(agent, at_50, usage)) == [
        UsageAlert("agt_1", "apiCalls", 50, 600, 1_000, "2026-02")
    ]
    assert list(crossings_by_change(at_50, at_40, usage)) == []


def test_a_quota_that_is_lowered_crosses_too() -> None:
    """The alert shows the new limit."""
    agent = an_agent(quota=QuotaConfig(10_000))
    usage = Usage("agt_1", "2026-02", 900)

    alerts = list(crossings_by_change(agent, evolve(agent, quota=QUOTA), usage))

    assert [(alert.kind, alert.used, alert.limit) for alert in alerts] == [("apiCalls", 900, 1_000)]


@given(st.lists(st.tuples(st.integers(0, 400), THRESHOLDS), min_size=1, max_size=12))
def test_alerts_follow_from_what_is_reached(steps: list[tuple[int, AlertThresholds]]) -> None:
    """Each step alerts of exactly what it reached and the step before it had not."""
    agent, usage = an_agent(quota=QUOTA), Usage("agt_1", "2026-02")
    for calls, thresholds in steps:
        used = evolve(usage, api_calls=usage.api_calls + calls)
        by_use = {alert.kind for alert in crossings(usage, used, QUOTA, agent.alerts.thresholds)}
        assert by_use == reached(used, agent.alerts.thresholds) - reached(usage, agent.alerts.thresholds)
        changed = evolve(agent, alerts=AlertConfig(thresholds))
        by_change = {alert.kind for alert in crossings_by_change(agent, changed, used)}
        assert by_change == reached(used, thresholds) - reached(used, agent.alerts.thresholds)
        agent, usage = changed, used


def reached(usage: Usage, thresholds: AlertThresholds) -> set[str]:
    """Say in other words which thresholds are reached."""
    percent = thresholds.api_calls_percent
    return {"apiCalls"} if percent is not None and usage.api_calls / QUOTA.api_calls >= percent / 100 else set()
