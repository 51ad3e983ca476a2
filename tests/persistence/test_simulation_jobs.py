"""Jobs of simulations in a folder: what is only true of files."""

from pathlib import Path

import pytest
import trio

from actors.simulating.model import Job, Wanted
from persistence.simulation_jobs import JOB_FILE, REPORT_FILE, FolderJobStore
from tests.fakes.simulations import PLAN

JOB = Job("sim_b", Wanted("quickstart"), PLAN, "Olive", 1_000)


async def test_a_report_is_what_the_run_wrote(tmp_path: Path) -> None:
    """Beside the job, in its folder, and removed with it."""
    store = FolderJobStore(tmp_path)
    await store.save(JOB)
    (store.folder_of(JOB.job_id) / REPORT_FILE).write_bytes(b"<p>report")
    assert await store.report(JOB.job_id) == b"<p>report"
    await store.remove(JOB.job_id)
    assert list(await trio.Path(tmp_path).iterdir()) == []


async def test_results_are_measured_and_cleared_with_all_below_them(tmp_path: Path) -> None:
    """Whichever folder they are in; only the job stays."""
    store = FolderJobStore(tmp_path / "simulations")
    assert (await store.space()).free_bytes > 0
    await store.save(JOB)
    at_first = (await store.space()).sizes_bytes[JOB.job_id]
    folder = store.folder_of(JOB.job_id)
    (folder / "tables").mkdir()
    for path in (folder / "events.jsonl", folder / "tables" / "fills.csv"):
        path.write_bytes(b"x" * 100_000)
    assert (await store.space()).sizes_bytes[JOB.job_id] == at_first + 200_000
    await store.clear(JOB.job_id)
    assert [path.name for path in await trio.Path(folder).glob("**/*")] == [JOB_FILE]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"job_id": "sim_c"}', b"\xff"])
async def test_one_bad_folder_hides_no_other(content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is named in the log, with what to do."""
    store = FolderJobStore(tmp_path)
    await store.save(JOB)
    (tmp_path / "sim_c").mkdir()
    (tmp_path / "sim_c" / JOB_FILE).write_bytes(content)
    assert list(await store.jobs()) == [JOB]
    assert "sim_c/job.json is no simulation that can be read; remove its folder" in caplog.text


async def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The error is the system's own."""
    (tmp_path / "simulations").write_text("in the way")
    with pytest.raises(OSError, match="simulations"):
        await FolderJobStore(tmp_path / "simulations").save(JOB)
