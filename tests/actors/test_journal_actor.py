"""The journal: batches, refusals, what happens when the storage fails, and who hears of a commit."""

from contextlib import suppress

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from actors import paths
from actors.errors import (
    DuplicateClientOrderId,
    EmailInUse,
    FloorBusy,
    IdempotencyMismatch,
    JournalUnavailable,
    NotStorable,
)
from actors.events import UserChanged
from actors.journal import _refusal
from actors.lifecycle import AgentEvent
from actors.messages import Append, PlaceOrder
from actors.model import FLOOR, AgentStatus, QuotaConfig, Role, TradeStatus, User
from actors.ports.journal import ClientOrderIdTaken, Commit, EmailTaken, IdempotencyClaim, Unstorable
from supervisor import AskTimeout
from tests.actors.builders import NOW_US, OWNER, buy
from tests.actors.headless import HeadlessFloor, headless_floor

CLAIM = IdempotencyClaim("usr_owner", "key-1", "fingerprint-1")


async def test_unavailable_storage_changes_nothing_and_recovers(autojump_clock: object) -> None:
    """The asker hears what is wrong, nothing is shown or published, and the next try works."""
    async with headless_floor() as floor:
        await floor.create()
        before, count = floor.book(), len(floor.publisher.recorded)
        floor.store.unavailable = True
        with pytest.raises(JournalUnavailable, match="the disk is full"):
            await floor.trade()
        with pytest.raises(JournalUnavailable):
            await floor.change(AgentEvent.RESUME)
        await floor.advance(30)
        assert floor.book() is before
        assert floor.agent().status is AgentStatus.PAUSED
        assert len(floor.publisher.recorded) == count
        floor.store.unavailable = False
        await floor.trade()
        await floor.advance(30)
        assert floor.around.metering.calls.count("ingest") == 1
        assert floor.store.prices() == floor.views.market.prices
        floor.check()


async def test_key_is_claimed_once(autojump_clock: object) -> None:
    """The same key gives the same trade, also when it crossed a quota's threshold; another request is refused."""
    async with headless_floor() as floor:
        await floor.create(quota=QuotaConfig(api_calls=5))
        for _ in range(3):
            await floor.trade()
        first = await floor.trade(claim=CLAIM)
        assert "usage.alert" in floor.published_types()
        again = await floor.trade(claim=CLAIM)
        assert again == first
        assert floor.portfolio().positions["AAPL"].quantity == 40
        with pytest.raises(IdempotencyMismatch):
            await floor.trade(buy(quantity=11), claim=IdempotencyClaim("usr_owner", "key-1", "fingerprint-2"))
        floor.check()


async def test_client_order_id_is_taken_once(autojump_clock: object) -> None:
    """A second trade under one clientOrderId is refused and changes nothing."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.trade(buy(client_order_id="mine"))
        before = floor.book()
        with pytest.raises(DuplicateClientOrderId, match="trd_1"):
            await floor.trade(buy(client_order_id="mine"))
        assert floor.book() is before


async def test_addresses_and_texts_that_cannot_be_kept(autojump_clock: object) -> None:
    """What the storage refuses is refused by its cause."""
    async with headless_floor() as floor:
        users = [User(f"usr_{n}", "one@example.com", Role.TRADER, "hash", NOW_US) for n in (1, 2)]

        def commit(user: User) -> Append:
            changed = UserChanged(user.user_id, user.email, user.role.value, disabled=False)
            return Append(Commit(user.user_id, NOW_US, FLOOR, None, (changed,), users=(user,)))

        journal = floor.system.ref(paths.JOURNAL)
        await journal.ask(commit(users[0]))
        with pytest.raises(EmailInUse):
            await journal.ask(commit(users[1]))
        with pytest.raises(NotStorable):
            await journal.ask(Append(Commit("usr_3", NOW_US, FLOOR, None, (), claim=CLAIM)))


async def test_second_decision_on_a_stale_book_is_refused(autojump_clock: object) -> None:
    """Two changes decided on one book: the first is committed, the second refused, no update is lost."""
    async with headless_floor() as floor:
        await floor.create()
        base = floor.book()
        floor.store.gate = trio.Event()
        outcomes: list[object] = []

        async def append_first() -> None:
            outcomes.append(await floor.trade())

        async def append_stale() -> None:
            commit = Commit("agt_1", NOW_US, OWNER, None, (), book=base)
            try:
                await floor.system.ref(paths.JOURNAL).ask(Append(commit, base_book=base))
            except JournalUnavailable as error:
                outcomes.append(str(error))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(append_first)
            await wait_all_tasks_blocked()
            nursery.start_soon(append_stale)
            await wait_all_tasks_blocked()
            floor.store.gate.set()
        assert sorted(str(type(outcome).__name__) for outcome in outcomes) == ["Trade", "str"]
        assert floor.portfolio().positions["AAPL"].quantity == 10
        floor.check()


async def test_changes_of_one_stream_follow_each_other(autojump_clock: object) -> None:
    """An agent's status and its book may change at the same time: the second waits for the next batch."""
    async with headless_floor() as floor:
        await floor.create()
        floor.store.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(floor.create)
            await wait_all_tasks_blocked()
            nursery.start_soon(floor.change, AgentEvent.RESUME)
            portfolio = floor.system.ref(paths.portfolio("agt_1"))
            nursery.start_soon(portfolio.ask, PlaceOrder(buy(), OWNER))
            await wait_all_tasks_blocked()
            state = await floor.system.control.state(paths.JOURNAL)
            assert (state["queued"], state["commits"], state["batches"]) == (2, 1, 1)
            floor.store.gate.set()
        assert floor.store.batches == [1, 1, 1, 1]
        assert floor.agent().status is AgentStatus.ACTIVE
        assert floor.portfolio().positions["AAPL"].quantity == 10
        floor.check()


async def test_what_is_queued_is_one_batch(autojump_clock: object) -> None:
    """While one batch is being written, the next one gathers."""
    async with headless_floor() as floor:
        for _ in range(5):
            await floor.create()
        floor.store.batches.clear()
        floor.store.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(floor.trade, None, "agt_1")
            await wait_all_tasks_blocked()
            for number in range(2, 6):
                nursery.start_soon(floor.trade, None, f"agt_{number}")
            await wait_all_tasks_blocked()
            floor.store.gate.set()
        assert floor.store.batches == [1, 4]
        floor.check()


async def ask_and_leave(floor: HeadlessFloor, order: PlaceOrder, timeout_s: float) -> None:
    """Ask the portfolio, for so long."""
    with pytest.raises((AskTimeout, FloorBusy)):
        await floor.system.ref(paths.portfolio("agt_1")).ask(order, timeout_s=timeout_s)


async def test_asker_gone_before_its_batch(autojump_clock: object) -> None:
    """A change that nobody waits for any more when its batch is taken is not made."""
    async with headless_floor() as floor:
        await floor.create()
        await floor.create()
        before = floor.book()
        floor.store.gate = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(floor.trade, None, "agt_2")
            await wait_all_tasks_blocked()
            await ask_and_leave(floor, PlaceOrder(buy(), OWNER), 1.0)
            floor.store.gate.set()
        await wait_all_tasks_blocked()
        assert floor.book() is before
        assert floor.published_types() == ["agent.created"]
        floor.check()


async def test_asker_gone_after_the_commit_began(autojump_clock: object) -> None:
    """A change that is being written stays, is shown and published; and an approval it made gets its actor."""
    async with headless_floor() as floor:
        await floor.create()
        floor.store.gate = trio.Event()
        await ask_and_leave(floor, PlaceOrder(buy("TSLA", 500), OWNER), 1.0)
        assert not floor.book().approvals
        floor.store.gate.set()
        await wait_all_tasks_blocked()
        assert floor.published_types() == ["agent.created", "trade.created", "oversight.request"]
        approval = await floor.decide()
        assert approval.trade_id == "trd_1"
        assert floor.portfolio().positions["TSLA"].quantity == 500
        floor.check()


async def test_creator_gone_after_the_commit_began(autojump_clock: object) -> None:
    """An agent that was committed after its creator gave up is up all the same."""
    async with headless_floor() as floor:
        floor.store.gate = trio.Event()
        with pytest.raises((AskTimeout, FloorBusy)):
            await floor.create()
        floor.store.gate.set()
        await wait_all_tasks_blocked()
        trade = await floor.trade()
        assert trade.status is TradeStatus.COMPLETED


async def test_failing_publisher_loses_no_update(autojump_clock: object) -> None:
    """A publisher that raises, though it must not, crashes the journal; the views have the whole batch all the same."""
    async with headless_floor() as floor:
        for _ in range(3):
            await floor.create()
        floor.store.gate = trio.Event()

        async def trade(agent_id: str) -> None:
            with suppress(FloorBusy):
                await floor.trade(agent_id=agent_id)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(trade, "agt_1")
            await wait_all_tasks_blocked()
            nursery.start_soon(trade, "agt_2")
            nursery.start_soon(trade, "agt_3")
            await wait_all_tasks_blocked()
            floor.publisher.failing.add("agt_2")
            floor.store.gate.set()
        await floor.advance(1)
        for agent_id in ("agt_1", "agt_2", "agt_3"):
            await floor.trade(agent_id=agent_id)
        assert {agent.portfolio.positions["AAPL"].quantity for agent in floor.views.books.values()} == {20}
        floor.check()


def test_results_of_the_store_are_what_the_journal_refuses_with() -> None:
    """Each refusal of the storage is one error."""
    refusals = [_refusal(result) for result in (ClientOrderIdTaken("trd_1"), EmailTaken("usr_1"), Unstorable("why"))]
    assert [type(refusal) for refusal in refusals] == [DuplicateClientOrderId, EmailInUse, NotStorable]
