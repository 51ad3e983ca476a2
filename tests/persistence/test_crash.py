"""A program that is killed while it commits loses nothing that it answered."""

import subprocess
import sys
from pathlib import Path

import pytest

from persistence.sqlite import connect_reader
from persistence.verify import verify

ROOT = Path(__file__).parents[2]
ANSWERS_BEFORE_KILL = (1, 8, 150, 400)


@pytest.mark.no_cover
def test_what_was_answered_is_there_once_after_every_kill(tmp_path: Path) -> None:
    """Killed at several moments in a row on one file, each start going on from the one before."""
    path = tmp_path / "floor.db"
    answered: list[str] = []
    for count in ANSWERS_BEFORE_KILL:
        with subprocess.Popen(
            [sys.executable, "-m", "tests.persistence.crash_writer", str(path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as program:
            assert program.stdout is not None
            answered += [program.stdout.readline().strip() for _ in range(count)]
            program.kill()
            answered += [line.strip() for line in program.stdout if line.endswith("\n")]

    report = verify(path)
    connection = connect_reader(path)
    kept = [trade_id for (trade_id,) in connection.execute("SELECT trade_id FROM trades ORDER BY created_seq")]
    connection.close()
    assert [str(finding) for finding in report.findings] == []
    assert "" not in answered
    assert len(answered) == len(set(answered))
    assert set(answered) <= set(kept)
    assert len(kept) == len(set(kept)) == report.counts.trades
