"""Starting and stopping the real program: what stands in the way is said in one line."""

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.program import DEMO, running

pytestmark = [pytest.mark.e2e, pytest.mark.no_cover]


def refused(*flags: str) -> str:
    """Start the program, which must refuse, and return the line it ends with."""
    command = [sys.executable, "-m", "tradefloor", "serve", "--no-demo", *flags]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stderr
    return result.stderr.strip().splitlines()[-1]


def test_a_taken_port(tmp_path: Path) -> None:
    """The message names the address and the settings."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused("--port", str(port), "--database-path", str(tmp_path / "floor.db"))
    assert line == (
        f"Error: cannot listen on 127.0.0.1:{port} (Address already in use); set PORT or HOST, or stop the other"
    )


def test_a_floor_in_use_and_a_stop(tmp_path: Path) -> None:
    """A second program on one database, or in one folder, is refused; the first one goes on, and stops in order."""
    with running(tmp_path) as program:
        line = refused("--port", "0", "--database-path", str(tmp_path / "floor.db"))
        assert "in use by another tradefloor" in line
        line = refused("--port", "0", "--database-path", str(tmp_path / "another.db"))
        assert f"{tmp_path} is in use by another tradefloor; stop that one, or set DATABASE_PATH to a file in" in line
        assert httpx.get(f"{program.url}/health/live").status_code == 200
        assert httpx.post(f"{program.url}/api/v1/auth/login", json=DEMO).status_code == 200
        assert program.stop() == 0


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """The message names the folder."""
    (tmp_path / "file").write_text("in the way")
    line = refused("--port", "0", "--database-path", str(tmp_path / "file" / "floor.db"))
    assert str(tmp_path / "file") in line


def test_a_damaged_file_of_an_embedded_service(tmp_path: Path) -> None:
    """The message names the file, and the doctor knows what to do about it."""
    metering = tmp_path / "metering.db"
    metering.write_bytes(b"This is no database. " * 200)
    flags = ("--port", "0", "--database-path", str(tmp_path / "floor.db"))
    line = refused(*flags)
    assert f"cannot open {metering}: file is not a database; tradefloor doctor says more" in line
