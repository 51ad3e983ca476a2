"""`tradefloor chaos`: says how it went, and with a failure how to see it again."""

import json
import logging
import signal
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from actors.journal import JournalActor
from simulations.chaos.plan import Plan
from simulations.chaos.ports import OpenSockets
from simulations.chaos.run import Verdict, run
from tradefloor.commands.chaos import chaos


@pytest.fixture(autouse=True)
def _logging_again() -> Iterator[None]:
    """Undo what the command does to the log of its process."""
    yield
    logging.disable(logging.NOTSET)


def test_a_good_run_is_summed_up() -> None:
    """As JSON, for a program that watches."""
    result = CliRunner().invoke(chaos, ["--seeds", "2", "--json"])

    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (told["seeds"], told["violations"]) == (2, [])
    assert told["events"] > 0


def test_a_failure_is_told_with_the_way_back_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed, the command that replays it, the steps that are enough; and the exit status says so."""

    def forget(_self: JournalActor, *_arguments: object) -> None:
        """Answer nobody and show nothing."""

    monkeypatch.setattr(JournalActor, "_show", forget)

    result = CliRunner().invoke(chaos, ["--seeds", "1", "--first-seed", "3"])

    assert result.exit_code == 1
    assert "tradefloor chaos --first-seed 3 --seeds 1" in result.output
    assert "steps are enough for" in result.output
    assert "Seeds: 1, violations: 1." in result.output


def test_an_interrupt_ends_it_with_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seeds until then are summed up, and the command that goes on is told."""

    def interrupted(plan: Plan, sockets: OpenSockets) -> Verdict:
        signal.raise_signal(signal.SIGINT)
        return run(plan, sockets)

    monkeypatch.setattr("tradefloor.commands.chaos.run", interrupted)

    result = CliRunner().invoke(chaos, ["--seeds", "3", "--first-seed", "5"])

    assert result.exit_code == 1
    assert "Seeds: 1, violations: 0." in result.output
    assert "Ended early, after 1 of 3 seeds; go on with --first-seed 6 --seeds 2." in result.output
