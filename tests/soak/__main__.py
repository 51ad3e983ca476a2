"""Mixed load with faults injected, for as long as is wanted: `python -m tests.soak --minutes 30 --seed 1`.

Clients trade under keys, seek approvals, read, listen, and never read; one agent burns CPU all the time. Each fault is
a stretch of time after which the floor must be ready by itself. Throughout, the log must verify; at the end, what was
acknowledged is there once and metered once, and the log's size, memory and descriptors are within their bounds.
"""

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import click
import httpx
import trio
from attrs import Factory, define

from tests.soak import checks, load
from tests.soak.faults import FAULTS, RESTARTS
from tests.soak.load import Client, Tally
from tests.soak.pauses import pause
from tests.soak.rig import Rig, Sample, rigged

LONG_MINUTES: Final = 5
"""From here on there is time between faults, and a last stretch without restarts."""

REST_S: Final = 12.0
HOLD_S: Final = 6.0
SHORT_S: Final = 1.0
LAST_LIFE_SHARE: Final = 0.4


@define
class Soak:
    """A soak under way."""

    rig: Rig
    tally: Tally
    rng: Random
    minutes: float
    began_s: float = Factory(trio.current_time)
    faults: Counter[str] = Factory(Counter)
    recoveries_s: list[float] = Factory(list)
    verified: int = 0
    drained_s: float = 0.0

    @property
    def is_long(self) -> bool:
        """Whether there is time for rests."""
        return self.minutes >= LONG_MINUTES

    @property
    def share(self) -> float:
        """How much of the time has passed."""
        return (trio.current_time() - self.began_s) / (self.minutes * 60)

    async def run(self) -> None:
        """Let one fault follow the other until the time is over; each kind comes at least once."""
        while self.share < 1 or not self.faults:
            for name in self.rng.sample(sorted(FAULTS), len(FAULTS)):
                if not (self.is_long and name in RESTARTS and self.share > 1 - LAST_LIFE_SHARE):
                    await self.strike(name)
                if self.is_long and self.share >= 1:
                    break
            await checks.check_log(self.rig)
            self.verified += 1

    async def strike(self, name: str) -> None:
        """Let one fault happen, and wait until all is well again."""
        await FAULTS[name](self.rig, self.rng, HOLD_S if self.is_long else SHORT_S)
        self.faults[name] += 1
        self.recoveries_s.append(await self.rig.recover())
        click.echo(
            f"{trio.current_time() - self.began_s:7.0f} s  {name:<20} ready after {self.recoveries_s[-1]:4.1f} s, "
            f"{len(self.tally.acknowledged):,} trades acknowledged, {self.rig.sample().rss_mb:.0f} MB"
        )
        await pause(REST_S if self.is_long else SHORT_S)


async def soak(minutes: float, seed: int, folder: Path) -> None:
    """Run one soak, and print its figures."""
    rng = Random(seed)  # noqa: S311 -- a seed has to repeat itself
    tally = Tally()
    async with rigged(folder, rng) as rig:
        await rig.recover()
        before = rig.sample()
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(base_url=rig.url, timeout=30, limits=limits) as http:
            client = Client(http, tally)
            approvals = await load.open_agents(client)
            running = Soak(rig, tally, rng, minutes)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(rig.watch)
                async with trio.open_nursery() as clients:
                    start_clients(clients, client, approvals, rig, rng)
                    await running.run()
                    tally.enough.set()
                nursery.cancel_scope.cancel()
        ended_s = trio.current_time()
        trades = await checks.check_trades(rig, tally)
        running.drained_s = trio.current_time() - ended_s
        await pause(SHORT_S)
        after = rig.sample()
        await rig.stop()
    await checks.check_log(rig)
    report(running, trades, before, after)


def start_clients(nursery: trio.Nursery, client: Client, approvals: str, rig: Rig, rng: Random) -> None:
    """Start everybody."""
    for number, agent_id in enumerate(client.tally.agents):
        nursery.start_soon(load.trade, client, agent_id, f"soak-{number}")
    nursery.start_soon(load.seek_approval, client, approvals, rng)
    for _ in range(load.READERS):
        nursery.start_soon(load.read, client, rng)
    for _ in range(load.LISTENERS):
        nursery.start_soon(load.listen, client)
    for _ in range(load.DEAF):
        nursery.start_soon(load.be_deaf, client, rig.port)


def report(running: Soak, trades: int, before: Sample, after: Sample) -> None:
    """Check the figures of the whole, and print them."""
    samples, counts = running.rig.samples, running.tally.counts
    checks.check_descriptors(before, after)
    memory = checks.check_memory(samples)
    most = max(sample.descriptors for sample in samples)
    figures = {
        "Time": f"{(trio.current_time() - running.began_s) / 60:.1f} min, {running.rig.lives} lives of the floor",
        "Faults": ", ".join(f"{name} {times}" for name, times in sorted(running.faults.items())),
        "Ready again": f"after {max(running.recoveries_s):.1f} s at most",
        "Trades": f"{trades:,} in the log, {len(running.tally.acknowledged):,} asked for; none lost, none twice",
        "Metered": f"each once, the last {running.drained_s:.1f} s after the load",
        "Clients": ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items())),
        "Verified": f"{running.verified + 1} times",
        "WAL": f"at most {checks.check_log_size(samples):.1f} MB of {checks.LOG_MB_MAX:.1f}",
        "Memory": f"{memory.before_mb:.0f} MB, later {memory.after_mb:.0f} MB in a life of {memory.seconds} s",
        "Descriptors": f"{before.descriptors} at rest before, {after.descriptors} after, {most} at most",
    }
    for name, value in figures.items():
        click.echo(f"{name:<12} {value}")


@click.command()
@click.option("--minutes", type=click.FloatRange(0.1), default=30.0, show_default=True, help="How long.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the faults' order and the clients' choices.")
def main(minutes: float, seed: int) -> None:
    """Soak the floor."""
    with TemporaryDirectory(prefix="tradefloor-soak-") as folder:
        trio.run(partial(soak, minutes, seed, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
