"""The real clock, identities and secrets: the only module that reads the wall clock or the system's randomness."""

import gc
import os
import platform
import secrets
import subprocess
import time
from pathlib import Path
from typing import Final

from simulations.result import Provenance
from tradefloor import version

SECRET_FILE: Final = "jwt-secret"  # noqa: S105 -- the name of the file, not what is in it
SECRET_BYTES: Final = 48
ID_TIME_DIGITS: Final = 11
"""Hexadecimal digits of milliseconds since the Unix epoch: enough until the year 2527."""

ID_RANDOM_DIGITS: Final = 13
IDS_AT_ONCE: Final = 256


class SystemClock:
    """The host's wall clock."""

    def now_us(self) -> int:
        """Return microseconds since the Unix epoch."""
        return time.time_ns() // 1_000


class SystemIds:
    """Identifiers of 96 bits: the time, and then the system's randomness, which is asked for many of them at a time.

    What was made at the same time stands together in the indexes: with ids in any order each trade wrote another page
    of each index that it is in. A system call for each id would cost a trade as much as its ledger does.
    """

    def __init__(self) -> None:
        self._pool = ""
        self._used = 0

    def new(self, prefix: str) -> str:
        """Return the prefix, `_`, and 24 hexadecimal digits."""
        begin = self._used
        if begin == len(self._pool):
            self._pool = secrets.token_hex(ID_RANDOM_DIGITS * IDS_AT_ONCE // 2)
            begin = 0
        self._used = begin + ID_RANDOM_DIGITS
        return f"{prefix}_{time.time_ns() // 1_000_000:0{ID_TIME_DIGITS}x}{self._pool[begin : self._used]}"


def settle_memory() -> None:
    """Set what lives now aside, and collect less often: a floor makes few cycles and keeps many objects.

    With the default thresholds the collector takes a fifth of a busy journal's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def provenance() -> Provenance:
    """Return what program this is; the commit is empty where the sources are no checkout of git, `+` marks changes."""
    folder = Path(__file__).parent
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = "+" if commit and _git(folder, "status", "--porcelain", "--untracked-files=no") else ""
    except OSError:
        commit = changed = ""
    return Provenance(version(), commit + changed, platform.python_version())


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no input of a user
    return answer.stdout.strip() if answer.returncode == 0 else ""


def entropy(count: int) -> bytes:
    """Return so many unguessable bytes."""
    return secrets.token_bytes(count)


def development_secret(folder: Path) -> bytes:
    """Return the secret that signs tokens in development: made once, kept in the data folder, readable by its owner."""
    path = folder / SECRET_FILE
    try:
        return path.read_bytes()
    except FileNotFoundError:
        secret = secrets.token_hex(SECRET_BYTES).encode()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
        return secret
