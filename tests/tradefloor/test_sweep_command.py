"""`tradefloor sweep`: runs in processes, going on after an interruption, and its report."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulations.sweep.outcome import FILE_NAME
from tradefloor.commands.sweep import sweep

SMALL = ("quickstart", "--agents", "4", "--days", "0.02", "--set", "oversight.threshold=3000", "--jobs", "1")


def run(folder: Path, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(sweep, [*SMALL, "--out", str(folder), *arguments])


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
    ],
)
def test_mistakes_are_told_before_anything_runs(tmp_path: Path, varied: str, said: str) -> None:
    """In the words of scenarios, with the exit status of these."""
    result = run(tmp_path, "--vary", varied)
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / FILE_NAME).exists()
