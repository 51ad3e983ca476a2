"""News leave with the commit that makes them, and reach everybody at their own pace, whatever is down."""

import logging
from itertools import pairwise

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from actors import paths
from actors.alerts import AlertChannels, AlertConfig
from actors.lifecycle import AgentEvent
from actors.messages import Append, ChangeAlerts, CreateAgent, NewAgent
from actors.model import FLOOR, QuotaConfig, StrategyKind
from actors.money import dollars
from actors.notifier import (
    BACKOFF_S_MAX,
    FAILING_MAX,
    LANE_ENTRIES_MAX,
    REFUSALS_MAX,
    SENDING_MAX,
    WEBHOOKS_OF_A_USER_MAX,
    backoff_s,
)
from actors.ports.journal import Channel, Commit, NotificationDelivery
from actors.ports.notifications import (
    Notification,
    NotificationRefused,
    NotificationUnavailable,
    NotifyTarget,
    TellNobody,
)
from tests.actors.builders import OWNER, buy
from tests.actors.headless import HeadlessFloor, headless_floor, surroundings
from tests.fakes.notifications import SLACK

DAY_S = 24 * 3600.0
HOOK = "https://example.com/hook"


async def choose(floor: HeadlessFloor, agent_id: str = "agt_1", *, slack: bool = True, url: str | None = None) -> None:
    """Choose an agent's channels."""
    alerts = AlertConfig(channels=AlertChannels(slack=slack, webhook_url=url))
    await floor.system.ref(paths.agent(agent_id)).ask(ChangeAlerts(alerts, OWNER))


async def held(floor: HeadlessFloor, agent_id: str = "agt_1") -> str:
    """Have an order wait for approval, and return the request."""
    trade = await floor.trade(buy("TSLA", 400), agent_id)
    assert trade.approval_request_id is not None
    return trade.approval_request_id


async def waiting(floor: HeadlessFloor) -> int:
    """Return how many entries wait in the outbox."""
    return len(await floor.store.outbox(Channel.NOTIFY, 0, 10_000))


async def test_requests_and_what_becomes_of_them_are_told(autojump_clock: MockClock) -> None:
    """Approved, rejected, cancelled with the agent and expired, each in its order and once; to both channels."""
    async with headless_floor() as floor:
        await floor.create(initial_budget_micros=dollars(1_000_000))
        await choose(floor, url=HOOK)
        await held(floor)
        await floor.decide()
        await held(floor)
        await floor.decide(approved=False)
        await held(floor)
        await floor.advance(601)
        await held(floor)
        await floor.change(AgentEvent.STOP)
        await floor.advance(1)
        told = floor.around.notifications
        resolutions = ["approved", "rejected", "expired", "cancelled"]
        expected = [name for outcome in resolutions for name in ("oversight.request", f"oversight.{outcome}")]
        assert told.types() == told.types(HOOK) == expected
        assert len({notification.notification_id for who, notification in told.told if who == SLACK}) == len(expected)
        assert await waiting(floor) == 0
        (first, *_) = [notification for _, notification in told.told]
        assert (first.agent_id, first.agent_name) == ("agt_1", "Test agent")
        assert first.approval is not None
        assert first.trade is not None


async def test_without_slack_nobody_is_said_to_have_been_told(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the log nor in the count."""
    caplog.set_level(logging.DEBUG, "actors.notifier")
    async with headless_floor() as floor:
        floor.around.notifications.has_slack = False
        await floor.create()
        await held(floor)
        await trio.sleep(5)
        assert (await floor.system.control.state(paths.NOTIFIER))["delivered"] == 0
    assert any(message.startswith("there is no slack to be told of oversight.request") for message in caplog.messages)
    assert not any("was told" in message for message in caplog.messages)


async def test_a_quota_that_is_nearly_used_is_told(autojump_clock: MockClock) -> None:
    """Once, by the trade that crosses the agent's threshold, and by a change that does."""
    async with headless_floor() as floor:
        await floor.create(quota=QuotaConfig(api_calls=5))
        for _ in range(5):
            await floor.trade()
        await floor.advance(1)
        (news,) = [notification for _, notification in floor.around.notifications.told]
        assert news.alert is not None
        assert (news.type, news.alert.kind, news.alert.used) == ("usage.alert", "apiCalls", 4)


async def test_who_wants_no_news_gets_none(autojump_clock: MockClock) -> None:
    """Nothing even waits in the outbox."""
    async with headless_floor() as floor:
        await floor.create()
        await choose(floor, slack=False)
        await held(floor)
        assert await waiting(floor) == 0
        await floor.advance(1)
        assert floor.around.notifications.tries == []


async def test_slack_being_down_holds_up_nothing_and_loses_nothing(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Trades, decisions and webhooks go on; after two days Slack hears of everything in its order."""
    async with headless_floor() as floor:
        await floor.create(initial_budget_micros=dollars(1_000_000))
        await choose(floor, url=HOOK)
        told = floor.around.notifications
        told.down[SLACK] = NotificationUnavailable("connection refused")
        for _ in range(3):
            await held(floor)
            await floor.decide()
        await floor.advance(2)
        assert told.types(HOOK) == ["oversight.request", "oversight.approved"] * 3
        assert told.types() == []
        floor.around.clock.step(2 * DAY_S)
        await floor.advance(BACKOFF_S_MAX + 1)
        assert await waiting(floor) == 6
        del told.down[SLACK]
        await floor.advance(BACKOFF_S_MAX + 1)
        assert told.types() == ["oversight.request", "oversight.approved"] * 3
        assert await waiting(floor) == 0


async def test_backoff_doubles_and_who_asks_for_more_is_left_alone(autojump_clock: MockClock) -> None:
    """Retry-After counts where it is longer."""
    assert [backoff_s(tries) for tries in (1, 2, 3, 9, 10, 1_000)] == [1, 2, 4, 256, 300, 300]
    async with headless_floor() as floor:
        await floor.create()
        told = floor.around.notifications
        told.troubles[SLACK].extend(
            [
                NotificationUnavailable("down"),
                NotificationUnavailable("slow down", 30.0),
                NotificationUnavailable("down"),
            ]
        )
        await held(floor)
        await floor.advance(60)
        times = [at for _, at in told.tries]
        assert [round(after - before) for before, after in pairwise(times)] == [1, 30, 4]
        assert told.types() == ["oversight.request"]


@pytest.mark.parametrize("error", [NotificationRefused("invalid_blocks"), KeyError("a defect of ours")])
async def test_news_that_are_refused_again_and_again_are_given_up(
    error: Exception, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """With a line in the log; those that follow are delivered."""
    async with headless_floor() as floor:
        await floor.create()
        told = floor.around.notifications
        told.troubles[SLACK].extend([error] * REFUSALS_MAX)
        await held(floor)
        await floor.decide()
        await floor.advance(60)
        assert told.types() == ["oversight.approved"]
        assert await waiting(floor) == 0
        (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert line.startswith("slack is not told of oversight.request of agt_1 (ntf_1): it was refused 5 times")
        assert (await floor.system.control.state(paths.NOTIFIER))["given_up"] == 1


async def test_one_dead_webhook_holds_up_no_other_and_is_given_up_after_a_day(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Other people's servers are not waited for without end."""
    async with headless_floor() as floor:
        for number, url in ((1, "https://dead.example/h"), (2, HOOK)):
            await floor.create()
            await choose(floor, f"agt_{number}", slack=False, url=url)
        told = floor.around.notifications
        told.down["https://dead.example/h"] = NotificationUnavailable("no such host")
        await held(floor, "agt_1")
        await held(floor, "agt_2")
        await floor.advance(5)
        assert told.types(HOOK) == ["oversight.request"]
        assert await waiting(floor) == 1
        floor.around.clock.step(DAY_S)
        await floor.advance(BACKOFF_S_MAX)
        assert await waiting(floor) == 1
        assert told.types(HOOK) == ["oversight.request", "oversight.expired"]
        (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert "it could not be reached for a day: no such host" in line


async def test_slow_webhooks_of_one_user_hold_up_no_other_user(autojump_clock: MockClock) -> None:
    """So many are spoken to at once; their others wait for these, and nobody else does."""
    async with headless_floor() as floor:
        told = floor.around.notifications
        released = told.slow[HOOK] = trio.Event()
        agents = WEBHOOKS_OF_A_USER_MAX + 2
        for number in range(1, agents + 1):
            await floor.create()
            await choose(floor, f"agt_{number}", slack=False, url=HOOK)
            await held(floor, f"agt_{number}")
        other = evolve(OWNER, user_id="usr_other")
        new = NewAgent("Other", StrategyKind.CUSTOM, dollars(100_000), 5)
        agent = await floor.system.ref(paths.FLOOR).ask(CreateAgent(new, other))
        await choose(floor, agent.agent_id, slack=False, url=f"{HOOK}/other")
        await held(floor, agent.agent_id)
        await floor.advance(1)
        assert [who for who, _ in told.tries].count(HOOK) == WEBHOOKS_OF_A_USER_MAX
        assert told.types(f"{HOOK}/other") == ["oversight.request"]
        released.set()
        await floor.advance(1)
        assert told.types(HOOK) == ["oversight.request"] * agents


async def test_many_dead_webhooks_do_not_hold_up_those_that_work(autojump_clock: MockClock) -> None:
    """They share half of the turns; one that answers is told within a timeout, after a start, too; nobody has a gap."""
    around = surroundings()
    told = around.notifications
    told.patience_s = 10
    dead = {f"agt_{number}": f"https://dead.example/{number}" for number in range(1, 3 * SENDING_MAX + 1)}
    alive = f"agt_{len(dead) + 1}"
    async with headless_floor(around) as floor:
        for agent_id, url in {**dead, alive: HOOK}.items():
            new = NewAgent("Agent", StrategyKind.CUSTOM, dollars(100_000), 5)
            await floor.system.ref(paths.FLOOR).ask(CreateAgent(new, evolve(OWNER, user_id=f"usr_of_{agent_id}")))
            await choose(floor, agent_id, slack=False, url=url)
        for agent_id, url in dead.items():
            told.down[url] = NotificationUnavailable("no answer")
            told.slow[url] = trio.Event()
            await held(floor, agent_id)
        await floor.advance(1)
        assert told.speaking_to == SENDING_MAX
        await floor.advance(100)
        assert told.speaking_to == FAILING_MAX
        await held(floor, alive)
        await floor.advance(0.1)
        assert told.types(HOOK) == ["oversight.request"]
    async with headless_floor(around) as floor:
        await floor.advance(1)
        assert told.speaking_to == SENDING_MAX
        await floor.decide(agent_id=alive)
        await floor.advance(10)
        assert told.types(HOOK) == ["oversight.request", "oversight.approved"]
        told.down.clear()
        await floor.advance(BACKOFF_S_MAX + 10 * len(dead) / FAILING_MAX)
        for url in dead.values():
            assert told.types(url)[:1] == ["oversight.request"]
        await floor.advance(600)
        assert await waiting(floor) == 0


async def test_what_waits_goes_to_the_address_of_now(autojump_clock: MockClock) -> None:
    """Whoever corrects a wrong address gets what waited; whoever takes it away has it let go."""
    async with headless_floor() as floor:
        await floor.create()
        told = floor.around.notifications
        for address in (HOOK, None):
            await choose(floor, slack=False, url="https://wrong.example/h")
            told.down["https://wrong.example/h"] = NotificationUnavailable("no such host")
            await held(floor)
            await floor.advance(1)
            await choose(floor, slack=False, url=address)
            await floor.advance(60)
            assert await waiting(floor) == 0
            await choose(floor, slack=False)
            await floor.decide(approved=False)
        assert [who for who, _ in told.told] == [HOOK]


async def test_a_restart_goes_on_where_the_floor_stopped(autojump_clock: MockClock) -> None:
    """What Slack has not heard, it hears then."""
    around = surroundings()
    around.notifications.down[SLACK] = NotificationUnavailable("down")
    async with headless_floor(around) as floor:
        await floor.create()
        await held(floor)
        await floor.advance(3)
    around.notifications.down.clear()
    async with headless_floor(around) as floor:
        await floor.advance(1)
        assert around.notifications.types() == ["oversight.request"]
        assert await waiting(floor) == 0


async def test_the_journal_being_away_repeats_nothing(autojump_clock: MockClock) -> None:
    """What was told and could not be crossed off is not told again, and what is new is told later."""
    async with headless_floor() as floor:
        await floor.create()
        told = floor.around.notifications
        told.troubles[SLACK].append(NotificationUnavailable("down", 5.0))
        await held(floor)
        await floor.advance(1)
        floor.store.unavailable = True
        await floor.advance(40)
        assert told.types() == ["oversight.request"]
        floor.store.unavailable = False
        await floor.advance(5)
        await floor.decide()
        await floor.advance(1)
        assert told.types() == ["oversight.request", "oversight.approved"]
        assert await waiting(floor) == 0


async def test_more_news_than_a_lane_holds_keep_their_order(autojump_clock: MockClock) -> None:
    """Thousands wait in the outbox, not in memory; two lanes with all of them mixed are told everything, in order."""
    async with headless_floor() as floor:
        await floor.create()
        await choose(floor, url=HOOK)
        await held(floor)
        await floor.advance(1)
        told = floor.around.notifications
        told.told.clear()
        sample = await news_of_decision(floor)
        for first in range(0, 900, 90):
            await post(floor, sample, range(first, first + 90))
            await floor.advance(0.01)
        lanes = (await floor.system.control.state(paths.NOTIFIER))["waiting"]
        assert lanes == {"slack": LANE_ENTRIES_MAX, "webhook:agt_1": LANE_ENTRIES_MAX}
        del told.down[HOOK]
        await floor.advance(400)
        del told.down[SLACK]
        await post(floor, sample, range(900, 950))
        await floor.advance(400)
        for receiver in (SLACK, HOOK):
            ids = [notification.notification_id for who, notification in told.told if who == receiver]
            assert ids[1:] == [f"ntf_x{number}" for number in range(950)]
        assert await waiting(floor) == 0


async def news_of_decision(floor: HeadlessFloor) -> NotificationDelivery:
    """Have a decision taken while both receivers are down, and return the news of it; both lanes go on holding them."""
    told = floor.around.notifications
    told.down[SLACK] = told.down[HOOK] = NotificationUnavailable("down")
    await floor.decide()
    (entry, _) = await floor.store.outbox(Channel.NOTIFY, 0, 10)
    assert isinstance(entry.delivery, NotificationDelivery)
    return entry.delivery


async def post(floor: HeadlessFloor, sample: NotificationDelivery, numbers: range) -> None:
    """Put numbered news for both receivers into the outbox, each in a commit of its own."""
    journal = floor.system.ref(paths.JOURNAL)
    (notification,) = sample.notifications
    for number in numbers:
        numbered = (evolve(notification, notification_id=f"ntf_x{number}"),)
        deliveries = tuple(NotificationDelivery(target, numbered) for target in NotifyTarget)
        event = floor.publisher.recorded[0].event
        commit = Commit("agt_1", floor.around.clock.now_us(), FLOOR, None, (event,), deliveries=deliveries)
        await journal.ask(Append(commit))


async def test_a_floor_with_nobody_to_tell_lets_news_go() -> None:
    """Both ways."""
    news = Notification("ntf_1", "usage.alert", "agt_1", "Test agent", 0)
    await TellNobody().to_slack(news)
    await TellNobody().to_webhook(HOOK, news)
