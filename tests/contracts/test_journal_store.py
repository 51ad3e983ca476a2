"""The contract of the journal's storage: commits in, places in the log out, and what leaves through the outbox."""

import pytest
from attrs import evolve

from actors.bars import Bar
from actors.drawdown import Watermark
from actors.errors import JournalUnavailable
from actors.model import AgentStatus
from actors.ports.journal import (
    ApprovalDelivery,
    Channel,
    ClientOrderIdTaken,
    Commit,
    Committed,
    QuotaDelivery,
    Unstorable,
    UsageDelivery,
)
from persistence.limits import DELIVERIES_PER_COMMIT_MAX
from tests.actors.builders import (
    DAY_US,
    NOW_US,
    a_book,
    a_ticket,
    buy,
    placed,
)
from tests.contracts.stages import Storage
from tests.persistence.commits import AGENT, CLAIM, OTHER, bought, change, creation, held, status_change


async def test_events_are_numbered_over_the_floor_and_within_their_stream(journal_store: Storage) -> None:
    """Both sequences count from 1, over batches as within them."""
    first = await journal_store.writes.commit([creation(AGENT), creation(OTHER)])
    second = await journal_store.writes.commit([change(AGENT, bought(1))])

    places = [
        (place.seq, place.stream, place.stream_seq)
        for result in (*first, *second)
        if isinstance(result, Committed)
        for place in result.recorded
    ]
    assert places == [(1, "agt_1", 1), (2, "agt_2", 1), (3, "agt_1", 2), (4, "agt_1", 3)]
    assert journal_store.starts.last_seq() == 4


async def test_a_client_order_id_is_taken_once_per_agent(journal_store: Storage) -> None:
    """Within a batch as over batches; another agent may have the same one."""
    mine = bought(1, client_order_id="mine")
    again = bought(2, client_order_id="mine")
    theirs = placed(a_book(OTHER), buy(client_order_id="mine"), a_ticket(3), agent=OTHER)

    results = await journal_store.writes.commit([change(AGENT, mine), change(AGENT, again), change(OTHER, theirs)])
    later = await journal_store.writes.commit(
        [change(AGENT, again), change(AGENT, bought(4, client_order_id="another"))]
    )

    assert [type(result) for result in results] == [Committed, ClientOrderIdTaken, Committed]
    assert later[0] == ClientOrderIdTaken("trd_1")
    assert isinstance(later[1], Committed)


@pytest.mark.parametrize(
    "bad",
    [
        evolve(creation(OTHER), events=()),
        Commit("agt_2", NOW_US, creation(OTHER).principal, None, (), claim=CLAIM),
        evolve(creation(OTHER), deliveries=creation(OTHER).deliveries * (DELIVERIES_PER_COMMIT_MAX + 1)),
    ],
    ids=["deliveries without an event", "a claim without an event", "too many deliveries"],
)
async def test_what_cannot_be_stored_is_refused_alone(journal_store: Storage, bad: Commit) -> None:
    """The rest of the batch is committed as if it had not been there."""
    results = await journal_store.writes.commit([creation(AGENT), bad, change(AGENT, bought(1))])

    assert [type(result) for result in results] == [Committed, Unstorable, Committed]
    assert journal_store.starts.last_seq() == 3
    assert [agent for agent, _ in journal_store.starts.agents()] == [AGENT]


async def test_the_outbox_keeps_each_channels_order_until_delivered(journal_store: Storage) -> None:
    """Entries know the stream and the correlation id of their commit, and their ids grow."""
    await held(journal_store.writes)

    metering = await journal_store.writes.outbox(Channel.METERING, 0, 10)
    assert [type(entry.delivery) for entry in metering] == [QuotaDelivery, UsageDelivery]
    assert [entry.correlation_id for entry in metering] == ["cor_create", "cor_change"]
    (oversight,) = await journal_store.writes.outbox(Channel.OVERSIGHT, 0, 10)
    assert isinstance(oversight.delivery, ApprovalDelivery)
    assert oversight.stream == "agt_1"
    assert metering[0].entry_id < metering[1].entry_id < oversight.entry_id
    assert list(await journal_store.writes.outbox(Channel.METERING, metering[0].entry_id, 10)) == [metering[1]]
    assert list(await journal_store.writes.outbox(Channel.METERING, 0, 1)) == [metering[0]]

    await journal_store.writes.delivered([metering[0].entry_id, oversight.entry_id])
    assert list(await journal_store.writes.outbox(Channel.METERING, 0, 10)) == [metering[1]]
    assert list(await journal_store.writes.outbox(Channel.OVERSIGHT, 0, 10)) == []


async def test_peaks_are_kept_and_replaced(journal_store: Storage) -> None:
    """By agent, in the order of their ids."""
    first, second = Watermark("agt_2", 5), Watermark("agt_1", 7)
    await journal_store.writes.save_watermarks([first, second])
    await journal_store.writes.save_watermarks([evolve(first, peak_micros=9)])

    assert list(await journal_store.writes.watermarks()) == [second, evolve(first, peak_micros=9)]


async def test_purging_says_how_many_agents_went(journal_store: Storage) -> None:
    """90 days after their deletion, once, and not before."""
    await journal_store.writes.commit([creation(AGENT), creation(OTHER)])
    await journal_store.writes.commit([status_change(AGENT, AgentStatus.DELETED, NOW_US)])

    purged = [await journal_store.writes.purge(NOW_US + 90 * DAY_US + late_us) for late_us in (0, 1, 2)]

    assert purged == [0, 1, 0]
    assert [agent for agent, _ in journal_store.starts.agents()] == [OTHER]


async def test_storage_that_cannot_says_so_at_once(journal_store_away: Storage) -> None:
    """Whatever it is asked for."""
    store = journal_store_away.writes

    for call in (
        store.commit([creation(AGENT)]),
        store.outbox(Channel.METERING, 0, 10),
        store.save_prices({"AAPL": 1}, 0),
        store.save_bars([Bar("AAPL", NOW_US, 1, 1, 1, 1, 1)]),
        store.save_watermarks([Watermark("agt_1", 1)]),
        store.watermarks(),
        store.delivered([1]),
        store.purge(0),
    ):
        with pytest.raises(JournalUnavailable):
            await call
