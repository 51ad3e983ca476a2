"""`tradefloor simulate`, `replay` and `diff-runs` as their users run them."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors.simulating.comparison import METRICS
from simulations.outside import Progress
from tradefloor.__main__ import main
from tradefloor.commands.simulate import progress_text, span_text

SHORT = ("quickstart", "--agents", "6", "--days", "0.1", "--no-report")


def _tradefloor(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the quickstart in a short form."""
    folder = tmp_path_factory.mktemp("run")
    assert _tradefloor("simulate", *SHORT, "--out", str(folder)).exit_code == 0
    return folder


def test_a_run_says_what_came_of_it(run: Path, tmp_path: Path) -> None:
    """The summary is printed, the digest with it, and a second run has the same."""
    said = _tradefloor("simulate", *SHORT, "--out", str(tmp_path))
    as_json = json.loads(_tradefloor("simulate", *SHORT, "--out", str(tmp_path), "--json").stdout)

    kept = json.loads((run / "run.json").read_text("utf-8"))
    assert f"Digest {kept['digest']}" in said.stdout
    assert "6 agents for 2:20:00 of virtual time" in said.stdout or "6 agents for 2:25:00" in said.stdout
    assert as_json["digest"] == kept["digest"]
    assert as_json["trades"] == kept["trades"] > 0


def test_progress_for_programs_is_lines_of_json(tmp_path: Path) -> None:
    """The last of them is the end of the run; the figures on stdout stay apart."""
    said = _tradefloor("simulate", *SHORT, "--out", str(tmp_path), "--json", "--progress", "json")
    lines = [json.loads(line) for line in said.stderr.splitlines()]

    assert lines[-1]["ticks"] == lines[-1]["ticksTotal"]
    assert set(lines[0]) == {"ticks", "ticksTotal", "virtualSeconds", "realSeconds", "trades"}
    assert set(json.loads(said.stdout)["figures"]) == {metric.name for metric in METRICS}


def test_a_run_that_nobody_listens_to_ends_early(tmp_path: Path) -> None:
    """With its results: the program that started it may be gone, and somebody may still want them."""
    command = ["simulate", "quickstart", "--agents", "6", "--days", "3000", "--no-report", "--progress", "json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tradefloor", *command, "--out", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    process.stderr.readline()
    process.stderr.close()
    process.wait(timeout=60)

    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["endedEarly"]


@pytest.mark.no_cover
def test_an_interrupt_of_the_terminal_ends_a_divided_run_early(tmp_path: Path) -> None:
    """It reaches the processes of all floors, and each of them ends in order."""
    settings = ["--agents", "6", "--days", "300", "--set", "floors=2", "--no-report", "--progress", "json"]
    command = [sys.executable, "-m", "tradefloor", "simulate", "quickstart", *settings, "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stderr.readline()
        os.killpg(ran.pid, signal.SIGINT)
        said, told = ran.stdout.read().decode(), ran.stderr.read().decode()

    assert "It was ended early." in said
    assert "Traceback" not in told
    assert ran.returncode == 0


def test_mistakes_end_it_with_their_keys(tmp_path: Path) -> None:
    """Nothing is run, and the key at fault is said."""
    wrong = _tradefloor("simulate", "quickstart", "--set", "population[1].risk=12", "--out", str(tmp_path))
    missing = _tradefloor("simulate", "nowhere.toml", "--out", str(tmp_path))

    assert (wrong.exit_code, missing.exit_code) == (2, 2)
    assert wrong.stderr == "quickstart: population[1].risk: must be 1 to 10, not 12\n"
    assert "nor one of" in missing.stderr


def test_a_database_is_never_written_over(tmp_path: Path) -> None:
    """One that exists is refused; a new one passes `tradefloor verify`."""
    database = str(tmp_path / "run.db")

    first = _tradefloor("simulate", *SHORT, "--out", str(tmp_path), "--db", database)
    second = _tradefloor("simulate", *SHORT, "--out", str(tmp_path), "--db", database)

    assert (first.exit_code, second.exit_code) == (0, 2)
    assert f"A run begins with an empty database: '{database}'. Choose another file with --db." in second.stderr
    assert _tradefloor("verify", database).exit_code == 0


def test_a_replay_stops_at_a_moment_and_shows_an_actor(run: Path) -> None:
    """The portfolio as it was then; the end has the digest of the run."""
    then = _tradefloor("replay", str(run), "--until", "30m", "--inspect", "/agents/agt_1/portfolio")
    later = json.loads(_tradefloor("replay", str(run), "--until", "2026-01-05T10:00", "--json").stdout)
    whole = json.loads(_tradefloor("replay", str(run), "--inspect", "/agents/*/agent", "--json").stdout)

    assert then.exit_code == 0
    assert then.stdout.startswith("quickstart at 30:00: ")
    assert "  cash_micros: " in then.stdout
    assert later["virtualSeconds"] == 3_600
    assert whole["same"]
    assert len(whole["actors"]) == 6


@pytest.mark.usefixtures("processes_unmeasured")
def test_a_divided_run_is_looked_at_by_its_floors(tmp_path: Path) -> None:
    """A replay looks at one floor, and two runs part in the log of one."""
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder, seed in zip(folders, ("7", "8"), strict=True):
        divided = ["simulate", *SHORT, "--set", "floors=2", "--seed", seed, "--out", str(folder)]
        assert _tradefloor(*divided).exit_code == 0

    there = _tradefloor("replay", str(folders[0]), "--floor", "2", "--inspect", "/agents/agt_2/portfolio")
    elsewhere = _tradefloor("replay", str(folders[0]), "--floor", "1", "--inspect", "/agents/agt_2/portfolio")
    nowhere = _tradefloor("replay", str(folders[0]), "--floor", "3", "--inspect", "/market")
    parted = _tradefloor("diff-runs", *map(str, folders))

    assert there.exit_code == 0
    assert "  cash_micros: " in there.stdout
    assert elsewhere.exit_code == 2
    assert "; floor 1 of 2 was looked at, --floor names another" in elsewhere.stderr
    assert "--floor must be 1 to 2, not 3" in nowhere.stderr
    assert "The runs part at event 1 of events-1.jsonl." in parted.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--until", "tomorrow"), "--until must be a time such as 2026-01-05T09:00 or a span such as 1d 3h"),
        (("--until", "2020-01-01"), "--until must not be before the start"),
        (("--inspect", "/nowhere"), "/market, /journal and, below /agents/ID, agent and portfolio"),
        (("--inspect", "/no/*"), "no actor is at /no/*"),
    ],
)
def test_a_replay_says_what_it_cannot_show(run: Path, arguments: tuple[str, ...], problem: str) -> None:
    """With what there would be."""
    said = _tradefloor("replay", str(run), *arguments)

    assert said.exit_code == 2
    assert problem in said.stderr


def test_runs_that_part_are_told_apart(run: Path, tmp_path: Path) -> None:
    """The first event that differs is shown with its fields, and in what the scenarios differ."""
    other = ["simulate", *SHORT, "--seed", "8", "--out", str(tmp_path)]
    assert _tradefloor(*other).exit_code == 0

    same = _tradefloor("diff-runs", str(run), str(run))
    parted = _tradefloor("diff-runs", str(run), str(tmp_path))
    as_json = json.loads(_tradefloor("diff-runs", str(run), str(tmp_path), "--json").stdout)

    assert (same.exit_code, parted.exit_code) == (0, 1)
    assert same.stdout.startswith("The runs are the same: ")
    assert "seed: 7 and 8" in parted.stdout
    assert "The runs part at event 1." in parted.stdout
    assert "agent.created of agt_1, by Simulation, 0:00 after the start" in parted.stdout
    assert as_json["event"] == 1
    assert json.loads(_tradefloor("diff-runs", str(run), str(run), "--json").stdout) == {"same": True}


def test_a_folder_without_a_run_is_said(run: Path, tmp_path: Path) -> None:
    """By replay and by diff-runs."""
    assert _tradefloor("replay", str(tmp_path)).exit_code == 2
    said = _tradefloor("diff-runs", str(run), str(tmp_path))

    assert said.exit_code == 2
    assert "holds no run that can be read" in said.stderr


def test_what_will_not_happen_is_noted(tmp_path: Path) -> None:
    """For a person; the lines for a program are those of the progress alone."""
    late = [*SHORT, "--out", str(tmp_path), "--set", "market.shocks=[{at='9d', move=-0.1}]"]

    noted = _tradefloor("simulate", *late)
    for_programs = _tradefloor("simulate", *late, "--progress", "json")

    assert noted.stderr == "Note: market.shocks[0].at: is after the end of the run, so it does not happen.\n"
    assert all(map(json.loads, for_programs.stderr.splitlines()))


def test_a_log_that_was_cut_short_is_said(run: Path, tmp_path: Path) -> None:
    """As one of an outage, which is no event that differs."""
    folder = shutil.copytree(run, tmp_path / "cut")
    log = (folder / "events.jsonl").read_bytes()
    (folder / "events.jsonl").write_bytes(log[: len(log) // 2])

    said = _tradefloor("diff-runs", str(run), str(folder))

    assert said.exit_code == 2
    assert "where they part, one of them is damaged or cut short; run its scenario again" in said.stderr


def test_progress_says_how_far_how_fast_and_how_long() -> None:
    """One line of text."""
    progress = Progress(ticks=50, ticks_total=200, virtual_s=90_060.0, trades=1_234, agents=10)

    assert progress_text(progress, 2.0) == " 25%  1d 01:01 of virtual time, 1,234 trades, 250 agent-ticks/s, 0:06 left"
    assert span_text(3_725.0) == "1:02:05"
