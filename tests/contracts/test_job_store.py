"""The contract of what keeps simulations, in files and in memory."""

from attrs import evolve

from actors.ports.simulations import JobStore
from actors.simulating.model import Job, JobState, Wanted
from tests.fakes.simulations import PLAN, RESULT, progress

JOB = Job("sim_b", Wanted("quickstart", 60, 1.5, 9, ("oversight.approvers=3",)), PLAN, "Olive", 1_000)
DONE = evolve(
    JOB,
    job_id="sim_a",
    created_at_us=2_000,
    state=JobState.COMPLETED,
    started_at_us=3_000,
    ended_at_us=4_000,
    track=(progress(1), progress(2)),
    result=RESULT,
    failure="none",
)


async def test_jobs_are_kept_whole_and_in_order(job_store: JobStore) -> None:
    """As they were saved last, the oldest first."""
    assert list(await job_store.jobs()) == []
    await job_store.save(DONE)
    await job_store.save(evolve(JOB, asked_by="somebody else"))
    await job_store.save(JOB)
    assert list(await job_store.jobs()) == [JOB, DONE]


async def test_a_removed_job_is_gone(job_store: JobStore) -> None:
    """Twice is once, the others stay, and without a run there is no report."""
    await job_store.save(JOB)
    await job_store.save(DONE)
    for _ in range(2):
        await job_store.remove(JOB.job_id)
    assert list(await job_store.jobs()) == [DONE]
    assert await job_store.report(JOB.job_id) is None


async def test_what_each_job_takes_is_told(job_store: JobStore) -> None:
    """Of every job that is kept, beside what is free; at first there is none."""
    assert (await job_store.space()).sizes_bytes == {}
    await job_store.save(JOB)
    await job_store.save(DONE)
    space = await job_store.space()
    assert (set(space.sizes_bytes), space.free_bytes > 0) == ({JOB.job_id, DONE.job_id}, True)
    await job_store.remove(JOB.job_id)
    assert set((await job_store.space()).sizes_bytes) == {DONE.job_id}


async def test_a_job_without_its_results_stays(job_store: JobStore) -> None:
    """As it was saved."""
    await job_store.save(DONE)
    await job_store.clear(DONE.job_id)
    assert list(await job_store.jobs()) == [DONE]
