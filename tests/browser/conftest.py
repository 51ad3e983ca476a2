"""One browser and one floor for all tests in Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import chromium
from tests.e2e.program import Program, running

PATIENCE_MS: Final = 20_000
"""How long a page may take to show what is expected: a guard against hanging, on a machine that does much else."""

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Run a floor without demo agents, so that nothing happens by itself but prices."""
    folder: Path = tmp_path_factory.mktemp("floor")
    with running(folder, "--no-demo") as program:
        yield program
