"""Runs in processes of their own, divided over floors or beside one, when the process that started them is killed."""

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from simulations.division import ONLY, floors
from simulations.log_files import file_name

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]

AGENTS: Final = 2_000
"""So many that telling of them all does not fit into a pipe: a floor whose log nobody reads stands still in it."""

WAIT_MS_MAX: Final = 30_000

SIMULATING: Final = """
import sys, trio
from pathlib import Path
from actors.simulating.model import Wanted
from tradefloor.simulator import ProcessSimulator
simulator = ProcessSimulator(lambda job_id: Path(sys.argv[1]) / job_id)
trio.run(simulator.run, "sim_1", Wanted("quickstart", agents=int(sys.argv[2])), trio.Event(), print)
"""
"""What a floor does to simulate."""


def seen(reader: int, events: int) -> int:
    """Wait for what comes about at the end of a pipe, and return it; 0 when nothing did."""
    poll = select.poll()
    poll.register(reader, events)
    return sum(event for _, event in poll.poll(WAIT_MS_MAX))


def test_no_floor_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    """Floors end with it at once, also while they open, long before they have something to report to it."""
    logs = [tmp_path / file_name(floor) for floor in floors(2)]
    for log in logs:
        os.mkfifo(log)
    readers = [os.open(log, os.O_RDONLY | os.O_NONBLOCK) for log in logs]
    settings = ["--agents", str(AGENTS), "--set", "floors=2", "--no-report", "--out", str(tmp_path)]
    run = subprocess.Popen([sys.executable, "-m", "tradefloor", "simulate", "quickstart", *settings])
    try:
        assert [seen(reader, select.POLLIN) for reader in readers] == [select.POLLIN, select.POLLIN]
        run.kill()

        assert [seen(reader, 0) for reader in readers] == [select.POLLHUP, select.POLLHUP]
    finally:
        run.kill()
        run.wait()
        for reader in readers:
            os.close(reader)


def test_no_simulation_outlives_the_floor_that_started_it(tmp_path: Path) -> None:
    """It ends at once, too, long before it has progress to tell."""
    folder = tmp_path / "sim_1"
    folder.mkdir()
    log = folder / file_name(ONLY)
    os.mkfifo(log)
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    floor = subprocess.Popen([sys.executable, "-c", SIMULATING, str(tmp_path), str(AGENTS)])
    try:
        assert seen(reader, select.POLLIN) == select.POLLIN
        floor.kill()

        assert seen(reader, 0) == select.POLLHUP
    finally:
        floor.kill()
        floor.wait()
        os.close(reader)
