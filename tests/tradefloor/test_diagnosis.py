"""The doctor's judgements, from plain facts: each problem comes with its mend."""

import errno
import socket
from pathlib import Path

import pytest

from tradefloor.diagnosis import (
    EARLIEST_US,
    Finding,
    Grade,
    clock_finding,
    database_finding,
    descriptors_finding,
    disk_finding,
    embedded_finding,
    exposure_finding,
    log_finding,
    mode_finding,
    port_finding,
    service_finding,
    sqlite_finding,
    words_of,
)

NOW_US = EARLIEST_US + 10**15
DATA = Path("data")
FLOOR = Path("data/floor.db")


@pytest.mark.parametrize(
    "finding",
    [
        sqlite_finding("3.51.3"),
        disk_finding(DATA, 10**11, "ext4", is_writable=True),
        mode_finding(FLOOR, 0o600, 0o600),
        mode_finding(FLOOR, 0o400, 0o600),
        descriptors_finding(20_000, 20_000),
        clock_finding(NOW_US, None, is_synchronised=None),
        clock_finding(NOW_US, NOW_US + 1_000_000, is_synchronised=True),
        port_finding("127.0.0.1", 3000, None, is_a_floor=False),
        port_finding("127.0.0.1", 3000, "Address already in use", is_a_floor=True),
        embedded_finding("metering", Path("metering.db"), None),
        service_finding("metering", "127.0.0.1:50051", is_serving=True, has_tls=False),
        service_finding("oversight", "far.example:50052", is_serving=True, has_tls=True),
        database_finding(FLOOR, "10 events", None, ()),
        database_finding(FLOOR, None, None, ()),
    ],
    ids=lambda finding: finding.text,
)
def test_all_is_well(finding: Finding) -> None:
    """There is nothing to mend."""
    assert (finding.grade, finding.mend) == (Grade.OK, None)


@pytest.mark.parametrize(
    ("finding", "grade", "mend"),
    [
        (sqlite_finding("3.40.1"), Grade.PROBLEM, "install pysqlite3"),
        (disk_finding(DATA, 10**11, "ext4", is_writable=False), Grade.PROBLEM, "chown"),
        (disk_finding(DATA, 10**11, "nfs4", is_writable=True), Grade.PROBLEM, "a local disk"),
        (disk_finding(DATA, 10**6, "ext4", is_writable=True), Grade.PROBLEM, "free some space"),
        (disk_finding(DATA, 10**9, "ext4", is_writable=True), Grade.WARNING, "free some space"),
        (mode_finding(FLOOR, 0o644, 0o600), Grade.WARNING, "chmod 600 data/floor.db"),
        (descriptors_finding(128, 1_024), Grade.PROBLEM, "ulimit -n 1024"),
        (descriptors_finding(1_024, 2**20), Grade.WARNING, "ulimit -n 65536"),
        (clock_finding(0, None, is_synchronised=None), Grade.PROBLEM, "timedatectl"),
        (clock_finding(NOW_US, NOW_US + 10**7, is_synchronised=True), Grade.PROBLEM, "timedatectl"),
        (clock_finding(NOW_US, None, is_synchronised=False), Grade.WARNING, "timedatectl"),
        (port_finding("::1", 80, "Permission denied", is_a_floor=False), Grade.PROBLEM, "set PORT or HOST"),
        (
            service_finding("oversight", "far.example:1", is_serving=False, has_tls=True),
            Grade.PROBLEM,
            "OVERSIGHT_GRPC_ADDRESS",
        ),
        (
            embedded_finding("metering", Path("data/metering.db"), "cannot read it"),
            Grade.PROBLEM,
            "cp FILE.metering data/metering.db",
        ),
        (service_finding("metering", "far.example:1", is_serving=True, has_tls=False), Grade.WARNING, "GRPC_TLS_CA"),
        (log_finding(FLOOR, 10**9), Grade.WARNING, "fuser -v data/floor.db"),
        (database_finding(FLOOR, None, "file is not a database", ()), Grade.PROBLEM, "tradefloor restore"),
        (database_finding(FLOOR, "10 events", None, ("m999_future",)), Grade.PROBLEM, "install that version"),
    ],
    ids=lambda value: value.text if isinstance(value, Finding) else "",
)
def test_what_is_not_well(finding: Finding, grade: Grade, mend: str) -> None:
    """It is graded, and the mend says what to do."""
    assert finding.grade is grade
    assert mend in str(finding.mend)


def test_the_demo_user_is_for_this_machine() -> None:
    """Its password is well known."""
    assert exposure_finding("127.0.0.1", is_development=True) is None
    assert log_finding(FLOOR, 64_000_000) is None
    assert exposure_finding("0.0.0.0", is_development=False) is None  # noqa: S104 -- nothing listens
    finding = exposure_finding("0.0.0.0", is_development=True)  # noqa: S104 -- as above
    assert finding is not None
    assert "TRADEFLOOR_ENV=production" in str(finding.mend)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            OSError(errno.EADDRINUSE, "Address in use (while attempting to bind on ('::1', 80))"),
            "Address already in use",
        ),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError("no route"), "no route"),
    ],
)
def test_an_error_is_said_in_the_words_of_the_system(error: OSError, words: str) -> None:
    """Not in those that Python adds for programmers."""
    assert words_of(error) == words
