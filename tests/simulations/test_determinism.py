"""One scenario, one seed, one digest: in this process, in fresh ones, and on every Python that is here."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.simulations import golden
from tests.simulations.runs import short_run

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = """
import logging
from tests.simulations import golden
logging.getLogger().addHandler(logging.NullHandler())
print(golden.run_short("grpc-outage").digest)
"""
HASH_SEEDS: Final = ("0", "1", "2", "3", "42", "1000", "65535", "1000000", "4294967295", "random")
OWN: Final = "{}.{}".format(*sys.version_info)
OTHERS: Final = tuple(version for version in ("3.11", "3.12", "3.13", "3.14") if version != OWN)


@pytest.mark.parametrize("name", golden.SHORT_FORMS)
def test_golden_digest(name: str) -> None:
    """The short form of each scenario gives what it gave when the digests were renewed last.

    Where a change was meant, `python -m tests.simulations.golden` renews them and says what changed.
    """
    assert golden.figures(golden.run_short(name)) == golden.kept()[name]


def test_a_run_leaves_the_next_one_alone() -> None:
    """Runs of one process, whatever ran between them, are the same."""
    first = golden.run_short("quickstart").digest

    golden.run_short("real-prices")

    assert golden.run_short("quickstart").digest == first


def test_another_seed_is_another_run() -> None:
    """The digest does depend on the seed."""
    agents, ticks, settings = golden.SHORT_FORMS["quickstart"]

    other = short_run("quickstart", agents, ticks, *settings, "seed=8")

    assert other.digest != golden.kept()["quickstart"]["digest"]


@pytest.mark.e2e
@pytest.mark.no_cover
def test_ten_fresh_processes_give_one_digest() -> None:
    """Whatever the hash seed, by which sets and dictionaries would order texts."""
    digests = {_digest_of(sys.executable, seed) for seed in HASH_SEEDS}

    assert digests == {_golden_digest()}


@pytest.mark.e2e
@pytest.mark.no_cover
@pytest.mark.parametrize("version", OTHERS)
def test_every_other_python_gives_the_digest(version: str) -> None:
    """A Python that is not here, or lacks the packages, is not asked; TRADEFLOOR_PYTHONS names more interpreters."""
    python = _python(version)
    if python is None:
        pytest.skip(f"no Python {version} with the packages is here")

    assert _digest_of(python, "7") == _golden_digest()


def _golden_digest() -> str:
    digest: str = golden.kept()["grpc-outage"]["digest"]
    return digest


def _digest_of(python: str, hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    ran = subprocess.run([python, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@cache
def _python(version: str) -> str | None:
    """Return the interpreter of a version that has what the simulator imports, None where there is none."""
    candidates = [f"python{version}", *os.environ.get("TRADEFLOOR_PYTHONS", "").split(os.pathsep)]
    probe = f"import sys; assert '%d.%d' % sys.version_info[:2] == '{version}'; import simulations.runner"
    return next((candidate for candidate in candidates if shutil.which(candidate) and _runs(candidate, probe)), None)


def _runs(python: str, program: str) -> bool:
    return subprocess.run([python, "-c", program], cwd=ROOT, capture_output=True, check=False).returncode == 0
