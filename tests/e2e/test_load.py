"""`tradefloor load` against the real program."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.e2e.program import Api, Program, eventually, running, signed_in

pytestmark = pytest.mark.e2e

PASSWORD = "correct horse battery"
SMALL = ("--agents", "12", "--sockets", "2")


def load(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end."""
    command = [sys.executable, "-m", "tradefloor", "load", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@contextmanager
def loading(*arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Start the command; whatever is left of it is killed at the end."""
    command = [sys.executable, "-m", "tradefloor", "load", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


async def has_events(api: Api, count: int) -> bool:
    """Tell whether the floor's log is that long."""
    metrics = (await api.client.get("/metrics")).text
    return float(metrics.partition("\ntradefloor_events_total ")[2].partition("\n")[0]) >= count


def loaded(program: Program, *arguments: str) -> Any:
    """Run a load that must succeed, and return its report."""
    result = load(program.url, *SMALL, "--json", *arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


async def test_a_load_asks_all_and_leaves_nothing(tmp_path: Path) -> None:
    """All kinds of requests are answered, every trade is heard on a socket, and the agents are gone afterwards."""
    with running(tmp_path, "--no-demo") as program:
        report = loaded(program, "--rate", "40", "--duration", "1.5")
        assert (report["due"], report["answered"], report["errors"]) == (60, 60, 0)
        assert {name: call["count"] for name, call in report["calls"].items()} == {
            "trades": 36,
            "reads": 18,
            "sockets": 6,
        }
        assert sum(second["trades"]["count"] for second in report["seconds"]) == 36
        assert 0 < report["frames"]["tradeToFrame"]["p50"] <= report["frames"]["tradeToFrame"]["max"]
        assert report["plan"]["accounts"] == 1
        assert report["floor"]["processorShare"] > 0
        async with signed_in(program.url) as api:
            assert (await api.get("/agents"))["items"] == []


@pytest.mark.no_cover
async def test_a_load_beyond_one_users_limit_is_spread_over_accounts(tmp_path: Path) -> None:
    """An admin's load takes further accounts, old ones where there are any, and shuts them out at the end."""
    with running(tmp_path, "--no-demo", "--rate-limit-user-max", "80") as program:
        async with signed_in(program.url) as api:
            for email in ("load-1@tradefloor.test", "trader@example.com"):
                await api.made("/users", {"email": email, "role": "trader", "password": PASSWORD}, 201)
            report = loaded(program, "--agents", "6", "--rate", "40", "--duration", "1.5", "--mix", "trades=1,reads=1")
            assert (report["answered"], report["errors"], report["plan"]["accounts"]) == (60, 0, 2)
            people = {person["email"]: person["disabled"] for person in (await api.get("/users"))["items"]}
        assert people == {
            "demo@example.com": False,
            "load-1@tradefloor.test": True,
            "load-2@tradefloor.test": True,
            "trader@example.com": False,
        }
        refused = load(program.url, *SMALL, "--rate", "40", "--email", "trader@example.com", "--password", PASSWORD)
        assert refused.returncode == 1
        assert "this load asks more often: start it with --rate-limit-user-max" in refused.stderr


@pytest.mark.no_cover
async def test_ctrl_c_ends_with_a_report(tmp_path: Path) -> None:
    """What was asked until then is reported, and the report says that it ended early."""
    with running(tmp_path, "--no-demo") as program:
        with loading(program.url, *SMALL, "--rate", "40", "--json") as process:
            async with signed_in(program.url) as api:
                # Twelve agents with their first shares are 36 events; more are the load's own trades.
                await eventually(lambda: has_events(api, 60))
            process.send_signal(signal.SIGINT)
            printed, _ = await trio.to_thread.run_sync(process.communicate)
        report = json.loads(printed)
        assert process.returncode == 0
        assert report["endedEarly"]
        assert report["due"] == report["answered"] < 40 * 60
        assert report["leftBehind"] is None


@pytest.mark.no_cover
def test_bad_targets_are_refused() -> None:
    """Another machine, nobody at home, and no URL: each in one line that says what to do."""
    for url, said in (
        ("http://192.0.2.1:3000", "--i-own-this-host"),
        ("http://127.0.0.1:9", "is the floor up there?"),
        ("ftp://127.0.0.1", "is no URL of a floor"),
    ):
        result = load(url, *SMALL)
        assert result.returncode == 1
        assert result.stderr.startswith("Error: ")
        assert said in result.stderr
        assert result.stderr.count("\n") == 1
