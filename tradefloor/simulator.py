"""Simulations beside a running floor, each in a process of its own: `tradefloor simulate`, at a low priority.

Trading has the loop and the machine first. The process tells its progress in lines of JSON on stderr and its figures on
stdout, and an interrupt ends it early with a report, as Ctrl-C does on a terminal. Nothing is written to its input: its
end tells it that the floor has died, which ends it too.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from actors.ports.simulations import Mistake, ScenarioRefused
from actors.simulating.model import Ending, Plan, Progress, Result, Wanted
from actors.simulating.model import Scenario as Offered
from simulations.market import price_model
from simulations.population import require_sound
from simulations.scenario import Scenario, ScenarioError, builtin_names, load, parse, with_extent, with_settings

AGENTS_MAX: Final = 100_000
"""More than that take gigabytes, which belong to the floor here; the command line runs them elsewhere."""

NICENESS: Final = 5
"""A machine that is busy with trading leaves a run a quarter of a processor."""
CANCEL_S_MAX: Final = 60.0
"""How long a cancelled run may take to write its report."""

SAID_LINES_MAX: Final = 20
SAID_CHARACTERS_MAX: Final = 1_000
"""Of what a failed process said, the end, which names the cause."""

CUT_SHORT: Final = "It was cancelled before there was anything to report."


class ProcessSimulator:
    """Satisfies `actors.ports.simulations.Simulator`; results go into the folder that `folder_of` names for a job."""

    def __init__(self, folder_of: Callable[[str], Path]) -> None:
        self._folder_of = folder_of
        self._offered = tuple(_offered(name) for name in builtin_names())

    def scenarios(self) -> Sequence[Offered]:
        """Return the scenarios that come along."""
        return self._offered

    def plan(self, wanted: Wanted) -> Plan:
        """Return what a job comes to. Raises ScenarioRefused with every key at fault."""
        if wanted.scenario not in {offered.name for offered in self._offered}:
            raise ScenarioRefused([Mistake("scenario", f"must be one of {', '.join(builtin_names())}")])
        try:
            document = with_settings(load(wanted.scenario), wanted.settings)
            scenario = with_extent(parse(document), wanted.agents, wanted.days, wanted.seed)
            _require_no_file(scenario)
            require_sound(scenario, price_model(scenario, None).symbols)
        except ScenarioError as error:
            raise ScenarioRefused(list(map(_mistake, error.problems))) from error
        if scenario.agents > AGENTS_MAX:
            problem = f"must hold at most {AGENTS_MAX:,} agents in a job, not {scenario.agents:,}"
            raise ScenarioRefused([Mistake("population", problem)])
        return _plan(scenario)

    async def run(
        self, job_id: str, wanted: Wanted, wants_end: trio.Event, on_progress: Callable[[Progress], None]
    ) -> Ending:
        """Run a job in a process of its own. A cancellation ends that process."""
        said: list[str] = []
        printed = bytearray()
        has_begun = trio.Event()

        def tell(progress: Progress) -> None:
            has_begun.set()
            on_progress(progress)

        async with trio.open_nursery() as nursery:
            running = partial(
                trio.run_process,
                _command(wanted, self._folder_of(job_id)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                check=False,
                start_new_session=True,  # Ctrl-C on the floor's terminal is meant for the floor.
            )
            try:
                process: trio.Process = await nursery.start(running)
            except OSError as error:
                return Ending(failure=f"Its process could not be started: {error}")
            _yield_to_the_floor(process.pid)
            nursery.start_soon(_end_early, process, wants_end, has_begun)
            async with trio.open_nursery() as readers:
                readers.start_soon(_collect, process, printed)
                readers.start_soon(_listen, process, tell, said)
            await process.wait()
            assert process.stdin is not None
            await process.stdin.aclose()
            nursery.cancel_scope.cancel()
        return _ending(process, printed, said, was_cancelled=wants_end.is_set())


def _offered(name: str) -> Offered:
    scenario = parse(load(name))
    return Offered(name, scenario.summary, _plan(scenario))


def _plan(scenario: Scenario) -> Plan:
    ticks = scenario.time.ticks_total
    return Plan(scenario.agents, ticks, ticks * scenario.time.tick, scenario.seed)


def _require_no_file(scenario: Scenario) -> None:
    """Refuse files of this machine: what can be read of them is nobody's business. Raises ScenarioRefused."""
    replay = scenario.market.replay
    if replay is not None and replay.file is not None:
        raise ScenarioRefused([Mistake("market.replay.file", "must be left out: a floor opens no files for a job")])


def _mistake(problem: str) -> Mistake:
    """Return a line of a ScenarioError in its parts; what is wrong with no key of its own is about the settings."""
    key, separator, message = problem.partition(": ")
    return Mistake(key, message) if separator and " " not in key else Mistake("settings", problem)


def _command(wanted: Wanted, folder: Path) -> list[str]:
    """Return the command that runs a job. Each value stands in one word with its option, so it is never another one."""
    options: Mapping[str, object] = {
        "--agents": wanted.agents,
        "--days": wanted.days,
        "--seed": wanted.seed,
        "--out": folder.resolve(),
        "--progress": "json",
    }
    given = [f"{name}={value}" for name, value in options.items() if value is not None]
    settings = [f"--set={setting}" for setting in wanted.settings]
    return [
        sys.executable,
        "-P",
        "-m",
        "tradefloor.simulation_process",
        "simulate",
        wanted.scenario,
        "--json",
        *given,
        *settings,
    ]


def _yield_to_the_floor(pid: int) -> None:
    """Let the process come after the floor: for the processor, and before it when memory has run out."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", "ascii")


async def _end_early(process: trio.Process, wants_end: trio.Event, has_begun: trio.Event) -> None:
    """End the run early once somebody wants that, and the process if it does not follow.

    Before its first progress there is nothing to report, and it may not heed an interrupt yet: the processes of a floor
    that a shell started in the background begin by ignoring those.
    """
    await wants_end.wait()
    process.send_signal(signal.SIGINT if has_begun.is_set() else signal.SIGTERM)
    await trio.sleep(CANCEL_S_MAX)
    process.kill()


async def _collect(process: trio.Process, printed: bytearray) -> None:
    assert process.stdout is not None
    async for chunk in process.stdout:
        printed += chunk


async def _listen(process: trio.Process, on_progress: Callable[[Progress], None], said: list[str]) -> None:
    """Take progress out of what the process says, and keep the end of all else."""
    assert process.stderr is not None
    left = b""
    async for chunk in process.stderr:
        *lines, left = (left + chunk).split(b"\n")
        for progress in _progress_in(lines, said):
            on_progress(progress)


def _progress_in(lines: Sequence[bytes], said: list[str]) -> Iterator[Progress]:
    for line in lines:
        try:
            document = json.loads(line)
            yield Progress(
                ticks=document["ticks"],
                ticks_total=document["ticksTotal"],
                virtual_s=document["virtualSeconds"],
                real_s=document["realSeconds"],
                trades=document["trades"],
            )
        except (ValueError, TypeError, KeyError):
            said.append(line.decode(errors="replace"))
            del said[:-SAID_LINES_MAX]


def _ending(process: trio.Process, printed: bytearray, said: Sequence[str], *, was_cancelled: bool) -> Ending:
    if process.returncode == 0:
        return Ending(_result(json.loads(printed)))
    if was_cancelled:
        return Ending(failure=CUT_SHORT)
    text = "\n".join(said).strip()[-SAID_CHARACTERS_MAX:]
    if process.returncode is not None and process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        text = f"Its process was ended by {name}; when memory has run out, ask for fewer agents. {text}".strip()
    return Ending(failure=text or f"Its process ended with the status {process.returncode}.")


def _result(document: Mapping[str, Any]) -> Result:
    return Result(document["digest"], document["endedEarly"], document["figures"])
