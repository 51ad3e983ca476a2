"""Runs one floor of a scenario: its whole tree on a virtual clock, with its ports inside the loop.

No threads, no sockets, and no waiting: whenever nothing is left to do the clock jumps to what is due next. The agents
are committed before the tree starts, and come up as after a restart of the live floor.
"""

import math
import random
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Final

import numpy as np
import trio
from attrs import evolve, frozen

from actors.desk import PPM, OversightRules
from actors.floor import PURGE_EVERY_S
from actors.liquidity import Liquidity
from actors.market import MarketRules
from actors.money import MICROS_PER_DOLLAR
from actors.outbound import quota_limits
from actors.ports.history import History
from actors.ports.journal import Committed, JournalStore
from actors.prices.base import PriceModel
from actors.services import Pace as ActorPace
from actors.services import Services
from actors.tree import floor_tree
from actors.views import FloorViews
from simulations import population
from simulations.approvers import Approver, AttendedOversight, approvers
from simulations.columns import refused_orders
from simulations.determinism import deterministic_scheduling
from simulations.division import Floor
from simulations.event_log import EventLog
from simulations.faults import Faults
from simulations.log_files import RUN_FILE, file_name
from simulations.market import price_model
from simulations.outside import Outside, Progress
from simulations.ports.clock import SECOND_US, CountingIds, VirtualClock, VirtualTime
from simulations.ports.fleeting import FleetingStore
from simulations.ports.metering import InLoopMetering
from simulations.ports.storage import FaultyStorage
from simulations.recording import Horizon, Recorder
from simulations.result import Pace, RunResult
from simulations.scenario import Scenario
from simulations.scenario.model import DAY_S, STRATEGY_FAULT, TRADING_DAY_S
from simulations.scenario.model import Liquidity as ThinMarket
from simulations.settling import few_collections, memory_mib_max
from simulations.strategy_faults import StrategyFaults
from supervisor import open_system

SAMPLES: Final = 400
"""How often equities are sampled when the scenario does not say, at most."""

CELLS_MAX: Final = 8_000_000
"""Samples times agents that are kept at most, 64 MB, when the scenario does not say how often to sample."""

COMMITS_AT_ONCE: Final = 1_000


@frozen
class _Run:
    """The parts of one run that its steps share."""

    scenario: Scenario
    outside: Outside
    model: PriceModel
    store: JournalStore
    history: History
    log: EventLog
    recorder: Recorder
    time: VirtualTime
    clock: VirtualClock
    ids: CountingIds
    floor: Floor


def simulate_floor(scenario: Scenario, floor: Floor, outside: Outside) -> RunResult:
    """Run one floor of a scenario to its horizon, or until somebody wants it to end, and return what it left behind.

    Raises ScenarioError for a market or agents that cannot be made, OSError for files that cannot be written,
    JournalUnavailable for a database that cannot.
    """
    # Around all that the run is made of, or the first collection afterwards would go through it once more.
    with few_collections():
        return _simulate_floor(scenario, floor, outside)


def _simulate_floor(scenario: Scenario, floor: Floor, outside: Outside) -> RunResult:
    model = price_model(scenario, outside.files)
    population.require_sound(scenario, model.symbols)
    with ExitStack() as stack:
        file = None
        if outside.folder is not None:
            # What an earlier run left there is not about this log.
            (outside.folder / RUN_FILE).unlink(missing_ok=True)
            file = stack.enter_context((outside.folder / file_name(floor)).open("wb"))
        memory = FleetingStore()
        store: JournalStore = memory
        history: History = memory
        if outside.database is not None:
            from persistence.in_loop import open_in_loop  # noqa: PLC0415 - most runs need no SQLite, which takes long

            database = open_in_loop(outside.database)
            stack.callback(database.close)
            store = history = database
        log = EventLog(file)
        horizon = Horizon(scenario.time.ticks_total, sample_ticks(scenario))
        time = VirtualTime()
        clock = VirtualClock(round(scenario.time.start.timestamp() * SECOND_US), time.current_time)
        recorder = Recorder(model.symbols, horizon, log)
        ids = CountingIds(floor.number + 1, floor.of)
        run = _Run(scenario, outside, model, store, history, log, recorder, time, clock, ids, floor)
        stack.enter_context(deterministic_scheduling(scenario.seed))
        return trio.run(_main, run, clock=time)


def sample_ticks(scenario: Scenario) -> int:
    """Return after how many ticks each the equities are sampled."""
    if scenario.time.sample_ticks:
        return scenario.time.sample_ticks
    samples = min(SAMPLES, max(2, CELLS_MAX // scenario.agents))
    return max(1, -(-scenario.time.ticks_total // samples))


async def _main(run: _Run) -> RunResult:
    scenario, outside, recorder = run.scenario, run.outside, run.recorder
    began_s = outside.monotonic_s()
    storage = FaultyStorage(run.store)
    oversight = AttendedOversight(run.clock, _micros(scenario.oversight.auto_approve_below))
    metering = InLoopMetering(run.clock.now_us, keeps_events=False)
    strategies = StrategyFaults(scenario)
    services = _services(run, storage, metering, oversight)
    if any(fault.kind == STRATEGY_FAULT for fault in scenario.faults):
        services = evolve(services, make_strategy=strategies.make)
    await _populate(run, services, metering)
    people = approvers(scenario.oversight, oversight, run.clock, scenario.seed, run.floor)
    recorder.on_tick = lambda: _after_tick(run, storage)
    rng = random.Random(scenario.seed)  # noqa: S311 - jitter of restarts
    tree = floor_tree(services, run.model, _market_rules(scenario))
    faults = Faults({"metering": metering, "oversight": oversight, "journal": storage})
    async with open_system(tree, rng=rng) as system, trio.open_nursery() as nursery:
        for person in people:
            nursery.start_soon(person.work)
        for number, fault in enumerate(scenario.faults):
            if fault.kind == STRATEGY_FAULT:
                nursery.start_soon(strategies.cause, number, services.views, system)
            else:
                nursery.start_soon(faults.cause, fault)
        with trio.move_on_after(math.inf if outside.until_s is None else outside.until_s):
            await recorder.over.wait()
        await run.time.wait_all_at_rest()
        recorder.sample(run.clock.now_us())
        if outside.at_end is not None:
            await outside.at_end(system, services)
        nursery.cancel_scope.cancel()
    if storage.failure is not None:
        raise storage.failure
    return _result(run, services, people, outside.monotonic_s() - began_s)


async def _populate(run: _Run, services: Services, metering: InLoopMetering) -> None:
    """Commit the agents and show them in the views, as a start does with what the storage holds.

    Their quotas are known to the metering service, as those of agents that were made before the start are.
    """
    commits = population.commits(run.scenario, run.floor, run.clock.now_us())
    books = []
    while batch := list(islice(commits, COMMITS_AT_ONCE)):
        results = await run.store.commit(batch)
        for commit, result in zip(batch, results, strict=True):
            assert isinstance(result, Committed)
            assert commit.agent is not None
            assert commit.book is not None
            metering.limits[commit.stream] = quota_limits(commit.agent)
            services.views.publish(commit.agent, commit.book)
            services.views.last_seq = result.recorded[-1].seq
            books.append(commit.book)
            run.log.add(result.recorded)
    run.recorder.enrol(books)


def _after_tick(run: _Run, storage: FaultyStorage) -> None:
    recorder = run.recorder
    total = run.scenario.time.ticks_total
    virtual_s = recorder.ticks * run.scenario.time.tick
    progress = Progress(recorder.ticks, total, virtual_s, recorder.columns.fills, run.scenario.agents)
    run.outside.on_progress(progress)
    if run.outside.wants_end() or storage.failure is not None:
        recorder.over.set()


def _services(run: _Run, storage: FaultyStorage, metering: InLoopMetering, oversight: AttendedOversight) -> Services:
    scenario = run.scenario
    rules = scenario.oversight
    return Services(
        views=FloorViews(),
        store=storage,
        history=run.history,
        metering=metering,
        oversight=oversight,
        publisher=run.recorder,
        clock=run.clock,
        ids=run.ids,
        rules=OversightRules(
            threshold_micros=_micros(rules.threshold),
            ttl_us=round(rules.ttl * SECOND_US),
            price_tolerance_ppm=round(rules.price_tolerance * PPM),
        ),
        seed=scenario.seed,
        liquidity=_liquidity(scenario.market.liquidity),
        pace=ActorPace(
            review_us=round(scenario.time.review * SECOND_US),
            equity_look_s=max(1.0, scenario.time.tick),
            passivate_after_s=0.0,
            lease_us=round(scenario.metering.lease * SECOND_US),
            outbox_look_s=max(3_600.0, scenario.time.tick),
            purge_first_s=PURGE_EVERY_S,
            alarm_s_max=scenario.oversight.ttl,
        ),
    )


def _liquidity(thin: ThinMarket | None) -> Liquidity | None:
    if thin is None:
        return None
    return Liquidity(
        volume_micros=_micros(thin.volume),
        half_spread_ppm=round(thin.spread_bps * PPM / 10_000 / 2),
        impact_ppm=round(thin.impact * PPM),
        share_ppm_max=round(thin.share_max * PPM),
    )


def _market_rules(scenario: Scenario) -> MarketRules:
    time = scenario.time
    return MarketRules(
        tick_us=round(time.tick * SECOND_US),
        time_compression=time.trading_days_per_day * TRADING_DAY_S / DAY_S,
    )


def _result(run: _Run, services: Services, people: Sequence[Approver], real_s: float) -> RunResult:
    scenario, recorder = run.scenario, run.recorder
    names = [person.name for person in people]
    taken_at_us = {request_id: at_us for person in people for request_id, at_us in person.taken.items()}
    sampled_at_us, equity_micros, prices_micros = recorder.ledgers.samples()
    agents, books = services.views.agents.values(), services.views.books.values()
    counts = [group.count for group in scenario.population]
    return RunResult(
        scenario=scenario,
        provenance=run.outside.provenance,
        digest=run.log.digest(),
        events=run.log.events,
        ended_early=recorder.ticks < scenario.time.ticks_total,
        pace=Pace(real_s, recorder.ticks * scenario.time.tick, recorder.ticks, memory_mib_max()),
        group_names=scenario.group_names,
        agent_ids=tuple(services.views.agents),
        symbols=run.model.symbols,
        approver_names=tuple(names),
        group=run.floor.part_of(np.repeat(np.arange(len(counts), dtype=np.int64), counts)),
        budget_micros=np.array([agent.initial_budget_micros for agent in agents], dtype=np.int64),
        sampled_at_us=sampled_at_us,
        equity_micros=equity_micros,
        prices_micros=prices_micros,
        trades=recorder.columns.trades(),
        approvals=recorder.columns.approvals(names, taken_at_us),
        calls_used=np.array([book.usage.api_calls for book in books], dtype=np.int64),
        spent_micros=np.array([book.usage.spent_micros for book in books], dtype=np.int64),
        quota_calls=np.array([agent.quota.api_calls for agent in agents], dtype=np.int64),
        quota_micros=np.array([agent.quota.budget_per_month_micros for agent in agents], dtype=np.int64),
        refused=refused_orders(services.refusals, tuple(services.views.agents)),
        set_aside=recorder.set_aside(),
    )


def _micros(dollars: float) -> int:
    return round(dollars * MICROS_PER_DOLLAR)
