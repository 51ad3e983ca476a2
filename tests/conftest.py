"""What holds for the whole suite: Hypothesis profiles, the order of the files, and what processes of tests find.

`dev` looks for new counterexamples on every run. `ci`, chosen where the variable CI is set, draws the same examples
every time, so that a red build is the fault of its commit. Neither has a deadline: the machine's load is not a defect.
pytest itself turns the fault handler on, and dumps every stack at a hang.
"""

import gc
import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

AS_INSTALLED: Final = Path(__file__).parent / "as_installed"
MEASURING: Final = "COVERAGE_PROCESS_CONFIG"
"""By this variable coverage measures the processes that tests start, which takes them a third more work."""

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the collector of garbage what stays for all tests: to look through it was a fourteenth of their work."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let the processes that a test starts find what a runtime install has, and measure those that add to coverage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(AS_INSTALLED), prepend=os.pathsep)
        if item.get_closest_marker("no_cover"):
            patch.delenv(MEASURING, raising=False)
        return (yield)


@pytest.fixture
def processes_unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure this process alone, where those that it starts do nothing that others do not."""
    monkeypatch.delenv(MEASURING, raising=False)
