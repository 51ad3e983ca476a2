"""`tradefloor sweep`: runs in processes, going on after an interruption, and its report."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulations.floors import FloorLost
from simulations.sweep.outcome import FILE_NAME
from tradefloor.commands.sweep import sweep

SMALL = ("quickstart", "--agents", "4", "--days", "0.02", "--set", "oversight.threshold=3000", "--jobs", "1")
LONG = (*("-m", "tradefloor", "sweep"), *SMALL, *("--vary", "oversight.approvers=1..2", "--days", "30"))


def run(folder: Path, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(sweep, [*SMALL, "--out", str(folder), *arguments])


@pytest.mark.usefixtures("processes_unmeasured")
def test_a_sweep_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """All runs give a report; of what is known already nothing is run again, and seeds may be added."""
    first = run(tmp_path, "--vary", "oversight.approvers=0..1", "--seeds", "1")
    assert first.exit_code == 0, first.output
    assert "2 runs of 2 settings are in" in first.output
    lines = (tmp_path / FILE_NAME).read_text("utf-8").splitlines()
    assert len(lines) == 2
    (tmp_path / FILE_NAME).write_text(lines[0] + "\n" + lines[1][:50], "utf-8")
    again = run(tmp_path, "--vary", "oversight.approvers=0..1", "--seeds", "1")
    assert "1 of 2 runs are known from before." in again.output
    assert set((tmp_path / FILE_NAME).read_text("utf-8").splitlines()) >= set(lines)
    assert "approvers 1" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("varied", "said"),
    [
        ("oversight.approvers=-1", "oversight.approvers: must be 0 to 10,000, not -1"),
        ("oversight.nothing=1,2", "oversight.nothing: is not known here"),
        ("oversight.approvers", "must be KEY=VALUE,VALUE"),
        ("seed=1,2", "--vary: seed: every setting runs with the same seeds; --seeds says how many"),
        ("time.days=1,2", "--vary: time.days=1 and time.days=2 come to the same scenario; another flag may set that"),
    ],
)
def test_mistakes_are_told_before_anything_runs(tmp_path: Path, varied: str, said: str) -> None:
    """In the words of scenarios, with the exit status of these."""
    result = run(tmp_path, "--vary", varied)
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize("lost", [BrokenProcessPool(), FloorLost()])
def test_a_process_that_dies_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: Exception) -> None:
    """Of a run, or of one of its floors: with what to do about it, and the exit status of runs that are missing."""

    def dies(*_arguments: object) -> Iterator[object]:
        raise lost

    monkeypatch.setattr("tradefloor.commands.sweep.run_cases", dies)
    result = run(tmp_path, "--vary", "oversight.approvers=1", "--seeds", "1")
    assert result.exit_code == 1
    assert "A process of the sweep died, perhaps for want of memory; lower --jobs or --agents." in result.output


@pytest.mark.no_cover
@pytest.mark.e2e
def test_ctrl_c_reports_what_there_is_and_a_kill_leaves_nobody(tmp_path: Path) -> None:
    """An interrupted sweep says how to go on; the processes of a killed one end with it."""
    for number, how in enumerate((signal.SIGINT, signal.SIGKILL)):
        folder = tmp_path / str(number)
        with subprocess.Popen(
            [sys.executable, *LONG, "--out", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            workers = children_of(process)
            process.send_signal(how)
            # What they print to is closed by the last of them, so this hangs while one is left.
            printed, _ = process.communicate(timeout=60)
        assert workers
        if how is signal.SIGINT:
            assert process.returncode == 1
            assert "40 of 40 runs are missing; the same command goes on with them." in printed
            assert "No run has ended yet." in (folder / "report.html").read_text("utf-8")


def children_of(process: "subprocess.Popen[str]") -> list[str]:
    """Wait until a process has the workers of a sweep, and return their ids."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        found = [child for child in children.read_text().split() if "spawn_main" in command_line(child)]
        if found:
            return found
    raise AssertionError("the sweep ended by itself")


def command_line(process_id: str) -> str:
    """Return how a process was started, nothing when it is gone."""
    try:
        return Path(f"/proc/{process_id}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
