"""The commands, one a file, and the list of them: a command is loaded when it is to run."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, NamedTuple

import click


class Listed(NamedTuple):
    """A command as lists show it: its module, which has an attribute of its name, `_` for `-`, and what it does."""

    module: str
    summary: str


COMMANDS: Final[Mapping[str, Listed]] = {
    "serve": Listed("serve", "Run the floor: agents, market, HTTP and WebSocket."),
    "services": Listed("services", "Run the metering and the oversight service."),
    "user": Listed("user", "Add people, list them, and let them in or not."),
    "verify": Listed("verify", "Check the hash chain, the ledgers and the stored state."),
    "audit": Listed("audit", "List decisions, sign-ins and changes, out of the log."),
    "backup": Listed("backup", "Copy the floor's database, and verify the copy."),
    "restore": Listed("restore", "Put a backup in the place of the floor's database."),
    "export": Listed("export", "Write trades or events as CSV, JSON lines or Parquet."),
    "config": Listed("config", "Look at the settings, and where they come from."),
    "doctor": Listed("doctor", "Say whether this machine is ready for a floor."),
    "summary": Listed("looks", "Show on one screen how the floor is."),
    "tree": Listed("tree", "Show actors and supervisors as a tree."),
    "ps": Listed("ps", "List actors, sorted by what they do or wait for."),
    "top": Listed("top", "Watch the busiest actors."),
    "inspect": Listed("inspect", "Show all of one actor."),
    "console": Listed("console", "Watch, control and approve in a terminal."),
    "pause": Listed("control", "Let actors rest, after the message in hand."),
    "resume": Listed("control", "Let actors go on."),
    "stop": Listed("control", "Stop actors, in order."),
    "restart": Listed("control", "Stop actors and start them afresh."),
    "trace": Listed("trace", "Show the messages that actors take in hand."),
    "waits": Listed("looks", "Show which actor waits for the reply of which."),
    "dead-letters": Listed("looks", "Show the newest messages that nobody handled, and why."),
    "threads": Listed("looks", "Show the limits on what is done at once, and their use."),
    "stacks": Listed("stacks", "Show where tasks wait, alike ones together."),
    "events": Listed("events", "Follow the log of events, or look at one of them."),
    "diff": Listed("diff", "Compare a portfolio at two moments."),
    "approvals": Listed("approvals", "List what waits for a human, and decide it."),
    "agents": Listed("agents", "List agents, make them, and lead their lives."),
    "simulate": Listed("simulate", "Run a scenario with the real actors on a virtual clock."),
    "replay": Listed("replay", "Run a simulation again up to a moment, and look there."),
    "diff-runs": Listed("diff_runs", "Show the first event in which two simulations part."),
    "sweep": Listed("sweep", "Simulate with varied values, and report what they trade off."),
    "chaos": Listed("chaos", "Crash, starve and partition the floor, and check it."),
    "bench": Listed("bench", "Measure the parts of the floor."),
    "load": Listed("load", "Load a running floor, and report how it answers."),
}


def load(name: str) -> click.Command:
    """Return the command of a name that is listed."""
    with _no_collections():
        module = import_module(f"tradefloor.commands.{COMMANDS[name].module}")
    command: Any = getattr(module, name.replace("-", "_"))
    assert isinstance(command, click.Command)
    return command


@contextmanager
def _no_collections() -> Iterator[None]:
    """Collect no garbage in a block of code, nor ever what it leaves: what modules make stays.

    Looking through it is a tenth of a start.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if before:
            gc.enable()
