"""A fleet on several floors, each a process: in step with each other, and none left behind."""

import os
import pickle
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from attrs import evolve

from simulations.division import ONLY
from simulations.floor_serving import serve
from simulations.floors import FloorLost, simulate
from simulations.log_files import FILE_NAME
from simulations.outside import FloorTask, Progress
from simulations.scenario import ScenarioError, load, parse, with_agents, with_settings
from tests.simulations.runs import OUTSIDE, short_form, short_run, side_by_side

pytestmark = pytest.mark.usefixtures("processes_unmeasured")

AGENTS, TICKS = 13, 40


def floor_processes() -> list[int]:
    """Return the processes of floors that this one has, by their ids."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
    return [int(child) for child in children if "floor_process" in Path(f"/proc/{child}/cmdline").read_text("utf-8")]


def test_the_log_of_a_run_lists_those_of_its_floors(tmp_path: Path) -> None:
    """It names the floors' logs with their digests, and its own digest is that of the run."""
    result = short_run("quickstart", AGENTS, TICKS, "floors=2", folder=tmp_path)

    text = (tmp_path / FILE_NAME).read_bytes()
    assert sha256(text).hexdigest() == result.digest
    for line in map(orjson.loads, text.splitlines()):
        log = (tmp_path / line["file"]).read_bytes()
        assert sha256(log).hexdigest() == line["sha256"]
        assert len(log.splitlines()) == 1 + line["events"]
    here = side_by_side(result.scenario)
    assert np.array_equal(result.equity_micros, here.equity_micros)
    assert result.events == here.events


def test_an_early_end_is_on_the_same_tick_everywhere() -> None:
    """Whoever wants it to end gets a whole result of the ticks until then, and was told of each step."""
    seen: list[Progress] = []

    result = simulate(
        short_form("quickstart", AGENTS, 400, "floors=2"),
        evolve(OUTSIDE, on_progress=seen.append, wants_end=lambda: len(seen) == 10),
    )

    assert result.ended_early
    assert 0 < result.pace.ticks < 400
    assert result.equity_micros.shape == (len(result.sampled_at_us), AGENTS)
    assert [progress.ticks for progress in seen] == list(range(0, 4 * len(seen), 4))
    assert all(progress.agents == AGENTS for progress in seen)
    assert 0 < seen[-1].trades <= result.fills


def test_an_interrupt_counts_that_comes_while_processes_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its handler hears of it once they are there; they themselves never do."""
    received: list[int] = []

    class Interrupted(subprocess.Popen[bytes]):
        """A process that is interrupted together with its parent as soon as it is there, as on a terminal."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            for process_id in (self.pid, os.getpid()):
                os.kill(process_id, signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    before = signal.signal(signal.SIGINT, lambda number, _frame: received.append(number))
    try:
        outside = evolve(OUTSIDE, wants_end=lambda: bool(received))
        result = simulate(short_form("quickstart", AGENTS, 400, "floors=2"), outside)
    finally:
        signal.signal(signal.SIGINT, before)

    assert set(received) == {signal.SIGINT}
    assert result.ended_early


def test_a_floor_that_is_lost_ends_the_run() -> None:
    """The process of a floor that dies is told of, and none is left behind."""

    def kill(_progress: Progress) -> None:
        os.kill(floor_processes()[0], signal.SIGKILL)

    with pytest.raises(FloorLost, match="ended before its run did; when memory has run out, ask for fewer agents"):
        simulate(short_form("quickstart", AGENTS, TICKS, "floors=2"), evolve(OUTSIDE, on_progress=kill))

    assert floor_processes() == []


@pytest.mark.parametrize(("tick_of_the_end", "ticks"), [(None, TICKS), (10, 11)])
def test_a_floor_goes_on_as_long_as_it_is_told_to(tick_of_the_end: int | None, ticks: int) -> None:
    """It reports each tick, waits after each but the first for what all others say, and sends what it leaves behind."""
    scenario = short_form("quickstart", AGENTS, TICKS)
    line, its_line = Pipe()
    line.send(FloorTask(scenario, ONLY, OUTSIDE.provenance, None, None, None))
    for tick in range(TICKS):
        line.send(tick == tick_of_the_end)

    with ThreadPoolExecutor() as readers, its_line:
        read = readers.submit(lambda: [line.recv() for _ in range(ticks + 2)])  # Or the line may be full.
        serve(its_line)
        *reports, result = read.result(timeout=30)

    assert [report.ticks for report in reports] == list(range(ticks + 1))
    assert result.pace.ticks == ticks
    if tick_of_the_end is None:
        assert result.digest == simulate(scenario, OUTSIDE).digest


def test_a_mistake_that_a_floor_finds_is_raised(tmp_path: Path) -> None:
    """What a floor cannot be made of is said as on one floor."""
    settings = ("market={model='replay', replay={file='none.csv'}}", "floors=2")

    with pytest.raises(ScenarioError, match=r"quickstart: market\.replay: .*none\.csv"):
        simulate(short_form("quickstart", AGENTS, TICKS, *settings), evolve(OUTSIDE, files=tmp_path))


def test_mistakes_survive_the_way_between_processes() -> None:
    """With each of their lines."""
    error = ScenarioError("mine.toml", ["time: must be given", "seed: must be a whole number"])

    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - what this test wrote itself

    assert str(arrived) == str(error)
    assert arrived.problems == error.problems


def test_a_database_holds_one_floor(tmp_path: Path) -> None:
    """A floor's database is refused for several of them, with what to do."""
    with pytest.raises(ScenarioError, match="floors: a database holds one floor, and this scenario has 2; set floors"):
        simulate(short_form("quickstart", AGENTS, TICKS, "floors=2"), evolve(OUTSIDE, database=tmp_path / "run.db"))


@pytest.mark.parametrize("settings", [("floors=65",), ("floors=2", "population=[{count=1}]")])
def test_too_many_floors_are_refused(settings: tuple[str, ...]) -> None:
    """There are so many floors at most, and never more than agents."""
    with pytest.raises(ScenarioError, match="floors: must be"):
        parse(with_settings(load("quickstart"), settings))


def test_fewer_agents_than_floors_are_refused() -> None:
    """Agents that are left out by the command line leave none without a floor."""
    scenario = parse(with_settings(load("quickstart"), ("floors=20",)))

    with pytest.raises(ScenarioError, match="floors: must be at most as many as agents, 10"):
        with_agents(scenario, 10)
