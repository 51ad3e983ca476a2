"""A run: what it records adds up, it ends when it should, and it is the same again."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from actors.errors import JournalUnavailable
from actors.model import ApprovalStatus, TradeStatus
from actors.ports.journal import Commit, CommitResult
from persistence.in_loop import InLoopSqliteStore
from persistence.verify import verify
from simulations import run_folder
from simulations.event_log import FIRST_LINE
from simulations.floors import simulate
from simulations.log_files import FILE_NAME
from simulations.outside import Progress
from simulations.result import APPROVAL_STATUSES, NONE, TRADE_STATUSES, RunResult
from simulations.scenario import load, parse, with_agents
from tests.simulations.runs import OUTSIDE, short_form, short_run, side_by_side

HELD = ("oversight.threshold=4000", "population[2].threshold=2000", "oversight.ttl='30m'")
"""Settings under which even few agents need people."""


def _assert_adds_up(result: RunResult) -> None:
    """Assert that what an agent is worth in the end is what its recorded trades made of its budget."""
    trades, filled = result.trades, result.trades.price_micros > 0
    signs = np.where(trades.buys == 1, 1, -1)
    cash, agents = result.budget_micros.copy(), len(result.agent_ids)
    np.subtract.at(
        cash, trades.agent[filled], (signs * trades.quantity * trades.price_micros + trades.fee_micros)[filled]
    )
    held = np.zeros((agents, len(result.symbols)), dtype=np.int64)
    np.add.at(held, (trades.agent[filled], trades.symbol[filled]), (signs * trades.quantity)[filled])
    assert np.array_equal(cash + held @ result.prices_micros[-1], result.equity_micros[-1])
    assert np.array_equal(result.equity_micros[0], result.budget_micros)
    assert result.fills == np.count_nonzero(filled) > 20


@pytest.mark.parametrize("floors", [1, 2])
def test_the_record_adds_up(floors: int) -> None:
    """The trades account for what everybody is worth, also where floors are put together."""
    _assert_adds_up(side_by_side(short_form("quickstart", 10, 60, *HELD, f"floors={floors}")))


def test_samples_reach_from_the_opening_to_the_end() -> None:
    """There is a sample at the opening, after each so many ticks, and at the last one."""
    result = short_run("quickstart", 3, 7, "time.sample_ticks=3")

    assert ((result.sampled_at_us - result.sampled_at_us[0]) // 300_000_000).tolist() == [0, 3, 6, 7]


@pytest.mark.parametrize("floors", [1, 2])
def test_approvals_are_recorded_from_the_request_to_the_end(floors: int) -> None:
    """Every request has its times in order, its approver, and the trade that came of it."""
    approvals = (result := side_by_side(short_form("quickstart", 10, 60, *HELD, f"floors={floors}"))).approvals

    decided = approvals.approver != NONE
    assert decided.any()
    assert (approvals.taken_at_us[decided] >= approvals.requested_at_us[decided]).all()
    assert (approvals.resolved_at_us[decided] >= approvals.taken_at_us[decided]).all()
    assert (approvals.resolved_at_us[decided] < approvals.expires_at_us[decided]).all()
    approved = approvals.status == APPROVAL_STATUSES.index(ApprovalStatus.APPROVED)
    assert approvals.executed.sum() <= approved.sum()
    waited = result.trades.approval != NONE
    rows = result.trades.approval[waited]
    assert (result.trades.agent[waited] == approvals.agent[rows]).all()
    assert (result.trades.symbol[waited] == approvals.symbol[rows]).all()
    done = result.trades.status[waited] == TRADE_STATUSES.index(TradeStatus.COMPLETED)
    assert (approvals.executed[rows] == done).all()


def test_nobody_on_shift_lets_requests_expire() -> None:
    """Without approvers every request runs out of time, and is recorded as such."""
    approvals = short_run("quickstart", 10, 30, *HELD, "oversight.approvers=0").approvals

    expired = approvals.status == APPROVAL_STATUSES.index(ApprovalStatus.EXPIRED)
    pending = approvals.status == APPROVAL_STATUSES.index(ApprovalStatus.PENDING)
    assert expired.any()
    assert (expired | pending).all()
    assert (approvals.resolved_at_us[expired] == approvals.expires_at_us[expired]).all()


def test_a_run_can_be_ended_early() -> None:
    """Whoever wants it to end gets what there is until then."""
    seen: list[Progress] = []
    scenario = with_agents(parse(load("quickstart")), 5)

    result = simulate(scenario, evolve(OUTSIDE, on_progress=seen.append, wants_end=lambda: len(seen) == 10))

    assert result.ended_early
    assert result.pace.ticks == 9
    assert seen[-1].ticks == 9
    assert seen[-1].ticks_total == scenario.time.ticks_total
    assert seen[-1].trades == result.fills > 0


def test_the_digest_is_that_of_the_text(tmp_path: Path) -> None:
    """The folder holds the events as text, one a line, and the digest is their hash."""
    result = short_run("quickstart", 5, 10, folder=tmp_path)
    run_folder.save(result, tmp_path, None)

    text = (tmp_path / FILE_NAME).read_bytes()
    assert sha256(text).hexdigest() == result.digest
    assert text.splitlines(keepends=True)[0] == FIRST_LINE
    assert len(text.splitlines()) == 1 + result.events
    saved = run_folder.load(tmp_path)
    assert saved.summary["digest"] == result.digest
    assert saved.scenario == result.scenario


def test_a_database_passes_verification(tmp_path: Path) -> None:
    """A run into a floor's own database is one that `tradefloor verify` finds sound, and is the same run."""
    scenario = with_agents(parse(load("quickstart")), 5)
    scenario = evolve(scenario, time=evolve(scenario.time, days=None, ticks=20))

    in_memory = simulate(scenario, OUTSIDE)
    stored = simulate(scenario, evolve(OUTSIDE, database=tmp_path / "run.db"))

    assert stored.digest == in_memory.digest
    report = verify(tmp_path / "run.db")
    assert report.findings == ()
    assert report.events == stored.events


def test_a_database_changes_nothing(tmp_path: Path) -> None:
    """A run is the same one where it also writes a database, also after a day, when that is tidied up."""
    scenario = short_form("quickstart", 40, 60, "time.tick='30m'")

    with_one = simulate(scenario, evolve(OUTSIDE, database=tmp_path / "run.db"))

    assert with_one.digest == simulate(scenario, OUTSIDE).digest


def test_a_database_that_fails_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it lacks nobody could verify; the run ends on the next tick, and says why."""
    commit, seen = InLoopSqliteStore.commit, list[Progress]()

    async def fill_up(store: InLoopSqliteStore, batch: Sequence[Commit]) -> Sequence[CommitResult]:
        if len(seen) > 3:
            raise JournalUnavailable("cannot commit: database or disk is full")
        return await commit(store, batch)

    monkeypatch.setattr(InLoopSqliteStore, "commit", fill_up)

    with pytest.raises(JournalUnavailable, match="disk is full"):
        simulate(
            short_form("quickstart", 6, 200), evolve(OUTSIDE, database=tmp_path / "run.db", on_progress=seen.append)
        )

    assert 3 < len(seen) < 200


def test_a_run_takes_away_what_an_earlier_one_said_of_itself(tmp_path: Path) -> None:
    """Or the log of a run that is cut short would stand beside the summary of another one."""
    run_folder.save(short_run("quickstart", 3, 7, folder=tmp_path), tmp_path, None)

    short_run("quickstart", 4, 7, folder=tmp_path)

    with pytest.raises(run_folder.NoRunError):
        run_folder.load(tmp_path)
