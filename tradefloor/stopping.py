"""How the program is told to stop: once in good order and within a limit, twice at once.

The handlers work beside the loop: a floor whose loop is kept busy by one actor can be stopped, too. Ending at once is
safe at any moment, as a power cut is: what was answered is in the database.
"""

import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import trio

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
EXIT_BY_SIGNAL: Final = 128
"""By custom a program that a signal ended has this plus the signal's number as its status."""

EXIT_TOO_SLOW: Final = 1

FLOOR_AT_ONCE: Final = (
    "Stopped at once. What was answered is kept; idempotency keys find out about the rest after the next start."
)


def say(line: str) -> None:
    """Print a line at once. Whoever started the floor may no longer read it; that is no reason to stop less orderly."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), f"{line}\n".encode())


@contextmanager
def stop_signals(limit_s: float | None, at_once: str = FLOOR_AT_ONCE) -> Iterator[trio.Event]:
    """Yield an event that the first SIGINT or SIGTERM sets; to be used within trio.

    From then on a second one says `at_once` and ends the program, and so does the limit where there is one, which also
    prints where each thread is.
    """
    token = trio.lowlevel.current_trio_token()
    requested = trio.Event()
    watchdog = threading.Timer(limit_s or 0, _too_slow, [limit_s])
    watchdog.daemon = True

    def second(number: int, _frame: FrameType | None) -> None:
        say(at_once)
        os._exit(EXIT_BY_SIGNAL + number)

    def first(_number: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, second)
        if limit_s is not None:
            watchdog.start()
        token.run_sync_soon(requested.set)

    before = {each: signal.signal(each, first) for each in SIGNALS}
    try:
        yield requested
    finally:
        watchdog.cancel()
        for each, handler in before.items():
            signal.signal(each, handler)


def _too_slow(limit_s: float) -> None:
    say(
        f"Stopped at the limit of {limit_s:g} s, with work unfinished; standard error shows where. "
        "What was answered is kept. STOP_TIMEOUT sets the limit."
    )
    with contextlib.suppress(OSError):
        faulthandler.dump_traceback()
    os._exit(EXIT_TOO_SLOW)
