"""The jobs as they stand, for everybody to read without asking the actors."""

from actors.errors import SimulationNotFound
from actors.simulating.model import Job


class Board:
    """Every job that is kept, changed by the actors of `/simulations` alone."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    @property
    def jobs(self) -> list[Job]:
        """Return the jobs, the oldest first."""
        return sorted(self._jobs.values(), key=lambda job: (job.created_at_us, job.job_id))

    def job(self, job_id: str) -> Job:
        """Return a job. Raises SimulationNotFound."""
        try:
            return self._jobs[job_id]
        except KeyError:
            raise SimulationNotFound(f"there is no simulation {job_id}; it may have been removed") from None

    def put(self, job: Job) -> None:
        """Show a job as it is now."""
        self._jobs[job.job_id] = job

    def remove(self, job_id: str) -> None:
        """Show it no more."""
        self._jobs.pop(job_id, None)
