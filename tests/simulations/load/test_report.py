"""What is said of a load."""

import io

import pytest
import trio
from rich.console import Console
from trio.testing import MockClock

from simulations.load.live import show
from simulations.load.plan import Call, Plan, Shot
from simulations.load.report import as_document, print_report
from simulations.load.run import LoadReport, Progress
from simulations.load.tally import Failure, Tally, record

PLAN = Plan(agents=2, rate=10.0, seconds=60.0, weights={Call.TRADES: 1, Call.READS: 1}, sockets=1)


def tally() -> Tally:
    """Return what was measured of two quick requests a second, one of which failed, and of a frame."""
    measured = Tally()
    for shot in PLAN.shots():
        measured.due(shot)
        measured.started(0.0005)
        measured.answered(shot, 0.004, None if shot.number else Failure("429 Rate limited", "at most 5"))
    record(measured.frames, 0.003)
    measured.frames_heard = 7
    return measured


def report(own_share: float = 0.3) -> LoadReport:
    """Return the report of that load."""
    return LoadReport(
        url="http://127.0.0.1:3000",
        plan=PLAN,
        tally=tally(),
        asked_s=60.0,
        ended_early=False,
        accounts=1,
        own_processor_share=own_share,
        floor_processor_share=0.5,
        left_behind=None,
    )


def printed(shown: LoadReport) -> str:
    """Return the report as people read it, on a wide page."""
    console = Console(file=io.StringIO(), width=160)
    print_report(shown, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_document_has_every_figure() -> None:
    """Calls, seconds, causes, frames, and how the generator itself did."""
    document = as_document(report())
    assert (document["due"], document["answered"], document["errors"]) == (600, 599, 1)
    assert document["answeredPerSecond"] == 10.0
    assert document["calls"]["trades"]["failed"] == 1
    assert document["calls"]["reads"]["p99"] == pytest.approx(4, rel=1e-3)
    assert len(document["seconds"]) == 60
    assert document["seconds"][0]["trades"]["count"] == 4
    assert document["causes"] == [{"cause": "429 Rate limited", "count": 1, "example": "at most 5"}]
    assert document["frames"]["heard"] == 7
    assert not document["generator"]["wasShortOfTime"]


def test_people_read_tables_and_advice() -> None:
    """Seconds are put together into at most twenty rows, and an error says what to do about it."""
    text = printed(report())
    assert "600 requests were due in 60.0 s; 599 were answered well, 10.0 a second." in text
    assert "57 - 59" in text
    assert "start the floor with a higher --rate-limit-user-max" in text
    assert "The generator used 30% of a processor, the floor 50%" in text
    assert "Lower --rate." not in text


def test_a_floor_that_went_away_is_said_so() -> None:
    """Whatever the library calls it, somebody looks after the floor."""
    gone = report()
    gone.tally.went_wrong(Failure("connection: ConnectError", "refused"))

    assert "see that the floor still runs, and its log" in " ".join(printed(gone).split())


def test_a_generator_that_was_the_limit_says_so() -> None:
    """Nobody takes its figures for the server's alone."""
    assert "The generator itself was the limit" in printed(report(own_share=0.95))
    assert as_document(report(own_share=0.95))["generator"]["wasShortOfTime"]
    late = report()
    for _ in range(100):
        record(late.tally.late_starts, 0.2)
    assert "Requests went out late" in printed(late)


def test_an_empty_load_has_a_report() -> None:
    """Ctrl-C before the first second is over leaves tables without rows."""
    empty = report()
    empty.tally.calls.clear()
    empty.tally.seconds.clear()
    assert as_document(empty)["due"] == 0
    assert "0 requests were due" in printed(empty)


async def test_a_load_is_shown_while_it_runs(autojump_clock: MockClock) -> None:
    """First its phase, then how far it is and how the last seconds were."""
    console = Console(file=io.StringIO(), width=120, force_terminal=True)
    progress = Progress()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(show, progress, PLAN, console)
        await trio.sleep(0.75)
        progress.phase, progress.began, progress.tally = "asking", trio.current_time() - 5, tally()
        progress.tally.due(Shot(600, 4.5, Call.READS, 0))
        await trio.sleep(0.75)
        nursery.cancel_scope.cancel()
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "signing in ..." in shown
    assert "5 of 60 s   601 due, 599 answered, 0 waiting" in shown
    assert "trades (HTTP)" in shown
