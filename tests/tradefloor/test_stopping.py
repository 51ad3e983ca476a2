"""A program whose loop one task keeps busy can be stopped all the same."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

BUSY = """
import sys, trio
from tradefloor.stopping import say, stop_signals

async def main():
    with stop_signals(float(sys.argv[1])) as requested:
        say("busy")
        while sys.argv[2] == "for ever":
            pass
        await requested.wait()
        say("stopping")

trio.run(main)
"""


@contextmanager
def busy(limit_s: float, how_long: str = "for ever") -> Iterator["subprocess.Popen[str]"]:
    """Run a program that is busy, and wait until it is."""
    command = [sys.executable, "-c", BUSY, str(limit_s), how_long]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "busy\n"
        yield program
        program.kill()


def test_a_first_signal_asks() -> None:
    """The program ends as it likes; nothing of the limit is left behind."""
    with busy(3_600, "until asked") as program:
        program.send_signal(signal.SIGTERM)
        printed, _ = program.communicate()
    assert (printed, program.returncode) == ("stopping\n", 0)


def test_a_busy_loop_ends_at_the_limit() -> None:
    """And the place where it was busy is shown."""
    with busy(0.2) as program:
        program.send_signal(signal.SIGINT)
        printed, errors = program.communicate()
    assert program.returncode == 1
    assert printed.startswith("Stopped at the limit of 0.2 s")
    assert "in main" in errors


def test_a_busy_loop_ends_at_the_second_signal() -> None:
    """Of either kind, with the status that shells expect."""
    with busy(3_600) as program:
        program.send_signal(signal.SIGTERM)
        program.send_signal(signal.SIGINT)
        printed, _ = program.communicate()
    assert program.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM}
    assert printed.startswith("Stopped at once.")
