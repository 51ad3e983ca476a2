"""The contract of what was committed: whatever a store was told can be found again, as its last event left it."""

import pytest
from attrs import evolve

from actors.desk import resolve_approval
from actors.events import AgentCreated, TradeExecuted
from actors.model import AgentStatus, ApprovalStatus, Role, TradeStatus
from actors.ports.history import ApprovalQuery, BadCursor, TradeQuery
from actors.ports.journal import (
    AlreadyDone,
    Committed,
    EmailTaken,
)
from persistence.chain import GENESIS
from tests.actors.builders import (
    DAY_US,
    NOW_US,
    TSLA_MICROS,
    a_book,
    a_decision,
    a_ticket,
    buy,
    held_purchase,
    placed,
)
from tests.contracts.stages import Storage
from tests.persistence.commits import (
    AGENT,
    CLAIM,
    OTHER,
    a_user,
    bought,
    change,
    control,
    creation,
    enrolment,
    filled,
    held,
    status_change,
)


async def test_a_commit_without_events_keeps_its_state(history: Storage) -> None:
    """A new password hash is no event, and is kept."""
    await history.writes.commit([enrolment(a_user())])
    (result,) = await history.writes.commit([evolve(enrolment(a_user(password_hash="new")), events=())])

    assert result == Committed(())
    assert await history.reads.user("usr_1") == a_user(password_hash="new")


async def test_a_claimed_key_is_answered_with_the_last_event_of_its_commit(history: Storage) -> None:
    """In the same batch and in a later one; the second commit is not made."""
    once = change(AGENT, bought(1), claim=CLAIM)
    again = change(AGENT, bought(2), claim=evolve(CLAIM, fingerprint="fingerprint-2"))

    _, made, same_batch = await history.writes.commit([creation(AGENT), once, again])
    (later,) = await history.writes.commit([again])

    assert isinstance(made, Committed)
    expected = AlreadyDone("fingerprint-1", made.recorded[-1])
    assert (same_batch, later) == (expected, expected)
    assert await history.reads.claimed(CLAIM) == ("fingerprint-1", made.recorded[-1])
    assert await history.reads.claimed(evolve(CLAIM, scope="usr_other")) is None
    assert history.starts.last_seq() == 3


async def test_an_address_belongs_to_one_person(history: Storage) -> None:
    """Compared without case; its owner may change everything else."""
    await history.writes.commit([enrolment(a_user())])
    results = await history.writes.commit(
        [
            enrolment(a_user(user_id="usr_2", email="OLIVE@example.COM")),
            enrolment(a_user(role=Role.APPROVER)),
            enrolment(a_user(user_id="usr_3", email="new@example.com")),
            enrolment(a_user(user_id="usr_4", email="New@example.com")),
        ]
    )

    assert results[0] == EmailTaken("usr_1")
    assert results[3] == EmailTaken("usr_3")
    assert await history.reads.user_by_email("olive@EXAMPLE.com") == a_user(role=Role.APPROVER)
    assert await history.reads.user("usr_2") is None
    assert await history.reads.user_by_email("nobody@example.com") is None


async def test_a_trade_is_found_as_its_last_event_left_it(history: Storage) -> None:
    """For its own agent only."""
    await filled(history.writes, [1])

    trade = await history.reads.trade("agt_1", "trd_1")
    assert trade is not None
    assert trade == bought(1).trade
    assert await history.reads.trade("agt_2", "trd_1") is None
    assert await history.reads.trade("agt_1", "trd_2") is None


async def test_pages_of_trades_do_not_move_when_trades_are_added(history: Storage) -> None:
    """Newest first; following the cursors shows each trade that was there once."""
    await filled(history.writes, range(5))
    first = await history.reads.trades(TradeQuery("agt_1", limit=2))
    await filled(history.writes, [5])
    second = await history.reads.trades(TradeQuery("agt_1", limit=2, cursor=first.next_cursor))
    third = await history.reads.trades(TradeQuery("agt_1", limit=2, cursor=second.next_cursor))

    pages = [[trade.trade_id for trade in page.items] for page in (first, second, third)]
    assert pages == [["trd_4", "trd_3"], ["trd_2", "trd_1"], ["trd_0"]]
    assert third.next_cursor is None


async def test_a_page_that_ends_with_the_last_trade_has_no_cursor(history: Storage) -> None:
    """Nobody asks for an empty page."""
    await filled(history.writes, range(2))

    assert (await history.reads.trades(TradeQuery("agt_1", limit=2))).next_cursor is None


async def test_trades_are_filtered(history: Storage) -> None:
    """By status, symbol and time of submission, its end exclusive."""
    await history.writes.commit([creation(AGENT), change(AGENT, held_purchase())])
    later = placed(a_book(), buy(), a_ticket(2, at_us=NOW_US + 10))
    await history.writes.commit([change(AGENT, later)])

    async def found(**filters: object) -> list[str]:
        page = await history.reads.trades(TradeQuery("agt_1", **filters))  # type: ignore[arg-type] # a filter each
        return [trade.trade_id for trade in page.items]

    assert await found() == ["trd_2", "trd_1"]
    assert await found(status=TradeStatus.PENDING_APPROVAL) == ["trd_1"]
    assert await found(symbol="AAPL") == ["trd_2"]
    assert await found(from_us=NOW_US + 1) == ["trd_2"]
    assert await found(to_us=NOW_US + 10) == ["trd_1"]
    assert (await history.reads.trades(TradeQuery("agt_2"))).items == ()


async def test_an_approval_comes_with_its_trade_as_both_are_now(history: Storage) -> None:
    """Pending first, and after the decision the filled trade."""
    pending = await held(history.writes)
    assert await history.reads.approval("ovr_1") == (pending.approval, pending.trade)

    decided = resolve_approval(pending.book, AGENT, "ovr_1", a_decision(), TSLA_MICROS)
    await history.writes.commit([change(AGENT, decided)])

    assert await history.reads.approval("ovr_1") == (decided.approval, decided.trade)
    assert await history.reads.approval("ovr_2") is None
    executed = await history.reads.trade("agt_1", "trd_1")
    assert executed is not None
    assert executed.status is TradeStatus.COMPLETED


async def test_approvals_are_listed_and_filtered(history: Storage) -> None:
    """By owner, agent and status, newest first, in pages."""
    await held(history.writes)
    theirs = placed(a_book(OTHER), buy("TSLA", 500), a_ticket(2, price_micros=TSLA_MICROS), agent=OTHER)
    rejected = resolve_approval(theirs.book, OTHER, "ovr_2", a_decision(approved=False), TSLA_MICROS)
    await history.writes.commit([creation(OTHER), change(OTHER, theirs), change(OTHER, rejected)])

    async def found(**filters: object) -> list[str]:
        page = await history.reads.approvals(ApprovalQuery(**filters))  # type: ignore[arg-type] # a filter each
        return [approval.request_id for approval, _ in page.items]

    assert await found() == ["ovr_2", "ovr_1"]
    assert await found(user_id="usr_other") == ["ovr_2"]
    assert await found(agent_id="agt_1") == ["ovr_1"]
    assert await found(status=ApprovalStatus.PENDING) == ["ovr_1"]
    first = await history.reads.approvals(ApprovalQuery(limit=1))
    second = await history.reads.approvals(ApprovalQuery(limit=1, cursor=first.next_cursor))
    assert [approval.status for approval, _ in (*first.items, *second.items)] == ["rejected", "pending"]
    assert second.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "nonsense", "ü", "!!!!", "YXBwcm92YWxzOjE", "dHJhZGVzOi0x", "dHJhZGVzOjAx"])
async def test_a_cursor_of_no_listing_is_refused(history: Storage, cursor: str) -> None:
    """Neither text made up, nor the cursor of another listing, nor a number that no event has."""
    with pytest.raises(BadCursor):
        await history.reads.trades(TradeQuery("agt_1", cursor=cursor))


async def test_usage_is_kept_by_month(history: Storage) -> None:
    """A month in which nothing was used has none."""
    outcome = bought(1)
    await history.writes.commit([creation(AGENT)])
    assert await history.reads.usage("agt_1", "2026-02") is None

    await history.writes.commit([change(AGENT, outcome)])
    next_month = placed(outcome.book, buy(), a_ticket(2, at_us=NOW_US + 28 * DAY_US))
    await history.writes.commit([change(AGENT, next_month)])

    assert await history.reads.usage("agt_1", "2026-02") == outcome.book.usage
    assert await history.reads.usage("agt_1", "2026-03") == next_month.book.usage
    assert await history.reads.usage("agt_1", "2026-04") is None


async def test_events_are_read_by_sequence(history: Storage) -> None:
    """All of them, or those of some streams, after a sequence and up to a limit."""
    results = await history.writes.commit([creation(AGENT), creation(OTHER), change(AGENT, bought(1))])
    recorded = [place for result in results if isinstance(result, Committed) for place in result.recorded]

    assert list(await history.reads.events(None, 0, 10)) == recorded
    assert list(await history.reads.events(None, 1, 2)) == recorded[1:3]
    assert list(await history.reads.events(["agt_1"], 1, 10)) == recorded[2:]
    assert list(await history.reads.events(["agt_2", "agt_1", "agt_2"], 0, 3)) == recorded[:3]
    assert list(await history.reads.events(["agt_none"], 0, 3)) == []
    of_first = list(await history.reads.events(["agt_1"], 0, 10))
    assert list(await history.reads.events_before("agt_1", 2**53, 10)) == of_first[::-1]
    assert list(await history.reads.events_before("agt_1", of_first[-1].seq, 1)) == of_first[-2:-1]
    assert list(await history.reads.events_before("agt_none", 2**53, 3)) == []
    assert list(await history.reads.events([], 0, 3)) == []
    assert isinstance(recorded[0].event, AgentCreated)
    assert isinstance(recorded[3].event, TradeExecuted)


async def test_purging_leaves_the_events(history: Storage) -> None:
    """Agents go 90 days after their deletion, keys a day after their claim, and not before."""
    deleted_at_us = NOW_US + DAY_US
    await history.writes.commit([creation(AGENT), creation(OTHER), change(AGENT, held_purchase(), claim=CLAIM)])
    await history.writes.commit([change(AGENT, bought(3, client_order_id="mine"))])
    await history.writes.commit([status_change(AGENT, AgentStatus.DELETED, deleted_at_us)])

    assert await history.writes.purge(NOW_US + DAY_US) == 0
    assert await history.reads.claimed(CLAIM) is not None
    assert await history.writes.purge(deleted_at_us + 90 * DAY_US) == 0
    assert await history.reads.claimed(CLAIM) is None
    assert await history.reads.trade("agt_1", "trd_1") is not None

    assert await history.writes.purge(deleted_at_us + 90 * DAY_US + 1) == 1
    assert await history.reads.trade("agt_1", "trd_1") is None
    assert await history.reads.approval("ovr_1") is None
    assert await history.reads.usage("agt_1", "2026-02") is None
    assert (await history.reads.trades(TradeQuery("agt_1"))).items == ()
    assert len(await history.reads.events(["agt_1"], 0, 10)) == 6
    assert await history.writes.purge(deleted_at_us + 91 * DAY_US) == 0


async def test_the_audit_shows_people_and_control(history: Storage) -> None:
    """By sequence, after one and up to a limit, each with the hash that binds it to what came before; no trades."""
    await history.writes.commit([enrolment(a_user()), creation(AGENT), change(AGENT, bought(1)), control()])

    audited = await history.reads.audit(0, 10)

    assert [entry.recorded.event.type for entry in audited] == ["user.changed", "agent.created", "control.action"]
    assert len({entry.hash for entry in audited}) == len(audited)
    assert list(await history.reads.audit(1, 1)) == list(audited[1:2])
    newest_first = list(audited)[::-1]
    assert list(await history.reads.audit_before(audited[-1].recorded.seq + 1, 10)) == newest_first
    assert list(await history.reads.audit_before(audited[-1].recorded.seq, 1)) == newest_first[1:2]


async def test_an_event_is_found_with_its_place_in_the_chain(history: Storage) -> None:
    """Its hash covers the one before, which for the first event is that of nothing."""
    await history.writes.commit([enrolment(a_user()), creation(AGENT)])
    first, second = await history.reads.events(None, 0, 10)

    found = [await history.reads.entry(seq) for seq in (1, 2)]

    assert [entry.recorded for entry in found if entry] == [first, second]
    assert found[0] is not None
    assert found[1] is not None
    assert (found[0].previous_hash, found[1].previous_hash) == (GENESIS, found[0].hash)
    assert (found[0].holds, found[1].holds) == (True, True)
    assert [await history.reads.entry(seq) for seq in (0, 3)] == [None, None]


async def test_storage_that_can_be_read_is_fine(history: Storage) -> None:
    """Also while it is empty."""
    await history.reads.check()
