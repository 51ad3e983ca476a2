"""Keys as they are pressed, for a command that goes on in a terminal."""

import os
import sys
import termios
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

import trio

KEYS_AT_ONCE_MAX: Final = 64


@contextmanager
def unbuffered() -> Iterator[int]:
    """Have the terminal hand over each key at once, unseen, while the block runs, and yield its file descriptor.

    Ctrl-C interrupts as ever.
    """
    terminal = sys.stdin.fileno()
    kept = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield terminal
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, kept)


async def pressed(terminal: int) -> AsyncIterator[str]:
    """Yield the keys that are pressed, until the terminal goes."""
    while True:
        await trio.lowlevel.wait_readable(terminal)
        keys = os.read(terminal, KEYS_AT_ONCE_MAX)
        if not keys:
            return
        for key in keys.decode(errors="replace"):
            yield key
