"""Starts and ends the processes of the floors of a divided run.

They are fresh ones: one that is forked from a program with threads may find a lock that nobody will ever release. And
they are none of multiprocessing's, which would load in them what the program that started them has as main module.
Nothing is written to their input: its end tells them that this process has ended, by whatever way.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from simulations.outside import FloorTask


@contextmanager
def floor_processes(tasks: Sequence[FloorTask]) -> Iterator[list[Connection]]:
    """Start a process for each task and give the ends of their lines; whatever happens, none is left."""
    processes: list[subprocess.Popen[bytes]] = []
    lines: list[Connection] = []
    try:
        with _interrupts_held():
            for task in tasks:
                line, its_line = Pipe()
                lines.append(line)
                with its_line:  # It is closed here, or the end of that process would not be the end of the line.
                    processes.append(_start(its_line))
                with suppress(ConnectionError):  # Whoever reads from the line is told so, too.
                    line.send(task)
        yield lines
    finally:
        for line in lines:
            line.close()
        for process in processes:
            with process:  # Its input is closed, and it is waited for.
                process.terminate()


def _start(line: Connection) -> "subprocess.Popen[bytes]":
    descriptor = line.fileno()
    command = [sys.executable, "-P", "-m", "simulations.floor_process", str(descriptor)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[descriptor])  # noqa: S603 - this Python and a module of ours, no input of a user


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let a Ctrl-C wait until the end, and have the processes that are started meanwhile never hear of one.

    A terminal sends it to all of them, and it is the first process that says what comes of it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
