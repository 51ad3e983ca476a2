"""What the actor runtime costs: asks, tells and spawns, and the memory and time of very many idle actors.

Asks are measured beside bare trio doing the same: a bounded memory channel to a server task, and a one-shot channel
for each reply. Spawns are measured beside bare trio tasks that wait on a memory channel of their own.
"""

import resource
import statistics
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import trio
from attrs import frozen

from simulations.bench.report import Figure
from supervisor import Actor, ActorRef, ActorSystem, ChildSpec, Message, SupervisorSpec, Trace, handles, open_system

ASKS = 20_000
ASKS_QUICK = 1_000
TELLS_PER_ASK = 1_000
ACTORS = 100_000
ACTORS_QUICK = 10_000
ROUNDS = 7
"""Rounds of asks and of their bound alternate, and the middle one of each counts: the machine is never ours alone."""

CHANNEL_CAPACITY = 16
ASKS_RATIO_MIN = 1.5
TASK_BYTES_MAX = 5_000.0
TRACED_PER_S = 50
TRACED_RATIO_MIN = 0.8
PASSIVE_BYTES_MAX = 2_000.0
MASS_S_MAX = 10.0

Rate = Callable[[int], Awaitable[float]]


@frozen
class Echo(Message[int]):
    """Answer with the number."""

    number: int


@frozen
class Count(Message[None]):
    """Count one."""


class Bench(Actor):
    """Does next to nothing, so that what is measured is the runtime."""

    def __init__(self) -> None:
        self.count = 0

    @handles(Echo)
    def echo(self, message: Echo) -> int:
        """Answer at once."""
        return message.number

    @handles(Count)
    def add(self, _message: Count) -> None:
        """Count."""
        self.count += 1


@frozen
class Mass:
    """What very many idle actors took, in seconds and in bytes each."""

    start_s: float
    stop_s: float
    bytes_each: float


def run(*, quick: bool = False) -> list[Figure]:
    """Measure, and return the figures."""
    asks = ASKS_QUICK if quick else ASKS
    actors = ACTORS_QUICK if quick else ACTORS
    bare, own = _side_by_side(bare_asks_per_s, asks_per_s, asks)
    tells = statistics.median(trio.run(tells_per_s, 5 * asks) for _ in range(ROUNDS))
    with_task = _in_fresh_process(_mass, actors, None)
    passive = _in_fresh_process(_mass, actors, 0.0)
    bare_tasks = _in_fresh_process(_bare_mass, actors)
    return [
        Figure("asks", own, "1/s", bare, "bare trio", ratio_min=ASKS_RATIO_MIN),
        Figure("tells", tells, "1/s"),
        Figure("spawns", actors / with_task.start_s, "1/s", actors / bare_tasks.start_s, "bare trio"),
        Figure("idle actor with its task", with_task.bytes_each, "B", value_max=TASK_BYTES_MAX),
        Figure("idle actor, passive", passive.bytes_each, "B", value_max=PASSIVE_BYTES_MAX),
        Figure(f"start of {actors:,} idle actors", with_task.start_s, "s", value_max=MASS_S_MAX),
        Figure(f"stop of {actors:,} idle actors", with_task.stop_s, "s", value_max=MASS_S_MAX),
        Figure(f"start of {actors:,} passive actors", passive.start_s, "s", value_max=MASS_S_MAX),
        Figure(f"stop of {actors:,} passive actors", passive.stop_s, "s", value_max=MASS_S_MAX),
    ]


def traced(*, quick: bool = False) -> Figure:
    """Measure the asks of an actor that is traced within the limits that an operator gives, beside one that is not."""
    free, watched = _side_by_side(asks_per_s, traced_asks_per_s, ASKS_QUICK if quick else ASKS)
    return Figure("asks of a traced actor", watched, "1/s", free, "not traced", ratio_min=TRACED_RATIO_MIN)


def _side_by_side(bound: Rate, own: Rate, count: int) -> tuple[float, float]:
    """Measure two rates in turn, and return the middle of each."""
    rates = [(trio.run(bound, count), trio.run(own, count)) for _ in range(ROUNDS)]
    return statistics.median(rate for rate, _ in rates), statistics.median(rate for _, rate in rates)


async def bare_asks_per_s(count: int) -> float:
    """Measure asks over bare trio."""
    send, receive = trio.open_memory_channel[tuple[int, trio.MemorySendChannel[int]]](CHANNEL_CAPACITY)

    async def serve() -> None:
        async for number, reply_to in receive:
            await reply_to.send(number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        began_s = perf_counter()
        for number in range(count):
            reply_to, reply = trio.open_memory_channel[int](1)
            await send.send((number, reply_to))
            await reply.receive()
        took_s = perf_counter() - began_s
        nursery.cancel_scope.cancel()
    return count / took_s


async def asks_per_s(count: int) -> float:
    """Measure asks of one actor."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("bench", Bench)])) as system:
        ref = system.ref("/bench")
        began_s = perf_counter()
        for number in range(count):
            await ref.ask(Echo(number))
        return count / (perf_counter() - began_s)


async def traced_asks_per_s(count: int) -> float:
    """Measure asks of one actor while what it takes in hand is read, a capped number a second."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("bench", Bench)])) as system:
        ref = system.ref("/bench")
        async with trio.open_nursery() as nursery, system.control.trace("/bench", count, TRACED_PER_S) as trace:
            nursery.start_soon(_read, trace)
            began_s = perf_counter()
            for number in range(count):
                await ref.ask(Echo(number))
            took_s = perf_counter() - began_s
            nursery.cancel_scope.cancel()
        return count / took_s


async def _read(trace: Trace) -> None:
    async for _ in trace:
        pass


async def tells_per_s(count: int) -> float:
    """Measure tells to one actor, with an ask now and then that waits until they are handled."""
    async with open_system(SupervisorSpec("", children=[ChildSpec("bench", Bench)])) as system:
        ref = system.ref("/bench")
        began_s = perf_counter()
        for number in range(1, count + 1):
            ref.tell_nowait(Count())
            if not number % TELLS_PER_ASK:
                await ref.ask(Echo(number))
        return count / (perf_counter() - began_s)


def _in_fresh_process(measure: Callable[..., Mass], *args: object) -> Mass:
    """Measure where nothing has used memory before."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, *args).result()


def _mass(count: int, passivate_after_s: float | None) -> Mass:
    return trio.run(_measure_mass, count, passivate_after_s)


async def _measure_mass(count: int, passivate_after_s: float | None) -> Mass:
    spec = partial(ChildSpec, factory=Bench, passivate_after_s=passivate_after_s)
    async with open_system(SupervisorSpec("", children=[SupervisorSpec("mass")])) as system:
        before = _bytes_resident()
        began_s = perf_counter()
        ref = await _start_all(system, [spec(f"bench-{number}") for number in range(count)])
        await ref.ask(Echo(0))
        started_s = perf_counter()
        grown = _bytes_resident() - before
        await system.stop("/mass")
        return Mass(started_s - began_s, perf_counter() - started_s, grown / count)


async def _start_all(system: ActorSystem, specs: list[ChildSpec]) -> ActorRef:
    return (await system.start_children("/mass", specs))[-1]


def _bare_mass(count: int) -> Mass:
    return trio.run(_measure_bare_mass, count)


async def _measure_bare_mass(count: int) -> Mass:
    async def serve(receive: trio.MemoryReceiveChannel[int]) -> None:
        async for _ in receive:
            pass

    before = _bytes_resident()
    began_s = perf_counter()
    senders = []
    async with trio.open_nursery() as nursery:
        for number in range(count):
            send, receive = trio.open_memory_channel[int](CHANNEL_CAPACITY)
            senders.append(send)
            nursery.start_soon(serve, receive)
            if not number % 200:
                await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        started_s = perf_counter()
        grown = _bytes_resident() - before
        for send in senders:
            send.close()
    return Mass(started_s - began_s, perf_counter() - started_s, grown / count)


def _bytes_resident() -> int:
    """Return the memory this process has now, or where Linux does not tell, the most it has had."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text("ascii").split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
