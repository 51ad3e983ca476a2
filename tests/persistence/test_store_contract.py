"""The contract of the journal's storage, kept by the one on disk, the same inside the loop, and the one in memory."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from actors.desk import Outcome, resolve_approval
from actors.events import AgentCreated, TradeExecuted
from actors.model import AgentStatus, ApprovalStatus, Role, TradeStatus
from actors.ports.history import ApprovalQuery, BadCursor, TradeQuery
from actors.ports.journal import (
    AlreadyDone,
    ApprovalDelivery,
    Channel,
    ClientOrderIdTaken,
    Commit,
    Committed,
    EmailTaken,
    IdempotencyClaim,
    QuotaDelivery,
    Unstorable,
    UsageDelivery,
)
from persistence.in_loop import open_in_loop
from persistence.memory import MemoryStore
from persistence.schema import DELIVERIES_PER_COMMIT_MAX
from persistence.store import SqliteStore, open_store
from tests.actors.builders import (
    DAY_US,
    NOW_US,
    TSLA_MICROS,
    a_book,
    a_decision,
    a_ticket,
    an_agent,
    buy,
    held_purchase,
    placed,
    sell,
)
from tests.persistence.commits import a_user, change, creation, enrolment, status_change

Store = MemoryStore | SqliteStore

AGENT = an_agent()
OTHER = an_agent(agent_id="agt_2", user_id="usr_other")
CLAIM = IdempotencyClaim("usr_owner", "key-1", "fingerprint-1")


@pytest.fixture(params=["memory", "sqlite", "sqlite in the loop"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Provide each kind of store in turn, empty."""
    if request.param == "memory":
        yield MemoryStore()
        return
    open_kind = open_store if request.param == "sqlite" else open_in_loop
    opened = open_kind(tmp_path / "floor.db")
    yield opened
    opened.close()


def bought(number: int, **order: Any) -> Outcome:
    """Return what follows from buying 10 AAPL as the trade of this number, each from a new book."""
    return placed(a_book(), buy(**order), a_ticket(number))


async def filled(store: Store, numbers: Sequence[int], **order: Any) -> None:
    """Commit purchases of these numbers, each as a transaction of its own."""
    for number in numbers:
        await store.commit([change(AGENT, bought(number, **order))])


async def held(store: Store) -> Outcome:
    """Make the agent and an order of it that waits for approval."""
    outcome = held_purchase()
    await store.commit([creation(AGENT), change(AGENT, outcome)])
    return outcome


async def test_events_are_numbered_over_the_floor_and_within_their_stream(store: Store) -> None:
    """Both sequences count from 1, over batches as within them."""
    first = await store.commit([creation(AGENT), creation(OTHER)])
    second = await store.commit([change(AGENT, bought(1))])

    places = [
        (place.seq, place.stream, place.stream_seq)
        for result in (*first, *second)
        if isinstance(result, Committed)
        for place in result.recorded
    ]
    assert places == [(1, "agt_1", 1), (2, "agt_2", 1), (3, "agt_1", 2), (4, "agt_1", 3)]
    assert store.last_seq() == 4


async def test_a_commit_without_events_keeps_its_state(store: Store) -> None:
    """A new password hash is no event, and is kept."""
    await store.commit([enrolment(a_user())])
    (result,) = await store.commit([evolve(enrolment(a_user(password_hash="new")), events=())])

    assert result == Committed(())
    assert await store.user("usr_1") == a_user(password_hash="new")


async def test_a_claimed_key_is_answered_with_the_last_event_of_its_commit(store: Store) -> None:
    """In the same batch and in a later one; the second commit is not made."""
    once = change(AGENT, bought(1), claim=CLAIM)
    again = change(AGENT, bought(2), claim=evolve(CLAIM, fingerprint="fingerprint-2"))

    _, made, same_batch = await store.commit([creation(AGENT), once, again])
    (later,) = await store.commit([again])

    assert isinstance(made, Committed)
    expected = AlreadyDone("fingerprint-1", made.recorded[-1])
    assert (same_batch, later) == (expected, expected)
    assert await store.claimed(CLAIM) == ("fingerprint-1", made.recorded[-1])
    assert await store.claimed(evolve(CLAIM, scope="usr_other")) is None
    assert store.last_seq() == 3


async def test_a_client_order_id_is_taken_once_per_agent(store: Store) -> None:
    """Within a batch as over batches; another agent may have the same one."""
    mine = bought(1, client_order_id="mine")
    again = bought(2, client_order_id="mine")
    theirs = placed(a_book(OTHER), buy(client_order_id="mine"), a_ticket(3), agent=OTHER)

    results = await store.commit([change(AGENT, mine), change(AGENT, again), change(OTHER, theirs)])
    later = await store.commit([change(AGENT, again), change(AGENT, bought(4, client_order_id="another"))])

    assert [type(result) for result in results] == [Committed, ClientOrderIdTaken, Committed]
    assert later[0] == ClientOrderIdTaken("trd_1")
    assert isinstance(later[1], Committed)


async def test_an_address_belongs_to_one_person(store: Store) -> None:
    """Compared without case; its owner may change everything else."""
    await store.commit([enrolment(a_user())])
    results = await store.commit(
        [
            enrolment(a_user(user_id="usr_2", email="OLIVE@example.COM")),
            enrolment(a_user(role=Role.APPROVER)),
            enrolment(a_user(user_id="usr_3", email="new@example.com")),
            enrolment(a_user(user_id="usr_4", email="New@example.com")),
        ]
    )

    assert results[0] == EmailTaken("usr_1")
    assert results[3] == EmailTaken("usr_3")
    assert await store.user_by_email("olive@EXAMPLE.com") == a_user(role=Role.APPROVER)
    assert await store.user("usr_2") is None
    assert await store.user_by_email("nobody@example.com") is None


@pytest.mark.parametrize(
    "bad",
    [
        evolve(creation(OTHER), events=()),
        Commit("agt_2", NOW_US, creation(OTHER).principal, None, (), claim=CLAIM),
        evolve(creation(OTHER), deliveries=creation(OTHER).deliveries * (DELIVERIES_PER_COMMIT_MAX + 1)),
    ],
    ids=["deliveries without an event", "a claim without an event", "too many deliveries"],
)
async def test_what_cannot_be_stored_is_refused_alone(store: Store, bad: Commit) -> None:
    """The rest of the batch is committed as if it had not been there."""
    results = await store.commit([creation(AGENT), bad, change(AGENT, bought(1))])

    assert [type(result) for result in results] == [Committed, Unstorable, Committed]
    assert store.last_seq() == 3
    assert [agent for agent, _ in store.agents()] == [AGENT]


async def test_a_trade_is_found_as_its_last_event_left_it(store: Store) -> None:
    """For its own agent only."""
    await filled(store, [1])

    trade = await store.trade("agt_1", "trd_1")
    assert trade is not None
    assert trade == bought(1).trade
    assert await store.trade("agt_2", "trd_1") is None
    assert await store.trade("agt_1", "trd_2") is None


async def test_pages_of_trades_do_not_move_when_trades_are_added(store: Store) -> None:
    """Newest first; following the cursors shows each trade that was there once."""
    await filled(store, range(5))
    first = await store.trades(TradeQuery("agt_1", limit=2))
    await filled(store, [5])
    second = await store.trades(TradeQuery("agt_1", limit=2, cursor=first.next_cursor))
    third = await store.trades(TradeQuery("agt_1", limit=2, cursor=second.next_cursor))

    pages = [[trade.trade_id for trade in page.items] for page in (first, second, third)]
    assert pages == [["trd_4", "trd_3"], ["trd_2", "trd_1"], ["trd_0"]]
    assert third.next_cursor is None


async def test_a_page_that_ends_with_the_last_trade_has_no_cursor(store: Store) -> None:
    """Nobody asks for an empty page."""
    await filled(store, range(2))

    assert (await store.trades(TradeQuery("agt_1", limit=2))).next_cursor is None


async def test_trades_are_filtered(store: Store) -> None:
    """By status, symbol and time of submission, its end exclusive."""
    await store.commit([creation(AGENT), change(AGENT, held_purchase())])
    later = placed(a_book(), buy(), a_ticket(2, at_us=NOW_US + 10))
    await store.commit([change(AGENT, later)])

    async def found(**filters: object) -> list[str]:
        page = await store.trades(TradeQuery("agt_1", **filters))  # type: ignore[arg-type] # a filter each
        return [trade.trade_id for trade in page.items]

    assert await found() == ["trd_2", "trd_1"]
    assert await found(status=TradeStatus.PENDING_APPROVAL) == ["trd_1"]
    assert await found(symbol="AAPL") == ["trd_2"]
    assert await found(from_us=NOW_US + 1) == ["trd_2"]
    assert await found(to_us=NOW_US + 10) == ["trd_1"]
    assert (await store.trades(TradeQuery("agt_2"))).items == ()


async def test_an_approval_comes_with_its_trade_as_both_are_now(store: Store) -> None:
    """Pending first, and after the decision the filled trade."""
    pending = await held(store)
    assert await store.approval("ovr_1") == (pending.approval, pending.trade)

    decided = resolve_approval(pending.book, AGENT, "ovr_1", a_decision(), TSLA_MICROS)
    await store.commit([change(AGENT, decided)])

    assert await store.approval("ovr_1") == (decided.approval, decided.trade)
    assert await store.approval("ovr_2") is None
    executed = await store.trade("agt_1", "trd_1")
    assert executed is not None
    assert executed.status is TradeStatus.COMPLETED


async def test_approvals_are_listed_and_filtered(store: Store) -> None:
    """By owner, agent and status, newest first, in pages."""
    await held(store)
    theirs = placed(a_book(OTHER), buy("TSLA", 500), a_ticket(2, price_micros=TSLA_MICROS), agent=OTHER)
    rejected = resolve_approval(theirs.book, OTHER, "ovr_2", a_decision(approved=False), TSLA_MICROS)
    await store.commit([creation(OTHER), change(OTHER, theirs), change(OTHER, rejected)])

    async def found(**filters: object) -> list[str]:
        page = await store.approvals(ApprovalQuery(**filters))  # type: ignore[arg-type] # a filter each
        return [approval.request_id for approval, _ in page.items]

    assert await found() == ["ovr_2", "ovr_1"]
    assert await found(user_id="usr_other") == ["ovr_2"]
    assert await found(agent_id="agt_1") == ["ovr_1"]
    assert await found(status=ApprovalStatus.PENDING) == ["ovr_1"]
    first = await store.approvals(ApprovalQuery(limit=1))
    second = await store.approvals(ApprovalQuery(limit=1, cursor=first.next_cursor))
    assert [approval.status for approval, _ in (*first.items, *second.items)] == ["rejected", "pending"]
    assert second.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "nonsense", "ü", "!!!!", "YXBwcm92YWxzOjE", "dHJhZGVzOi0x", "dHJhZGVzOjAx"])
async def test_a_cursor_of_no_listing_is_refused(store: Store, cursor: str) -> None:
    """Neither text made up, nor the cursor of another listing, nor a number that no event has."""
    with pytest.raises(BadCursor):
        await store.trades(TradeQuery("agt_1", cursor=cursor))


async def test_usage_is_kept_by_month(store: Store) -> None:
    """A month in which nothing was used has none."""
    outcome = bought(1)
    await store.commit([creation(AGENT)])
    assert await store.usage("agt_1", "2026-02") is None

    await store.commit([change(AGENT, outcome)])
    next_month = placed(outcome.book, buy(), a_ticket(2, at_us=NOW_US + 28 * DAY_US))
    await store.commit([change(AGENT, next_month)])

    assert await store.usage("agt_1", "2026-02") == outcome.book.usage
    assert await store.usage("agt_1", "2026-03") == next_month.book.usage
    assert await store.usage("agt_1", "2026-04") is None


async def test_events_are_read_by_sequence(store: Store) -> None:
    """All of them, or those of some streams, after a sequence and up to a limit."""
    results = await store.commit([creation(AGENT), creation(OTHER), change(AGENT, bought(1))])
    recorded = [place for result in results if isinstance(result, Committed) for place in result.recorded]

    assert list(await store.events(None, 0, 10)) == recorded
    assert list(await store.events(None, 1, 2)) == recorded[1:3]
    assert list(await store.events(["agt_1"], 1, 10)) == recorded[2:]
    assert list(await store.events(["agt_2", "agt_1", "agt_2"], 0, 3)) == recorded[:3]
    assert list(await store.events(["agt_none"], 0, 3)) == []
    assert list(await store.events([], 0, 3)) == []
    assert isinstance(recorded[0].event, AgentCreated)
    assert isinstance(recorded[3].event, TradeExecuted)


async def test_the_outbox_keeps_each_channels_order_until_delivered(store: Store) -> None:
    """Entries know the stream and the correlation id of their commit, and their ids grow."""
    await held(store)

    metering = await store.outbox(Channel.METERING, 0, 10)
    assert [type(entry.delivery) for entry in metering] == [QuotaDelivery, UsageDelivery]
    assert [entry.correlation_id for entry in metering] == ["cor_create", "cor_change"]
    (oversight,) = await store.outbox(Channel.OVERSIGHT, 0, 10)
    assert isinstance(oversight.delivery, ApprovalDelivery)
    assert oversight.stream == "agt_1"
    assert metering[0].entry_id < metering[1].entry_id < oversight.entry_id
    assert list(await store.outbox(Channel.METERING, metering[0].entry_id, 10)) == [metering[1]]
    assert list(await store.outbox(Channel.METERING, 0, 1)) == [metering[0]]

    await store.delivered([metering[0].entry_id, oversight.entry_id])
    assert list(await store.outbox(Channel.METERING, 0, 10)) == [metering[1]]
    assert list(await store.outbox(Channel.OVERSIGHT, 0, 10)) == []


async def test_a_start_finds_agents_books_and_prices(store: Store) -> None:
    """With open trades and pending approvals, and without those that are deleted."""
    outcome = await held(store)
    gone = an_agent(agent_id="agt_0")
    sold = placed(outcome.book, buy(), a_ticket(7))
    sold = placed(sold.book, sell(quantity=4), a_ticket(8))
    await store.commit([creation(OTHER), creation(gone), status_change(gone, AgentStatus.DELETED), change(AGENT, sold)])
    await store.save_prices({"TSLA": 1, "AAPL": 2}, NOW_US)
    await store.save_prices({"TSLA": 3}, NOW_US)

    assert list(store.agents()) == [(AGENT, sold.book), (OTHER, a_book(OTHER))]
    assert dict(store.prices()) == {"AAPL": 2, "TSLA": 3}
    await store.check()


async def test_an_empty_floor_has_nothing_to_recover(store: Store) -> None:
    """The first start."""
    assert (list(store.agents()), dict(store.prices()), store.last_seq()) == ([], {}, 0)
    assert list(await store.commit([])) == []


async def test_purging_leaves_the_events(store: Store) -> None:
    """Agents go 90 days after their deletion, keys a day after their claim, and not before."""
    deleted_at_us = NOW_US + DAY_US
    await store.commit([creation(AGENT), creation(OTHER), change(AGENT, held_purchase(), claim=CLAIM)])
    await store.commit([change(AGENT, bought(3, client_order_id="mine"))])
    await store.commit([status_change(AGENT, AgentStatus.DELETED, deleted_at_us)])

    assert await store.purge(NOW_US + DAY_US) == 0
    assert await store.claimed(CLAIM) is not None
    assert await store.purge(deleted_at_us + 90 * DAY_US) == 0
    assert await store.claimed(CLAIM) is None
    assert await store.trade("agt_1", "trd_1") is not None

    assert await store.purge(deleted_at_us + 90 * DAY_US + 1) == 1
    assert await store.trade("agt_1", "trd_1") is None
    assert await store.approval("ovr_1") is None
    assert await store.usage("agt_1", "2026-02") is None
    assert (await store.trades(TradeQuery("agt_1"))).items == ()
    assert len(await store.events(["agt_1"], 0, 10)) == 6
    assert await store.purge(deleted_at_us + 91 * DAY_US) == 0
