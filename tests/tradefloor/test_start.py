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
SERVERS: Final = {"quart", "hypercorn", "grpc", "google.protobuf", "trio_websocket"}
TERMINAL: Final = {"click", "rich", "textual"}
BEYOND_A_FLOOR: Final = OF_TESTS | DATABASE | REPORTS | SERVERS | TERMINAL | {"importlib.metadata", "httpx"}
BEYOND_A_COMMAND: Final = OF_TESTS | DATABASE | REPORTS | SERVERS
OF_OPERATORS: Final = (
    "summary tree ps top inspect pause resume stop restart trace waits dead-letters threads stacks events diff "
    "approvals agents"
)
BESIDE_A_FLOOR: Final = "services user verify audit backup restore export config doctor"

LOOK: Final = "; import sys; print(*sys.modules, sep='\\n', file=sys.stderr)"


def of_commands(names: str) -> str:
    """Return a program that loads commands, as the command line does."""
    return f"from tradefloor.commands import load; list(map(load, {names!r}.split()))"


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("program", "unwanted"),
    [
        ("import simulations.floor_serving", BEYOND_A_FLOOR),
        ("import simulations.floors", BEYOND_A_FLOOR | {"trio", "cattrs.preconf.orjson"}),
        (
            "from tradefloor.__main__ import main; main(['--help'], standalone_mode=False)",
            BEYOND_A_FLOOR - {"click"} | {"numpy", "trio", "attr", "tradefloor.commands.simulate"},
        ),
        (of_commands("simulate"), BEYOND_A_COMMAND | {"httpx", "rich", "textual"}),
        (of_commands(BESIDE_A_FLOOR), {"tradefloor.floor", "plotly", "quart", "hypercorn", "trio.testing"}),
        (of_commands(OF_OPERATORS), BEYOND_A_COMMAND | {"textual", "numpy", "actors.tree"}),
    ],
)
def test_a_fresh_process_loads_no_more_than_it_needs(program: str, unwanted: Collection[str]) -> None:
    """Everything may be installed here, as it is for developers."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    ran = subprocess.run(
        [sys.executable, "-c", program + LOOK], capture_output=True, text=True, check=True, env=environment
    )

    loaded = ran.stderr.split()
    assert "sys" in loaded
    assert {name for name in loaded if name in unwanted} == set()
