"""A pending approval: it expires at its time and not before, whatever the clocks and the journal do."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors import paths
from actors.errors import ApprovalNotFound, ApprovalOverdue, JournalUnavailable
from actors.messages import Decide, ReviewExpiry
from supervisor import NoSuchActor
from tests.actors.builders import APPROVER, NOW_US, SECOND_US, a_decision, buy
from tests.actors.headless import headless_floor


async def test_expires_at_its_time(autojump_clock: object) -> None:
    """Nothing a millisecond before, expired a millisecond after, and the actor is gone."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        state = await floor.system.control.state(paths.approval("agt_1", "ovr_1"))
        assert state == {
            "request_id": "ovr_1",
            "trade_id": "trd_1",
            "estimated_value_micros": 60_000 * SECOND_US,
            "expires_at_us": NOW_US + 600 * SECOND_US,
        }
        await floor.advance(599.999)
        assert floor.published_types()[-1] == "oversight.request"
        await floor.advance(0.002)
        assert floor.published_types()[-1] == "oversight.expired"
        assert floor.portfolio().reserved_micros == 0
        assert not floor.system.exists(paths.approval("agt_1", "ovr_1"))
        floor.check()


async def test_clock_set_back_delays_expiry(autojump_clock: object) -> None:
    """The time on the wall counts: set back by an hour, the approval lives an hour longer."""
    async with headless_floor(tick_s=60) as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        await floor.advance(300)
        floor.around.clock.step(-3600)
        await floor.advance(3600 + 299)
        assert floor.published_types()[-1] == "oversight.request"
        await floor.advance(2)
        assert floor.published_types()[-1] == "oversight.expired"


async def test_clock_set_forward_is_noticed(autojump_clock: object) -> None:
    """Set forward beyond its time, the approval expires within a minute."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        await floor.advance(30)
        floor.around.clock.step(3600)
        await floor.advance(31)
        assert floor.published_types()[-1] == "oversight.expired"


async def test_expiry_is_tried_again_while_the_journal_is_away(autojump_clock: object) -> None:
    """An expiry that cannot be committed is committed as soon as it can, and the reservation stays until then."""
    async with headless_floor() as floor:
        await floor.create()
        held = await floor.trade(buy("TSLA", 400))
        await floor.advance(599)
        floor.store.unavailable = True
        await floor.advance(60)
        assert floor.portfolio().reserved_micros == held.reserved_micros
        floor.store.unavailable = False
        await floor.advance(1.1)
        assert floor.published_types()[-1] == "oversight.expired"


async def test_decision_that_could_not_be_committed_may_come_again(autojump_clock: object) -> None:
    """The approver hears of the outage, and decides again when it is over."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        floor.store.unavailable = True
        with pytest.raises(JournalUnavailable):
            await floor.decide()
        floor.store.unavailable = False
        await floor.decide()
        with pytest.raises(NoSuchActor):
            await floor.decide("ovr_1")
        assert floor.published_types()[-2:] == ["oversight.approved", "trade.executed"]


async def test_two_decisions_at_once(autojump_clock: object) -> None:
    """One of two approvers who decide at the same time is the one who decided; the trade is made once."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        outcomes: list[str] = []

        async def decide() -> None:
            try:
                await floor.decide("ovr_1")
            except Exception as error:  # noqa: BLE001 - which one it is, is looked at below
                outcomes.append(type(error).__name__)
            else:
                outcomes.append("decided")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(decide)
            nursery.start_soon(decide)
        assert sorted(outcomes) == ["ActorStopped", "decided"]
        assert floor.portfolio().positions["TSLA"].quantity == 400
        floor.check()


async def test_actor_ends_when_its_approval_is_gone(autojump_clock: object) -> None:
    """Withdrawn with its trade, the approval's actor ends at its next look."""
    async with headless_floor() as floor:
        await floor.create()
        for number in (1, 2, 3):
            await floor.trade(buy("TSLA", 400))
            await floor.cancel(f"trd_{number}")
        path = paths.approval("agt_1", "ovr_1")
        assert await floor.system.control.state(path) == {"request_id": "ovr_1", "status": "resolved"}
        with pytest.raises(ApprovalNotFound):
            await floor.decide("ovr_1")
        floor.system.ref(paths.approval("agt_1", "ovr_2")).tell_nowait(ReviewExpiry())
        await wait_all_tasks_blocked()
        assert not floor.system.exists(paths.approval("agt_1", "ovr_2"))
        await floor.system.control.restart(paths.approval("agt_1", "ovr_3"))
        await wait_all_tasks_blocked()
        assert not floor.system.find("/agents/agt_1/approvals/*")


async def test_restart_arms_the_alarm_again(autojump_clock: object) -> None:
    """An approval's actor that is restarted expires at the same time as before."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        await floor.advance(300)
        await floor.system.control.restart(paths.approval("agt_1", "ovr_1"))
        await floor.advance(299)
        assert floor.published_types()[-1] == "oversight.request"
        await floor.advance(1.1)
        assert floor.published_types()[-1] == "oversight.expired"


async def test_decision_dated_after_the_time_is_refused_though_it_is_not_over(autojump_clock: object) -> None:
    """The clock stepped back since the decision was dated: it is refused, and the approval waits on."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy("TSLA", 400))
        approval = floor.system.ref(paths.approval("agt_1", "ovr_1"))
        with pytest.raises(ApprovalOverdue):
            await approval.ask(Decide(a_decision(at_us=NOW_US + 601 * SECOND_US), APPROVER))
        await floor.advance(599)
        assert floor.published_types()[-1] == "oversight.request"
        await floor.advance(2)
        assert floor.published_types()[-1] == "oversight.expired"
