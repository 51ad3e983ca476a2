"""The desk of simulations: its queue, its runs, and what becomes of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from attrs import frozen
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.errors import (
    SimulationNotFound,
    SimulationNotOver,
    SimulationOver,
    SimulationsFull,
    SimulationsUnavailable,
)
from actors.simulating.desk import DESK, LOOK_EVERY_S, QUEUE_MAX, Simulations, path_of, simulations_tree
from actors.simulating.messages import CancelSimulation, RemoveSimulation, StartSimulation
from actors.simulating.model import Ending, Job, JobState, Wanted
from actors.simulating.room import MB, Limits
from supervisor import ActorSystem, Message, SupervisorSpec, open_system
from tests.fakes.simulations import CUT, PLAN, RESULT, FakeSimulator, MemoryJobs, Run, progress, simulations


@frozen
class Office:
    """A desk that runs, and what it works with."""

    system: ActorSystem
    shared: Simulations
    simulator: FakeSimulator
    store: MemoryJobs

    async def ask(self, message: Message[Job]) -> Job:
        """Ask the desk, and let everything happen that follows."""
        job: Job = await self.system.ref(DESK).ask(message)
        await wait_all_tasks_blocked()
        return job

    async def start(self, seed: int = 1) -> str:
        """Ask for a simulation, and return its id."""
        return (await self.ask(StartSimulation(Wanted("quickstart", seed=seed), PLAN, "Olive"))).job_id

    async def end(self, job_id: str, ending: Ending) -> Job:
        """Let a run end."""
        self.run(job_id).end(ending)
        await wait_all_tasks_blocked()
        return self.job(job_id)

    def run(self, job_id: str) -> Run:
        """Return a run that has begun."""
        return self.simulator.runs[job_id]

    def job(self, job_id: str) -> Job:
        """Return a job as everybody sees it."""
        return self.shared.board.job(job_id)

    def states(self) -> list[str]:
        """Return the states of all jobs, the oldest first."""
        return [job.state.value for job in self.shared.board.jobs]


@asynccontextmanager
async def office(
    store: MemoryJobs | None = None, at_once: int = 1, kept: int = 50, mb_max: int = 2_000
) -> AsyncIterator[Office]:
    """Run a desk around a block of code; a store that was used before makes it a restart of the program."""
    simulator, store = FakeSimulator(), store or MemoryJobs()
    shared = simulations(simulator, store, at_once, Limits(kept, mb_max * MB))
    async with open_system(SupervisorSpec("", children=(simulations_tree(shared),))) as system:
        await wait_all_tasks_blocked()
        yield Office(system, shared, simulator, store)


async def test_a_job_runs_to_its_end(mock_clock: MockClock) -> None:
    """It is kept before it is answered, shows its progress, and has a result in the end."""
    async with office() as desk:
        job_id = await desk.start(seed=9)
        assert (desk.job(job_id).state, desk.run(job_id).wanted.seed) == (JobState.RUNNING, 9)
        desk.run(job_id).on_progress(progress(1))
        desk.run(job_id).on_progress(progress(2))
        assert desk.job(job_id).track == (progress(1), progress(2))
        state = await desk.system.control.state(path_of(job_id))
        assert state == {
            "scenario": "quickstart",
            "state": "running",
            "ticks": 2,
            "ticks_total": PLAN.ticks,
            "trades": 4,
        }
        job = await desk.end(job_id, Ending(RESULT))
        assert (job.state, job.result, job.track) == (JobState.COMPLETED, RESULT, (progress(1), progress(2)))
        assert desk.store.kept[job_id] == job
        assert not desk.system.exists(path_of(job_id))


async def test_so_many_run_at_a_time_and_the_others_wait_in_order(mock_clock: MockClock) -> None:
    """The end of one begins the next."""
    async with office(at_once=2) as desk:
        first, _, third, _ = [await desk.start() for _ in range(4)]
        assert desk.states() == ["running", "running", "queued", "queued"]
        assert await desk.system.control.state(DESK) == {"running": 2, "queued": 2}
        assert await desk.system.control.state(path_of(first)) == {"scenario": "quickstart", "state": "running"}
        await desk.end(first, Ending(failure="out of memory"))
        assert desk.states() == ["failed", "running", "running", "queued"]
        assert desk.job(first).failure == "out of memory"
        assert desk.job(third).started_at_us is not None


async def test_the_queue_has_an_end(mock_clock: MockClock) -> None:
    """Whoever comes too late is told what to do."""
    async with office() as desk:
        for _ in range(1 + QUEUE_MAX):
            await desk.start()
        with pytest.raises(SimulationsFull, match="cancel one"):
            await desk.start()


async def test_a_cancelled_run_has_a_result_of_what_was_run(mock_clock: MockClock) -> None:
    """It is asked to end, and asked once."""
    async with office() as desk:
        job_id = await desk.start()
        first = await desk.ask(CancelSimulation(job_id))
        assert (first.state, desk.run(job_id).wants_end.is_set()) == (JobState.CANCELLING, True)
        assert await desk.ask(CancelSimulation(job_id)) == first
        job = await desk.end(job_id, Ending(CUT))
        assert (job.state, job.result) == (JobState.CANCELLED, CUT)
        assert await desk.ask(CancelSimulation(job_id)) == job


async def test_what_waits_is_cancelled_without_a_run(mock_clock: MockClock) -> None:
    """It never begins."""
    async with office() as desk:
        first, second = await desk.start(), await desk.start()
        assert (await desk.ask(CancelSimulation(second))).state is JobState.CANCELLED
        await desk.end(first, Ending(RESULT))
        assert second not in desk.simulator.runs
        with pytest.raises(SimulationOver, match="completed"):
            await desk.ask(CancelSimulation(first))


async def test_what_is_over_can_be_removed(mock_clock: MockClock) -> None:
    """With all that is kept of it; nothing that runs, and nothing that is not there."""
    async with office() as desk:
        job_id = await desk.start()
        remove = RemoveSimulation(job_id)
        with pytest.raises(SimulationNotOver, match="cancel it first"):
            await desk.system.ref(DESK).ask(remove)
        await desk.end(job_id, Ending(RESULT))
        await desk.system.ref(DESK).ask(remove)
        assert (desk.states(), desk.store.kept) == ([], {})
        with pytest.raises(SimulationNotFound):
            await desk.system.ref(DESK).ask(remove)


async def test_the_oldest_are_forgotten(mock_clock: MockClock) -> None:
    """As many as are to be kept stay, also when what ends did not run."""
    async with office(kept=2) as desk:
        jobs = [await desk.start() for _ in range(4)]
        await desk.ask(CancelSimulation(jobs[3]))
        for job_id in jobs[:3]:
            await desk.end(job_id, Ending(RESULT))
        assert {job.job_id for job in desk.shared.board.jobs} == set(desk.store.kept) == {jobs[2], jobs[3]}


async def test_old_results_make_room_for_what_runs(mock_clock: MockClock) -> None:
    """The oldest first, as soon as the disk is looked at; what takes no room at the end stays."""
    async with office(mb_max=100) as desk:
        jobs = [await desk.start() for _ in range(3)]
        for job_id in jobs[:2]:
            desk.store.sizes_bytes[job_id] = 40 * MB
            await desk.end(job_id, Ending(RESULT))
        desk.store.sizes_bytes[jobs[2]] = 60 * MB
        mock_clock.jump(LOOK_EVERY_S)
        await wait_all_tasks_blocked()
        assert list(desk.store.kept) == jobs[1:]
        assert (await desk.end(jobs[2], Ending(RESULT))).state is JobState.COMPLETED
        mock_clock.jump(LOOK_EVERY_S)
        await wait_all_tasks_blocked()
        assert list(desk.store.kept) == jobs[1:]


async def test_a_run_that_takes_too_much_is_given_up(mock_clock: MockClock) -> None:
    """Its results go, it says which limit there is, the results of others stay, and the next one begins."""
    async with office(mb_max=100) as desk:
        done, large, following = [await desk.start() for _ in range(3)]
        desk.store.sizes_bytes[done] = 60 * MB
        await desk.end(done, Ending(RESULT))
        desk.store.sizes_bytes[large] = 101 * MB
        mock_clock.jump(LOOK_EVERY_S)
        await wait_all_tasks_blocked()
        assert desk.states() == ["completed", "failed", "running"]
        assert "SIMULATIONS_MB_MAX" in str(desk.job(large).failure)
        assert (desk.run(large).was_stopped, desk.store.sizes_bytes) == (True, {done: 60 * MB})
        desk.store.sizes_bytes[following] = 102 * MB
        job = await desk.end(following, Ending(RESULT))
        assert (job.state, job.result) == (JobState.FAILED, None)
        assert "wrote 102.0 MB" in str(job.failure)
        assert desk.store.sizes_bytes == {done: 60 * MB}


async def test_a_disk_that_is_nearly_full_takes_no_more(mock_clock: MockClock) -> None:
    """What runs ends, what is asked for is refused, and both say how much is to be free."""
    async with office() as desk:
        done, runs = await desk.start(), await desk.start()
        await desk.end(done, Ending(RESULT))
        desk.store.free_bytes = 499 * MB
        with pytest.raises(SimulationsUnavailable, match=r"499 MB free, .* 500 MB"):
            await desk.start()
        mock_clock.jump(LOOK_EVERY_S)
        await wait_all_tasks_blocked()
        assert desk.states() == ["completed", "failed"]
        assert "499 MB free" in str(desk.job(runs).failure)


async def test_a_disk_that_cannot_be_read_bounds_nothing(
    mock_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """What runs comes to its end, new ones are refused, and the log says so."""
    async with office(mb_max=100) as desk:
        job_id = await desk.start()
        desk.store.is_unreadable = True
        with pytest.raises(SimulationsUnavailable, match="cannot be read"):
            await desk.start()
        mock_clock.jump(LOOK_EVERY_S)
        assert (await desk.end(job_id, Ending(RESULT))).state is JobState.COMPLETED
        assert "not bounded now" in caplog.text
        desk.store.is_unreadable = False
        failed = await desk.start()
        desk.store.full = True
        await desk.end(failed, Ending(failure="a defect"))
        assert f"what {failed} has written could not be removed" in caplog.text


async def test_a_run_whose_actor_ends_is_not_left_without_an_end(mock_clock: MockClock) -> None:
    """A crash is a failure with its cause; an operator's stop ends the run, and the next one begins."""
    async with office() as desk:
        crashed, stopped, following = [await desk.start() for _ in range(3)]
        desk.run(crashed).fail(ArithmeticError("a defect"))
        await wait_all_tasks_blocked()
        assert desk.job(crashed).state is JobState.FAILED
        assert "a defect" in str(desk.job(crashed).failure)
        await desk.system.stop(path_of(stopped))
        await wait_all_tasks_blocked()
        assert (desk.job(stopped).state, desk.run(stopped).was_stopped) == (JobState.INTERRUPTED, True)
        assert desk.job(following).state is JobState.RUNNING


async def test_a_restart_of_the_program_takes_up_the_queue(mock_clock: MockClock) -> None:
    """What ran is shown as interrupted and not run again; a stop in order and a crash look the same."""
    store = MemoryJobs()
    async with office(store) as desk:
        done = await desk.start()
        await desk.end(done, Ending(RESULT))
        ran, waited = await desk.start(), await desk.start()
        crashed = MemoryJobs(dict(store.kept), store.reports)
    assert desk.run(ran).was_stopped
    assert store.kept[waited].state is JobState.QUEUED
    for kept in (store, crashed):
        async with office(kept) as desk:
            assert desk.states() == ["completed", "interrupted", "running"]
            assert desk.store.kept[ran] == desk.job(ran)
            assert list(desk.simulator.runs) == [waited]


async def test_a_restart_of_the_desk_alone_goes_on_with_its_runs(mock_clock: MockClock) -> None:
    """The run's end still reaches it."""
    async with office() as desk:
        job_id, waits = await desk.start(), await desk.start()
        await desk.system.control.restart(DESK)
        await wait_all_tasks_blocked()
        assert desk.states() == ["running", "queued"]
        assert (await desk.end(job_id, Ending(RESULT))).state is JobState.COMPLETED
        assert desk.job(waits).state is JobState.RUNNING


async def test_a_full_disk_refuses_new_jobs_and_loses_no_run(mock_clock: MockClock) -> None:
    """What cannot be kept is not begun; what happened is shown all the same."""
    async with office(kept=1) as desk:
        first, second = await desk.start(), await desk.start()
        desk.store.full = True
        with pytest.raises(SimulationsUnavailable, match="No space left"):
            await desk.start()
        with pytest.raises(SimulationsUnavailable, match="No space left"):
            await desk.ask(CancelSimulation(second))
        assert desk.states() == ["running", "queued"]
        for job_id in (first, second):
            assert (await desk.end(job_id, Ending(RESULT))).state is JobState.COMPLETED
        assert desk.states() == ["completed", "completed"]
        with pytest.raises(SimulationsUnavailable, match="cannot be removed"):
            await desk.system.ref(DESK).ask(RemoveSimulation(first))
        assert desk.store.kept[first].state is JobState.RUNNING


async def test_jobs_that_end_while_the_floor_stops_begin_no_others(mock_clock: MockClock) -> None:
    """The queue waits for the next start."""
    store = MemoryJobs()
    async with office(store) as desk:
        await desk.start()
        waits = await desk.start()
    await trio.lowlevel.checkpoint()
    assert store.kept[waits].state is JobState.QUEUED
    assert waits not in desk.simulator.runs
