"""What the doctor finds: each finding judged from plain facts, with the way to mend it."""

import errno
import os
from enum import StrEnum
from pathlib import Path
from typing import Final

from attrs import frozen

from net.wire.scalars import format_timestamp
from persistence.sqlite import FIXED_VERSION, has_wal_reset_bug

FREE_BYTES_LOW: Final = 2_000_000_000
FREE_BYTES_MIN: Final = 200_000_000
"""The log alone may take 64 MB before it is cut back."""

LOG_BYTES_LONG: Final = 256_000_000
"""Four times what is left of it after a checkpoint."""

DESCRIPTORS_LOW: Final = 4_096
"""Each socket of a client takes one; the usual limit of 1,024 is used up by a few hundred browsers."""

DESCRIPTORS_MIN: Final = 256
EARLIEST_US: Final = 1_767_225_600_000_000
"""The year 2026: a clock before it was never set."""

CLOCK_TOLERANCE_US: Final = 2_000_000
NETWORK_FILE_SYSTEMS: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs"})
_DAMAGED: Final = "where disk and modes are well, it is damaged:"
LOOPBACK: Final = ("127.", "localhost", "[::1]", "::1")


class Grade(StrEnum):
    """How grave a finding is: all is well, it may become a problem, or the floor cannot work like this."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@frozen
class Finding:
    """What was looked at, how it is, and what to do about it where something is not well."""

    subject: str
    grade: Grade
    text: str
    mend: str | None = None


def sqlite_finding(version: str) -> Finding:
    """Judge the build of SQLite."""
    if has_wal_reset_bug(tuple(int(part) for part in version.split("."))):
        fixed = ".".join(map(str, FIXED_VERSION))
        return Finding(
            "sqlite",
            Grade.PROBLEM,
            f"SQLite {version} can corrupt its log when two programs write or checkpoint (the WAL-reset bug)",
            f"install pysqlite3 0.6 or newer, or another build of SQLite {fixed} or newer",
        )
    return Finding("sqlite", Grade.OK, f"SQLite {version}")


def disk_finding(folder: Path, free_bytes: int, kind: str, *, is_writable: bool) -> Finding:
    """Judge where the data is."""
    where = f"{folder} ({kind}, {free_bytes / 1e9:,.1f} GB free)"
    if not is_writable:
        return Finding(
            "disk",
            Grade.PROBLEM,
            f"{where} cannot be written",
            f"make it yours (chown -R $USER {folder}), or mount its file system for writing",
        )
    if kind in NETWORK_FILE_SYSTEMS:
        return Finding(
            "disk",
            Grade.PROBLEM,
            f"{where} is a network file system, on which SQLite's log does not work",
            "set DATABASE_PATH to a file on a local disk",
        )
    if free_bytes < FREE_BYTES_MIN:
        return Finding("disk", Grade.PROBLEM, f"{where} is full", "free some space, or move DATABASE_PATH")
    if free_bytes < FREE_BYTES_LOW:
        return Finding("disk", Grade.WARNING, f"{where} is nearly full", "free some space, or move DATABASE_PATH")
    return Finding("disk", Grade.OK, where)


def mode_finding(path: Path, mode: int, wanted: int) -> Finding:
    """Judge who may read a file or folder of the floor."""
    if mode & ~wanted:
        return Finding(
            "file modes",
            Grade.WARNING,
            f"{path} has the mode {mode:04o}: others may reach it",
            f"chmod {wanted:o} {path}",
        )
    return Finding("file modes", Grade.OK, f"{path} is its owner's alone")


def descriptors_finding(soft: int, hard: int) -> Finding:
    """Judge how many files and sockets the process may have open."""
    text = f"{soft:,} open files and sockets are allowed (at most {hard:,})"
    mend = f"ulimit -n {min(max(hard, soft), 65_536)}, or LimitNOFILE= in systemd"
    if soft < DESCRIPTORS_MIN:
        return Finding("open files", Grade.PROBLEM, text, mend)
    if soft < DESCRIPTORS_LOW:
        return Finding("open files", Grade.WARNING, f"{text}: a few hundred clients use them up", mend)
    return Finding("open files", Grade.OK, text)


def log_finding(path: Path, size_bytes: int) -> Finding | None:
    """Warn when something has been reading for so long that the log beside the database cannot be cut."""
    if size_bytes < LOG_BYTES_LONG:
        return None
    return Finding(
        "database log",
        Grade.WARNING,
        f"the log beside {path} has {size_bytes / 1e6:,.0f} MB: it grows as long as something reads without an end",
        f"end that reader, as an export, a backup or a shell of SQLite; this names them: fuser -v {path}",
    )


def clock_finding(now_us: int, last_event_us: int | None, *, is_synchronised: bool | None) -> Finding:
    """Judge the clock by the year, by the end of the log, and by what the system says of it (None: nothing)."""
    now = format_timestamp(now_us)
    mend = "set the clock, and keep it set: timedatectl set-ntp true"
    if now_us < EARLIEST_US:
        return Finding("clock", Grade.PROBLEM, f"the clock says {now}: it was never set", mend)
    if last_event_us is not None and now_us < last_event_us - CLOCK_TOLERANCE_US:
        return Finding(
            "clock",
            Grade.PROBLEM,
            f"the clock says {now}, but the last event is of {format_timestamp(last_event_us)}",
            mend,
        )
    if is_synchronised is False:
        return Finding("clock", Grade.WARNING, f"the clock says {now}, and nobody keeps it set", mend)
    return Finding("clock", Grade.OK, f"the clock says {now}")


def words_of(error: OSError) -> str:
    """Return the system's words for an error, without what Python adds; a resolver's errors have only their own."""
    number = error.errno
    return os.strerror(number) if number is not None and number in errno.errorcode else error.strerror or str(error)


def port_finding(host: str, port: int, obstacle: str | None, *, is_a_floor: bool) -> Finding:
    """Judge the address: free, or taken by a floor, or by something else."""
    where = f"{host}:{port}"
    if is_a_floor:
        return Finding("port", Grade.OK, f"a floor answers at {where}")
    if obstacle is not None:
        return Finding(
            "port",
            Grade.PROBLEM,
            f"cannot listen on {where}: {obstacle}",
            "set PORT or HOST, or stop the other program",
        )
    return Finding("port", Grade.OK, f"{where} is free")


def exposure_finding(host: str, *, is_development: bool) -> Finding | None:
    """Warn when the well-known password of development can be used from elsewhere."""
    if not is_development or host.startswith(LOOPBACK):
        return None
    return Finding(
        "exposure",
        Grade.WARNING,
        f"in development anybody who reaches {host} signs in as the demo user, an admin",
        "set TRADEFLOOR_ENV=production, or HOST=127.0.0.1",
    )


def embedded_finding(name: str, path: Path, obstacle: str | None) -> Finding:
    """Judge an embedded gRPC service by its file: `obstacle` says why that cannot be read."""
    subject = f"{name} service"
    if obstacle is not None:
        mend = f"{_DAMAGED} move {path}* away, with the floor stopped; a backup has its like: cp FILE.{name} {path}"
        return Finding(subject, Grade.PROBLEM, f"embedded, and {obstacle}", mend)
    return Finding(subject, Grade.OK, "embedded")


def service_finding(name: str, address: str, *, is_serving: bool, has_tls: bool) -> Finding:
    """Judge a gRPC service that is elsewhere."""
    subject = f"{name} service"
    variable = f"{name.upper()}_GRPC_ADDRESS"
    if not is_serving:
        return Finding(
            subject,
            Grade.PROBLEM,
            f"no answer from {address}",
            f"start it (tradefloor services), correct {variable}, or unset that for an embedded one",
        )
    if not has_tls and not address.startswith(LOOPBACK):
        return Finding(
            subject, Grade.WARNING, f"{address} answers, but without TLS", "set GRPC_TLS_CA, and GRPC_TLS_CERT and _KEY"
        )
    return Finding(subject, Grade.OK, f"{address} answers")


def database_finding(path: Path, state: str | None, obstacle: str | None, unknown: tuple[str, ...]) -> Finding:
    """Judge the database: `state` describes it, `obstacle` says why it cannot be read, `unknown` names migrations."""
    if unknown:
        return Finding(
            "database",
            Grade.PROBLEM,
            f"{path} was made by a newer Tradefloor (it has {', '.join(unknown)})",
            "install that version, or restore a backup made with this one",
        )
    if obstacle is not None:
        return Finding(
            "database",
            Grade.PROBLEM,
            f"{path} cannot be read: {obstacle}",
            f"{_DAMAGED} keep a copy, and put the last backup in its place: "
            f"tradefloor restore FILE --force --database-path {path}",
        )
    return Finding("database", Grade.OK, f"{path}: {state}" if state else f"{path} will be made at the first start")
