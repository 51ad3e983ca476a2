"""What the tests of this folder share: Node, with the client that browsers use."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def node() -> str:
    """Return the path of Node, with the client installed as its lock file says.

    The processes that share a test run come here one after the other: two installations into one folder destroy each
    other. npm writes its own lock file into the folder last, so a folder with that is whole.
    """
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("Node is not installed")
    with (HERE / "package.json").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (HERE / "node_modules" / ".package-lock.json").exists():
            command = [npm, "ci", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=20000"]
            installed = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False, timeout=120)
            if installed.returncode:
                pytest.skip(f"npm could not install socket.io-client: {installed.stderr[-300:]}")
    return program
