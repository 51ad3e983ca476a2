"""Chaos finds what it is for: runs are the same each time, the product holds, and planted defects are found."""

import logging
from collections.abc import Iterator, Sequence

import pytest
from attrs import evolve

from actors import book as books
from actors.book import Book
from actors.events import ApprovalExpired, Recorded
from actors.journal import JournalActor, _Queued
from actors.ports.journal import Commit, CommitResult
from simulations.chaos.plan import Crash, Outage, Part, Plan, Step, make_plan
from simulations.chaos.run import Verdict, run
from simulations.chaos.storage import Disk
from tradefloor.chaos_sockets import open_sockets

SEEDS_MAX = 200


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep out of the output what the floor says of faults that are meant."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def first_violation() -> Verdict:
    """Return the first run that goes wrong."""
    for seed in range(SEEDS_MAX):
        verdict = run(make_plan(seed), open_sockets)
        if verdict.violation is not None:
            return verdict
    raise AssertionError(f"{SEEDS_MAX} seeds have found nothing")


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_violated(seed: int) -> None:
    """Whatever happens to it, the floor keeps its promises; and the same seed is the same run."""
    first, again = run(make_plan(seed), open_sockets), run(make_plan(seed), open_sockets)

    assert first.violation is None
    assert first == again
    assert first.executed > 0


def test_a_crash_starts_another_life() -> None:
    """The power is cut where the plan says so, and what was there before is there afterwards."""
    steps = (Step(1.0, Outage(Part.METERING, 5.0)), Step(10.0, Crash(3, 1.0)), Step(40.0, Crash(0, 1.0)))

    verdict = run(Plan(1, steps), open_sockets)

    assert verdict.violation is None
    assert verdict.lives == 3


def test_an_event_published_before_its_commit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets must not hear of what may still be lost."""
    commit_batch = JournalActor._commit_batch

    async def hasty(self: JournalActor, batch: Sequence[_Queued]) -> None:
        seq = self._views.last_seq
        for queued in batch:
            commit = queued.append.commit
            record = Recorded(seq + 1, commit.stream, 1, commit.at_us, None, commit.principal, commit.events[0])
            self._publisher.publish((record,), commit.agent, commit.book)
        await commit_batch(self, batch)

    monkeypatch.setattr(JournalActor, "_commit_batch", hasty)

    assert first_violation().invariant == "published only what is durable"


def test_a_reservation_that_outlives_its_approval_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an expired approval held must be free again."""

    def forgetful(book: Book, event: ApprovalExpired) -> Book:
        open_trades = {key: trade for key, trade in book.open_trades.items() if key != event.trade.trade_id}
        approvals = {key: held for key, held in book.approvals.items() if key != event.approval.request_id}
        return evolve(book, open_trades=open_trades, approvals=approvals)

    monkeypatch.setitem(books._FOLDS, ApprovalExpired, forgetful)

    assert first_violation().invariant == "ledger identities"


def test_a_dedupe_that_was_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks again under the same key must not trade again."""
    commit_all = Disk.commit

    async def credulous(self: Disk, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        self._claims.clear()
        return await commit_all(self, batch)

    monkeypatch.setattr(Disk, "commit", credulous)

    assert first_violation().invariant == "no trade twice under one key"
