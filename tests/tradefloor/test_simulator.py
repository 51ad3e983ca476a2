"""Simulations in processes of their own, run for real, and what is refused before that."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from actors.ports.simulations import Mistake, ScenarioRefused
from actors.simulating.comparison import METRICS
from actors.simulating.model import Ending, Plan, Progress, Wanted
from simulations.scenario import builtin_names
from tradefloor import simulator as module
from tradefloor.simulator import AGENTS_MAX, CUT_SHORT, NICENESS, ProcessSimulator

pytestmark = pytest.mark.usefixtures("processes_unmeasured")

SHORT = Wanted("quickstart", agents=6, days=0.1, seed=3, settings=("oversight.approvers=1",))
LONG = Wanted("quickstart", agents=20, days=3_000)


def simulator(tmp_path: Path) -> ProcessSimulator:
    """Return one that leaves results in folders below this one."""
    return ProcessSimulator(lambda job_id: tmp_path / job_id)


async def ran(
    tmp_path: Path, wanted: Wanted, on_progress: Callable[[Progress], None] = lambda _progress: None
) -> Ending:
    """Run a job to its end."""
    with trio.fail_after(120):
        return await simulator(tmp_path).run("sim_1", wanted, trio.Event(), on_progress)


def refused(tmp_path: Path, wanted: Wanted) -> tuple[Mistake, ...]:
    """Return the mistakes of a job."""
    with pytest.raises(ScenarioRefused) as caught:
        simulator(tmp_path).plan(wanted)
    return caught.value.mistakes


def test_what_can_be_started_comes_along(tmp_path: Path) -> None:
    """Each scenario with what it comes to."""
    offered = simulator(tmp_path).scenarios()
    assert tuple(scenario.name for scenario in offered) == builtin_names()
    assert all(scenario.summary and scenario.plan.ticks > 1 for scenario in offered)


def test_a_plan_is_what_a_job_comes_to(tmp_path: Path) -> None:
    """With all that is asked for."""
    assert simulator(tmp_path).plan(SHORT) == Plan(agents=6, ticks=29, virtual_s=8_700.0, seed=3)


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        (Wanted("nowhere"), ["scenario"]),
        # A file of the server is nobody's business, whether it is named as a scenario or as prices.
        (Wanted("pyproject.toml"), ["scenario"]),
        (
            Wanted("quickstart", settings=("market.model=replay", "market.replay={file='/etc/passwd'}")),
            ["market.replay.file"],
        ),
        (
            Wanted("quickstart", settings=("population[1].risk=12", "oversight.approvers=x")),
            ["population[1].risk", "oversight.approvers"],
        ),
        (Wanted("quickstart", settings=("nonsense",)), ["settings"]),
        (Wanted("quickstart", settings=("market.parameters.speed=3",)), ["market.parameters.speed"]),
        (Wanted("quickstart", settings=("population[0].symbols=['ACME']",)), ["population[0].symbols"]),
        (Wanted("quickstart", agents=1), ["population"]),
        (Wanted("quickstart", settings=(f"population[0].count={AGENTS_MAX}",)), ["population"]),
    ],
)
def test_mistakes_are_named_by_their_keys(wanted: Wanted, keys: list[str], tmp_path: Path) -> None:
    """Before anything is run."""
    assert [mistake.key for mistake in refused(tmp_path, wanted)] == keys


async def test_a_run_tells_its_progress_and_leaves_a_report(tmp_path: Path) -> None:
    """It is the run that the command line would have made."""
    told: list[Progress] = []
    ending = await ran(tmp_path, SHORT, told.append)
    assert ending.failure is None
    assert ending.result is not None
    assert not ending.result.ended_early
    assert set(ending.result.figures) == {metric.name for metric in METRICS}
    assert (told[-1].ticks, told[-1].ticks_total) == (29, 29)
    kept = json.loads(await trio.Path(tmp_path / "sim_1" / "run.json").read_text("utf-8"))
    assert (kept["digest"], kept["seed"], kept["agents"]) == (ending.result.digest, 3, 6)
    assert await trio.Path(tmp_path / "sim_1" / "report.html").exists()


async def test_a_run_that_is_cancelled_before_it_began_has_nothing_to_report(tmp_path: Path) -> None:
    """That is said."""
    wants_end = trio.Event()
    wants_end.set()
    with trio.fail_after(120):
        assert await simulator(tmp_path).run("sim_1", LONG, wants_end, lambda _progress: None) == Ending(
            failure=CUT_SHORT
        )


async def test_a_cancellation_reaches_a_run_of_a_floor_in_the_background(tmp_path: Path) -> None:
    """A shell lets what it starts in the background ignore Ctrl-C, and what that starts begins so, too."""
    wants_end = trio.Event()
    wants_end.set()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with trio.fail_after(module.CANCEL_S_MAX / 2):
            ending = await simulator(tmp_path).run("sim_1", LONG, wants_end, lambda _progress: None)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ending == Ending(failure=CUT_SHORT)


async def test_a_stopped_run_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its priority was below the floor's, and memory would have been taken from it first."""
    pids: list[int] = []
    began = trio.Event()
    yielding = module._yield_to_the_floor

    def note(pid: int) -> None:
        yielding(pid)
        pids.append(pid)

    monkeypatch.setattr(module, "_yield_to_the_floor", note)
    with trio.fail_after(120):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(simulator(tmp_path).run, "sim_1", LONG, trio.Event(), lambda _progress: began.set())
            await began.wait()
            (pid,) = pids
            assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
            assert await trio.Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"
            nursery.cancel_scope.cancel()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_what_a_failed_run_said_is_its_failure(tmp_path: Path) -> None:
    """With what cannot be done, as a person would read it on the terminal."""
    await trio.Path(tmp_path / "in the way").touch()
    with trio.fail_after(120):
        ending = await simulator(tmp_path / "in the way").run("sim_1", SHORT, trio.Event(), lambda _progress: None)
    assert ending.result is None
    assert str(ending.failure).startswith("The run cannot be written: ")


async def test_a_run_that_was_killed_says_by_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel does when memory has run out."""
    monkeypatch.setattr(module, "_yield_to_the_floor", lambda pid: os.kill(pid, 9))
    ending = await ran(tmp_path, SHORT)
    assert str(ending.failure).startswith("Its process was ended by SIGKILL; when memory has run out, ask for fewer")


async def test_a_program_that_cannot_be_started_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason of the system."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    ending = await ran(tmp_path, SHORT)
    assert str(ending.failure).startswith("Its process could not be started: ")
