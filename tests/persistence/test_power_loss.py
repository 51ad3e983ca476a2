"""Power losses on the real writer: no acknowledged trade lost, none doubled, and the log verifies.

Forty run with every `make test`; `make powerloss` runs two thousand. A failure names the seed that repeats it.
"""

import os
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.persistence.power_loss import Left, faults, first_files, live, recovered

LIVES: Final = 5
"""How often in a row the power goes on one database, each life going on from what the one before left."""

SEEDS: Final = int(os.environ.get("POWER_LOSSES", "40")) // LIVES
CHUNKS: Final = 4


def lose_power(seed: int, folder: Path, *pragmas: str) -> tuple[list[str], list[Left]]:
    """Let the power go a few times in a row; return the first faults, and what was left each time."""
    rng = Random(seed)  # noqa: S311 -- a seed has to repeat itself
    files, clients = first_files(folder)
    lives: list[Left] = []
    for life in range(LIVES):
        files = live(files, folder / "disk", rng, clients, *pragmas)
        lives.append(recovered(files, folder / "check"))
        found = faults(lives[-1], clients)
        if found:
            return [f"seed {seed}, life {life}: {fault}" for fault in found], lives
    assert clients.acknowledged
    return [], lives


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_power_losses(chunk: int, tmp_path: Path) -> None:
    """Whatever the disk keeps, loses and tears of what was not synced."""
    for seed in range(chunk, SEEDS, CHUNKS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        found, _ = lose_power(seed, folder)
        assert found == []


def test_a_writer_that_does_not_sync_is_caught(tmp_path: Path) -> None:
    """The disk has teeth: without the sync of each commit, acknowledged trades are lost."""
    found: list[str] = []
    for seed in range(10):
        folder = tmp_path / str(seed)
        folder.mkdir()
        found += lose_power(seed, folder, "synchronous=OFF")[0]
    assert any("acknowledged trades are lost" in fault for fault in found)


def test_a_seed_repeats_itself(tmp_path: Path) -> None:
    """The same seed loses the power at the same moments, and leaves the same."""
    histories = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        histories.append(lose_power(7, folder))
    assert histories[0] == histories[1]
