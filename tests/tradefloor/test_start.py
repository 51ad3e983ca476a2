"""What a process loads before it does anything: what it needs, and none of the libraries that take long."""

import os
import subprocess
import sys
from collections.abc import Collection
from typing import Final

import pytest

OF_TESTS: Final = {"pandas", "pytest", "_pytest", "trio.testing", "hypothesis"}
"""What libraries load where tests are run, and a runtime install lacks."""

DATABASE: Final = {"sqlite3", "pysqlite3", "sqlite_utils"}
REPORTS: Final = {"plotly", "pyarrow"}
SERVERS: Final = {"quart", "hypercorn", "grpc", "google.protobuf", "httpx", "trio_websocket"}
TERMINAL: Final = {"click", "rich", "textual"}

BEYOND_A_FLOOR: Final = OF_TESTS | DATABASE | REPORTS | SERVERS | TERMINAL | {"importlib.metadata"}

LOOK: Final = "import sys; print(*sys.modules, sep='\\n')"


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("simulations.floor_serving", BEYOND_A_FLOOR),
        ("simulations.floors", BEYOND_A_FLOOR | {"actors.tree"}),
    ],
)
def test_a_fresh_process_loads_no_more_than_it_needs(module: str, unwanted: Collection[str]) -> None:
    """Everything may be installed here, as it is for developers."""
    program = [sys.executable, "-c", f"import {module}; {LOOK}"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    loaded = subprocess.run(program, capture_output=True, text=True, check=True, env=environment).stdout.split()

    assert module in loaded
    assert {name for name in loaded if name in unwanted} == set()
