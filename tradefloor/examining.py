"""The facts that the doctor judges, gathered from this machine without changing anything on it."""

import os
import resource
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import trio
from sqlite_utils import Database

from actors.errors import JournalUnavailable
from net.grpc.metering_client import open_metering_client
from net.grpc.oversight_client import open_oversight_client
from persistence.files import FILE_MODE, FOLDER_MODE
from persistence.migrating import unknown_steps
from persistence.schema import migrations
from persistence.sqlite import connect_reader, sizes_bytes, sqlite_version, translated
from tradefloor import diagnosis
from tradefloor.diagnosis import Finding, Grade
from tradefloor.places import service_files
from tradefloor.settings import Settings, stray_variables
from tradefloor.surroundings import SECRET_FILE, SystemClock
from tradefloor.tls import client_tls

ANSWER_S_MAX: Final = 2.0
TIMESYNC: Final = (Path("/run/systemd/timesync"), Path("/run/systemd/timesync/synchronized"))
"""The folder is there where systemd keeps the clock, the file once it has been set."""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything, and return all findings."""
    last_event_us, database = _database(settings.database_path)
    findings = [
        Finding("settings", Grade.OK, f"{settings.environment}, data in {settings.data_folder.resolve()}"),
        *_strays(),
        diagnosis.exposure_finding(settings.host, is_development=settings.is_development),
        _port(settings),
        _disk(settings.data_folder),
        *_modes(settings),
        diagnosis.sqlite_finding(sqlite_version()),
        database,
        diagnosis.log_finding(settings.database_path, sizes_bytes(settings.database_path)["log"]),
        diagnosis.clock_finding(SystemClock().now_us(), last_event_us, is_synchronised=_is_synchronised()),
        diagnosis.descriptors_finding(*resource.getrlimit(resource.RLIMIT_NOFILE)),
        *trio.run(_services, settings),
    ]
    return [finding for finding in findings if finding is not None]


def _strays() -> Iterator[Finding]:
    for name in stray_variables():
        yield Finding(
            "settings", Grade.WARNING, f"the environment variable {name} is no setting", "see: tradefloor config show"
        )


def _port(settings: Settings) -> Finding:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    obstacle = None
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        obstacle = diagnosis.words_of(error)
    is_a_floor = obstacle is not None and _is_a_floor(settings)
    return diagnosis.port_finding(settings.host, settings.port, obstacle, is_a_floor=is_a_floor)


def _is_a_floor(settings: Settings) -> bool:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        response = httpx.get(f"http://{host}:{settings.port}/health/live", timeout=ANSWER_S_MAX)
        return response.status_code == httpx.codes.OK and "checks" in response.json()
    except (httpx.HTTPError, ValueError):
        return False


def _disk(folder: Path) -> Finding:
    there = folder
    while not there.exists():
        there = there.absolute().parent
    return diagnosis.disk_finding(
        there, shutil.disk_usage(there).free, _file_system(there), is_writable=os.access(there, os.W_OK | os.X_OK)
    )


def _file_system(folder: Path) -> str:
    """Return the kind of file system that a folder is on, as Linux names it."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    real = folder.resolve()
    kinds = {mount[1]: mount[2] for mount in mounts}
    for parent in (real, *real.parents):
        if str(parent) in kinds:
            return kinds[str(parent)]
    return "unknown"


def _modes(settings: Settings) -> Iterator[Finding]:
    """Look at what holds data or secrets, as far as it is there; all in order is one finding."""
    folder = settings.data_folder
    files = [settings.database_path, *service_files(folder).values(), folder / SECRET_FILE, settings.grpc_tls_key]
    wanted = {folder: FOLDER_MODE} | {path: FILE_MODE for path in files if path is not None}
    findings = [
        diagnosis.mode_finding(path, stat.S_IMODE(path.stat().st_mode), mode)
        for path, mode in wanted.items()
        if path.exists()
    ]
    wrong = [finding for finding in findings if finding.grade is not Grade.OK]
    text = "files and folders are their owner's alone" if findings else "there is nothing yet"
    yield from wrong or [Finding("file modes", Grade.OK, text)]


def _database(path: Path) -> tuple[int | None, Finding]:
    """Return the time of the last event, and how the database is; what it holds is for `tradefloor verify` to say."""
    if not path.exists():
        return None, diagnosis.database_finding(path, None, None, ())
    try:
        with translated("read it"):
            connection = connect_reader(path)
            try:
                db = Database(connection)
                unknown, pending = unknown_steps(db, migrations), len(migrations.pending(db))
                if not migrations.applied(db):
                    return None, diagnosis.database_finding(path, None, "it is no database of a floor", ())
                row = connection.execute("SELECT seq, at_us FROM events ORDER BY seq DESC LIMIT 1").fetchone()
            finally:
                connection.close()
    except JournalUnavailable as error:
        return None, diagnosis.database_finding(path, None, str(error), ())
    events, last_us = row or (0, None)
    state = f"{events:,} events, {sum(sizes_bytes(path).values()) / 1e6:,.1f} MB"
    if pending:
        state += f"; the next start brings its schema up to date ({pending} steps)"
    return last_us, diagnosis.database_finding(path, state, None, unknown)


def _is_synchronised() -> bool | None:
    folder, file = TIMESYNC
    return file.exists() if folder.exists() else None


async def _services(settings: Settings) -> list[Finding]:
    tls = client_tls(settings.grpc_tls_ca, settings.grpc_tls_cert, settings.grpc_tls_key)
    findings = []
    for name, address, connect in (
        ("metering", settings.metering_grpc_address, open_metering_client),
        ("oversight", settings.oversight_grpc_address, open_oversight_client),
    ):
        if address is None:
            findings.append(_embedded(name, service_files(settings.data_folder)[name]))
            continue
        is_serving = False
        with trio.move_on_after(ANSWER_S_MAX):
            async with connect(address, tls=tls) as client:
                is_serving = await client.is_serving()
        findings.append(diagnosis.service_finding(name, address, is_serving=is_serving, has_tls=tls is not None))
    return findings


def _embedded(name: str, path: Path) -> Finding:
    """Look at an embedded service's file, where there is one yet."""
    try:
        if path.exists():
            with translated(f"read {path}"):
                connection = connect_reader(path)
                try:
                    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
                finally:
                    connection.close()
    except JournalUnavailable as error:
        return diagnosis.embedded_finding(name, path, str(error))
    return diagnosis.embedded_finding(name, path, None)
