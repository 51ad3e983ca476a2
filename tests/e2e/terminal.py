"""The program in a terminal of its own, as somebody sits before it."""

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

CHUNK_BYTES = 65_536


@frozen
class Terminal:
    """A command in a terminal: what it draws, and keys for it."""

    fd: int
    process: "subprocess.Popen[bytes]"

    def until(self, text: str) -> str:
        """Wait until a text is drawn, and return all that was drawn since the last look."""
        drawn = b""
        while text.encode() not in drawn:
            drawn += os.read(self.fd, CHUNK_BYTES)
        return drawn.decode("utf-8", "replace")

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self.fd, keys.encode())

    def rest(self) -> str:
        """Return all that is drawn until the command ends."""
        drawn = b""
        try:
            while chunk := os.read(self.fd, CHUNK_BYTES):
                drawn += chunk
        except OSError:  # So Linux says that nobody is at the other end any more.
            pass
        return drawn.decode("utf-8", "replace")

    def status(self) -> int:
        """Wait for the end of the command, and return its exit status."""
        return self.process.wait(timeout=60)


@contextmanager
def terminal(*arguments: str, columns: int = 80, lines: int = 24) -> Iterator[Terminal]:
    """Run `tradefloor ARGUMENTS` in a terminal; whatever is left of it is killed at the end."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (lines, columns))
    env = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "tradefloor", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(ours)
