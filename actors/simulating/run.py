"""One run of a simulation: has the simulator run it, shows how far it is, and tells the desk how it ended."""

from collections.abc import Mapping

import trio

from actors.ports.simulations import Simulator
from actors.simulating.board import Board
from actors.simulating.messages import EndRun, GiveUp, RunEnded
from actors.simulating.model import Ending, Progress, progressed
from supervisor import Actor, ActorRef, handles


class SimulationActor(Actor):
    """Lives as long as one run; its end, whatever the reason, is the end of the run."""

    def __init__(self, job_id: str, board: Board, simulator: Simulator, desk: ActorRef) -> None:
        self._job_id = job_id
        self._board = board
        self._simulator = simulator
        self._desk = desk
        self._wants_end = trio.Event()
        self._scope = trio.CancelScope()
        self._given_up: str | None = None

    async def started(self) -> None:
        """Begin the run."""
        self.ctx.start_task(self._run)

    def inspect(self) -> Mapping[str, object]:
        """Show what runs, and how far it is."""
        job = self._board.job(self._job_id)
        progress = job.progress
        if progress is None:
            return {"scenario": job.wanted.scenario, "state": job.state.value}
        return {
            "scenario": job.wanted.scenario,
            "state": job.state.value,
            "ticks": progress.ticks,
            "ticks_total": progress.ticks_total,
            "trades": progress.trades,
        }

    @handles(EndRun)
    def end_run(self, _message: EndRun) -> None:
        """End the run at its next tick."""
        self._wants_end.set()

    @handles(GiveUp)
    def give_up(self, message: GiveUp) -> None:
        """End the run at once, without a result."""
        self._given_up = message.reason
        self._scope.cancel()

    async def _run(self) -> None:
        wanted = self._board.job(self._job_id).wanted
        with self._scope:
            ending = await self._simulator.run(self._job_id, wanted, self._wants_end, self._progressed)
        if self._scope.cancelled_caught:
            ending = Ending(failure=self._given_up)
        await self._desk.tell(RunEnded(self._job_id, ending))
        self.ctx.stop()

    def _progressed(self, progress: Progress) -> None:
        self._board.put(progressed(self._board.job(self._job_id), progress))
