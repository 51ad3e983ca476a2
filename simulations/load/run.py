"""A load from beginning to end: muster, connect, ask, clean up, report. Ctrl-C ends it early with what there is."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

import trio
from attrs import define, field, frozen

from simulations.load.crew import Crew, cheapest_symbol, muster
from simulations.load.drive import drive
from simulations.load.http import FloorApi
from simulations.load.plan import Plan
from simulations.load.refusal import LoadRefused
from simulations.load.tally import Tally
from simulations.load.target import open_target

TIMEOUT_S: Final = 10.0
CONNECTIONS: Final = 64


@frozen(kw_only=True)
class Load:
    """What to do to which floor, as whom. ``now_us`` and ``new_password`` come from the composition root."""

    url: str
    plan: Plan
    email: str
    password: str = field(repr=False)
    now_us: Callable[[], int]
    new_password: Callable[[], str]
    connections: int = CONNECTIONS
    timeout_s: float = TIMEOUT_S


@frozen(kw_only=True)
class LoadReport:
    """What came of a load. Shares are of one processor; None where the floor did not tell.

    ``asked_s`` is how long requests were sent, ``left_behind`` what could not be cleaned up.
    """

    url: str
    plan: Plan
    tally: Tally
    asked_s: float
    ended_early: bool
    accounts: int
    own_processor_share: float
    floor_processor_share: float | None
    left_behind: str | None


@define
class Progress:
    """How far a load is, for whoever shows it: what it does now, and once requests are sent since when."""

    phase: str = "signing in"
    tally: Tally = field(factory=Tally)
    began: float | None = None


@frozen
class _Asked:
    """What was measured around the requests: seconds of asking, and of processor time here and there."""

    asked_s: float
    passed_s: float
    own_s: float
    floor_s: float | None


async def run_load(
    load: Load, stopping: trio.Event, progress: Progress, watch: Callable[[Progress], Awaitable[None]]
) -> LoadReport:
    """Carry a load out until its end, or until it is to stop; agents and accounts are cleaned up in any case.

    ``watch`` runs beside it and is cancelled at the end. Raises LoadRefused when the load cannot begin,
    in the groups of the nurseries that it came through.
    """
    api = FloorApi(load.url, load.connections, load.timeout_s)
    async with api.client, trio.open_nursery() as nursery:
        nursery.start_soon(watch, progress)
        admin = await api.sign_in(load.email, load.password)
        crew = Crew(api, admin, await cheapest_symbol(api, admin))
        try:
            asked = await _mustered(load, crew, stopping, progress)
        finally:
            progress.phase = "cleaning up"
            left_behind = await crew.clean_up()
        nursery.cancel_scope.cancel()
    return LoadReport(
        url=load.url,
        plan=load.plan,
        tally=progress.tally,
        asked_s=asked.asked_s,
        ended_early=stopping.is_set(),
        accounts=len(crew.accounts),
        own_processor_share=asked.own_s / asked.passed_s,
        floor_processor_share=None if asked.floor_s is None else asked.floor_s / asked.passed_s,
        left_behind=left_behind,
    )


async def _mustered(load: Load, crew: Crew, stopping: trio.Event, progress: Progress) -> _Asked:
    progress.phase = f"making {load.plan.agents:,} agents"
    with trio.CancelScope() as mustering:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_when, stopping, mustering)
            wait_s = await muster(crew, load.plan, load.new_password)
            if wait_s:
                progress.phase = f"waiting {wait_s:.0f} s, until the floor counts these users' requests anew"
                await trio.sleep(wait_s)
            nursery.cancel_scope.cancel()
    if stopping.is_set():
        raise LoadRefused("stopped before the first request; there is nothing to report")
    progress.phase = "connecting sockets"
    async with open_target(crew, load.plan, progress.tally, load.now_us, load.timeout_s) as target:
        floor_before = await crew.api.processor_s()
        own_before, began = time.process_time(), trio.current_time()
        progress.phase, progress.began = "asking", began
        asked_s = await drive(load.plan, target, progress.tally, stopping)
        passed_s, own_s = trio.current_time() - began, time.process_time() - own_before
        floor_after = await crew.api.processor_s()
    floor_s = None if floor_before is None or floor_after is None else floor_after - floor_before
    return _Asked(asked_s, passed_s, own_s, floor_s)


async def _cancel_when(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()
