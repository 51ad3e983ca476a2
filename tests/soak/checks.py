"""What must hold in a soak, throughout and at its end."""

from collections.abc import Sequence
from statistics import median
from typing import Final

import trio
from attrs import frozen

from persistence.sqlite import JOURNAL_SIZE_LIMIT_BYTES, connect_reader
from tests.e2e.program import eventually, verify
from tests.e2e.trading import usage_is
from tests.soak.load import Tally
from tests.soak.rig import Rig, Sample

LOG_MB_MAX: Final = JOURNAL_SIZE_LIMIT_BYTES / 1e6
MEMORY_GROWTH_MAX: Final = 1.1
"""By how much the later half of a life may exceed the earlier one, its beginning left out."""

MEMORY_SAMPLES_MIN: Final = 300
"""A shorter life says nothing about memory."""

SPARE_DESCRIPTORS: Final = 24
"""A floor at rest keeps its readers' connections, three descriptors each, and those to its services."""

DRAINED_WITHIN_S: Final = 60.0


@frozen
class Memory:
    """The medians of both halves of the longest life, in MB, and how many seconds it had."""

    before_mb: float
    after_mb: float
    seconds: int


async def check_log(rig: Rig) -> None:
    """Verify the log of the floor as it runs: the chain, the ledger identities, and that replay gives the state."""
    await trio.to_thread.run_sync(verify, rig.database)


async def check_trades(rig: Rig, tally: Tally) -> int:
    """Check that what was acknowledged is there, once, and is metered once; return how many trades there are."""
    connection = connect_reader(rig.database)
    rows = connection.execute("SELECT trade_id, agent_id, status FROM trades").fetchall()
    connection.close()
    ours = {trade_id for trade_id, agent_id, _ in rows if agent_id in tally.agents}
    promised = {trade_id for agent_id, trade_id in tally.acknowledged.values() if agent_id in tally.agents}
    assert not promised - ours, f"lost: {sorted(promised - ours)}"
    assert not ours - promised, f"made twice, or never asked for: {sorted(ours - promised)}"
    there = {trade_id for trade_id, _, _ in rows}
    assert {trade_id for _, trade_id in tally.acknowledged.values()} <= there
    assert len(there) == len(rows)
    with rig.services.clients() as (metering, _):
        for agent in tally.agents:
            number = sum(agent_id == agent for _, agent_id, _ in rows)
            await eventually(lambda: usage_is(metering, agent, number), DRAINED_WITHIN_S)  # noqa: B023 -- awaited here
    return len(rows)


def check_log_size(samples: Sequence[Sample]) -> float:
    """Check that the log ahead of the file stayed within its bound; return its greatest size in MB."""
    largest = max(sample.log_mb for sample in samples)
    assert largest <= LOG_MB_MAX, f"the log grew to {largest:.0f} MB"
    return largest


def check_descriptors(before: Sample, after: Sample) -> None:
    """Check that a floor at rest after everything has about as many descriptors as one before."""
    assert after.descriptors <= before.descriptors + SPARE_DESCRIPTORS, (
        f"{before.descriptors} descriptors became {after.descriptors}"
    )


def check_memory(samples: Sequence[Sample]) -> Memory:
    """Check that memory was flat over the longest life, if that was long enough to tell."""
    lives = {sample.life for sample in samples}
    longest = max(([sample for sample in samples if sample.life == life] for life in lives), key=len)
    settled = longest[len(longest) // 5 :]
    half = len(settled) // 2
    before, after = (median(sample.rss_mb for sample in part) for part in (settled[:half], settled[half:]))
    if len(longest) >= MEMORY_SAMPLES_MIN:
        assert after <= before * MEMORY_GROWTH_MAX, f"memory grew from {before:.0f} to {after:.0f} MB"
    return Memory(before, after, round(longest[-1].at_s - longest[0].at_s))
