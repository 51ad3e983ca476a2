"""`tradefloor services` in a process of its own, which a test may kill and start again where it was."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson
from attrs import define

from tests.conformance.grpc_reflection import ReflectedService, reflected


@define
class ServicesProcess:
    """A running pair of services. Their addresses stay the same over restarts."""

    process: "subprocess.Popen[str]"
    folder: Path
    metering: str
    oversight: str

    @property
    def addresses(self) -> dict[str, str]:
        """The settings by which a floor finds the two."""
        return {"METERING_GRPC_ADDRESS": self.metering, "OVERSIGHT_GRPC_ADDRESS": self.oversight}

    @property
    def log(self) -> list[dict[str, str]]:
        """What they have logged so far."""
        return [orjson.loads(line) for line in (self.folder / "services.txt").read_text().splitlines()]

    def calls(self, method: str) -> int:
        """Return how often a method of metering was called, over all starts."""
        return [line["event"] for line in self.log].count(f"call of /metering.MeteringService/{method}")

    def stop(self) -> int:
        """Ask them to stop, and return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self._close()
        return status

    def kill(self) -> None:
        """End them as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._close()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let them do nothing at all during the block, though their sockets stay open."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def start_again(self) -> None:
        """Start them on the ports and the data that they had."""
        ports = [address.rpartition(":")[2] for address in (self.metering, self.oversight)]
        self.process, *_ = _start(self.folder, *ports)

    def end(self) -> None:
        """Kill whatever is left of them."""
        if self.process.poll() is None:
            self.kill()

    def _close(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()

    @contextmanager
    def clients(self) -> Iterator[tuple[ReflectedService, ReflectedService]]:
        """Open a generic client to each of the two."""
        with (
            reflected(self.metering, "metering.MeteringService") as metering,
            reflected(self.oversight, "oversight.OversightService") as oversight,
        ):
            yield metering, oversight


@contextmanager
def services(folder: Path, *flags: str, env: Mapping[str, str] | None = None) -> Iterator[ServicesProcess]:
    """Start the services on free ports with their data in `folder`; what is left of them is killed at the end."""
    running = ServicesProcess(*_start(folder, "0", "0", *flags, env=env))
    try:
        yield running
    finally:
        running.end()


def _start(
    folder: Path, metering_port: str, oversight_port: str, *flags: str, env: Mapping[str, str] | None = None
) -> tuple["subprocess.Popen[str]", Path, str, str]:
    command = [sys.executable, "-m", "tradefloor", "services", "--data", str(folder / "services")]
    command += ["--metering-port", metering_port, "--oversight-port", oversight_port, *flags]
    log = folder / "services.txt"
    with log.open("a") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "LOG_FORMAT": "json", "LOG_LEVEL": "debug", **(env or {})},
        )
    assert process.stdout is not None
    addresses = [process.stdout.readline().split()[-1:] for _ in ("metering", "oversight")]
    if not all(addresses):
        raise AssertionError(f"the services ended with {process.wait()}: {log.read_text()}")
    (metering,), (oversight,) = addresses
    return process, folder, metering, oversight
