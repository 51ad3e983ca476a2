"""What `tradefloor serve` says at its start of the machine that it runs on."""

from tests.actors.builders import DAY_US, SECOND_US
from tests.actors.headless import headless_floor
from tradefloor.commands.serve import clock_warning


async def test_a_clock_behind_the_log_is_warned_of(autojump_clock: object) -> None:
    """As after a start on a machine whose clock was set back; one that is right is not spoken of."""
    async with headless_floor() as floor:
        assert await clock_warning(floor.services) is None
        await floor.create()
        assert await clock_warning(floor.services) is None
        floor.around.clock.step(-DAY_US // SECOND_US)
        warning = await clock_warning(floor.services)
        assert warning is not None
        assert "but the last event is of 2026-" in warning
        assert "timedatectl" in warning
