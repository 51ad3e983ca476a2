"""The contract of time, real and virtual."""

from datetime import UTC, datetime

import trio

from actors.ports.clock import Clock


async def test_time_is_whole_microseconds_since_the_epoch(clock: Clock) -> None:
    """Neither seconds nor milliseconds, and no fraction: read as microseconds it is a date of our days."""
    now_us = clock.now_us()

    assert type(now_us) is int
    assert 2025 < datetime.fromtimestamp(now_us / 1_000_000, UTC).year < 2100


async def test_time_goes_on(clock: Clock) -> None:
    """By itself, as long as the loop runs."""
    first_us = clock.now_us()

    with trio.fail_after(10):
        while clock.now_us() == first_us:
            await trio.lowlevel.checkpoint()
