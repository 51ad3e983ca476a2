"""What the world does to the floor: outages, bad networks, slow disks, wrong clocks, slow and lost clients."""

import trio

from simulations.chaos import plan
from simulations.chaos.network import Network
from simulations.chaos.world import Life, World


async def outage(world: World, act: plan.Outage) -> None:
    """Take a part away for a while."""
    _set_outage(world, act.part, is_away=True)
    await trio.sleep(act.lasts_s)
    _set_outage(world, act.part, is_away=False)


async def unreliable(world: World, act: plan.Unreliable) -> None:
    """Let the network to a service do what networks do, for a while."""
    network = (world.metering if act.part is plan.Part.METERING else world.oversight).network
    network.is_unreliable = True
    await trio.sleep(act.lasts_s)
    network.is_unreliable = False


async def slow_storage(world: World, act: plan.SlowStorage) -> None:
    """Let every commit take its time, for a while."""
    world.disk.delay_s = act.delay_s
    await trio.sleep(act.lasts_s)
    world.disk.delay_s = 0.0


async def stall_socket(world: World, act: plan.StallSocket) -> None:
    """Let the client read nothing for a while."""
    world.client.stall()
    await trio.sleep(act.lasts_s)
    world.client.read_on()


async def drop_socket(world: World, _act: plan.DropSocket) -> None:
    """Cut the client off."""
    world.client.hang_up()
    await trio.lowlevel.checkpoint()


async def jump_clock(world: World, act: plan.JumpClock) -> None:
    """Set the host's clock."""
    world.clock.step(act.by_s)
    world.jumped_back_s += max(0.0, -act.by_s)
    await trio.lowlevel.checkpoint()


async def crash(world: World, act: plan.Crash) -> None:
    """Kill the process so many steps from now, if it is up."""
    if world.life is not None:
        world.down_s = act.down_s
        trio.lowlevel.add_instrument(PowerCut(act.after_steps + 1, world, world.life))
    await trio.lowlevel.checkpoint()


class PowerCut(trio.abc.Instrument):
    """Cuts the power in between two steps of tasks, wherever these happen to be."""

    def __init__(self, after_steps: int, world: World, life: Life) -> None:
        self._left = after_steps
        self._world = world
        self._life = life

    def after_task_step(self, task: trio.lowlevel.Task) -> None:  # noqa: ARG002 - it does not matter whose
        """Count, and cut when the time has come, unless this life has ended before."""
        self._left -= 1
        if self._left == 0 and self._world.life is self._life:
            self._world.end()
            self._life.power.cancel()


def mend(world: World) -> None:
    """End every fault."""
    for part in plan.Part:
        _set_outage(world, part, is_away=False)
    world.metering.network.is_unreliable = world.oversight.network.is_unreliable = False
    world.disk.delay_s = 0.0
    world.client.read_on()


def _set_outage(world: World, part: plan.Part, *, is_away: bool) -> None:
    match part:
        case plan.Part.STORAGE:
            world.disk.is_full = is_away
        case plan.Part.METERING:
            _set_cut(world.metering.network, is_cut=is_away)
        case plan.Part.OVERSIGHT:
            _set_cut(world.oversight.network, is_cut=is_away)


def _set_cut(network: Network, *, is_cut: bool) -> None:
    if is_cut:
        network.cut()
    else:
        network.mend()
