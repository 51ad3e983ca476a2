"""What a soak runs: services behind relays, a floor on one port over all its lives, and a look at it every second."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from socket import create_server
from typing import Final

import httpx
import trio
from attrs import Factory, define, frozen

from tests.e2e.program import Program, start
from tests.e2e.services import ServicesProcess, services
from tests.soak.pauses import pause
from tests.soak.relay import Relay, relaying

ROOT: Final = Path(__file__).parents[2]
LIMITS: Final = {"RATE_LIMIT_MAX": "100000000", "RATE_LIMIT_USER_MAX": "100000000", "LOG_LEVEL": "warning"}
RECOVERY_S_MAX: Final = 60.0
SAMPLE_EVERY_S: Final = 1.0


@frozen
class Sample:
    """The floor's process at one moment of one of its lives."""

    at_s: float
    life: int
    rss_mb: float
    descriptors: int
    log_mb: float


@define
class Rig:
    """A floor that is ended and started again, and what it stands on."""

    folder: Path
    port: int
    services: ServicesProcess
    relays: Sequence[Relay]
    program: Program | None = None
    lives: int = 0
    samples: list[Sample] = Factory(list)

    @property
    def database(self) -> Path:
        """The floor's file."""
        return self.folder / "floor.db"

    @property
    def log(self) -> Path:
        """The log ahead of that file."""
        return self.folder / "floor.db-wal"

    @property
    def url(self) -> str:
        """Where the floor is, while it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> Program:
        """The program, which must be there."""
        assert self.program is not None, "the floor is down"
        return self.program

    async def start(self) -> None:
        """Start the floor."""
        metering, oversight = self.relays
        env = {"METERING_GRPC_ADDRESS": metering.address, "OVERSIGHT_GRPC_ADDRESS": oversight.address}
        env |= LIMITS | {"PYTHONPATH": str(ROOT)}
        self.program = await trio.to_thread.run_sync(
            lambda: start(self.folder, "--port", str(self.port), env=env, module="tests.soak.floor")
        )
        self.lives += 1

    def kill(self) -> None:
        """End the floor as a power cut would."""
        program, self.program = self.running, None
        program.kill()
        _close(program)

    async def stop(self) -> None:
        """End the floor in good order, which must work within its limit."""
        program, self.program = self.running, None
        assert await trio.to_thread.run_sync(program.stop) == 0, "the floor did not stop in good order"
        _close(program)

    async def recover(self) -> float:
        """Wait until the floor says that it is ready, and return how long that took."""
        began_s = trio.current_time()
        with trio.fail_after(RECOVERY_S_MAX):
            async with httpx.AsyncClient(base_url=self.url, timeout=10) as client:
                while not await _is_ready(client):
                    await pause(0.2)
        return trio.current_time() - began_s

    async def watch(self) -> None:
        """Look at the floor's process for ever. One that ended without being asked to is a failure."""
        while True:
            if self.program is not None:
                assert self.program.process.poll() is None, f"the floor ended: see {self.folder / 'log.txt'}"
                self.samples.append(self.sample())
            await pause(SAMPLE_EVERY_S)

    def sample(self) -> Sample:
        """Look at the floor's process now."""
        proc = Path("/proc") / str(self.running.process.pid)
        pages = int((proc / "statm").read_text().split()[1])
        log_bytes = self.log.stat().st_size if self.log.exists() else 0
        return Sample(
            trio.current_time(),
            self.lives,
            pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
            len(os.listdir(proc / "fd")),  # noqa: PTH208 -- names are enough
            log_bytes / 1e6,
        )


@asynccontextmanager
async def rigged(folder: Path, rng: Random) -> AsyncIterator[Rig]:
    """Start services, relays and floor, and end what is left of them."""
    with services(folder) as processes:
        async with relaying(processes.metering, rng) as metering, relaying(processes.oversight, rng) as oversight:
            rig = Rig(folder, _free_port(), processes, (metering, oversight))
            try:
                await rig.start()
                yield rig
            finally:
                if rig.program is not None:
                    rig.kill()


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _close(program: Program) -> None:
    assert program.process.stdout is not None
    program.process.stdout.close()
