"""The console blocks of a page: commands of the program and what they print, run anew and compared in golden form.

The page is the golden file. Each line that begins with `$ ` is run against one floor, from the top of the page to its
end, in the folder above the floor's data; `$AGENT` and `$REQUEST` stand for the first agent and the first approval that
were shown. Written anew by `python -m tests.e2e.console_blocks`.
"""

import json
import os
import pwd
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Final

from attrs import define, field, frozen
from click.testing import CliRunner

from tests.e2e.program import Program, running
from tradefloor.__main__ import main
from tradefloor.operating.connection import Place, connected
from tradefloor.settings import environment_names, stray_variables

PAGE: Final = Path(__file__).parents[2] / "docs" / "commands.md"
DATABASE: Final = Path("data/floor.db")
HOME: Final = "/home/you/tradefloor"
"""What the page has in the place of the folder that the commands ran in."""

COLUMNS: Final = "120"
FENCE: Final = "```"
CONSOLE: Final = "```console"
PROMPT: Final = "$ "
BY_HAND: Final = "curl --unix-socket data/control.sock http://floor"
"""How the page trades by hand, which no command does; the socket carries the whole API."""

OPERATOR: Final = pwd.getpwuid(os.getuid()).pw_name
NAMES: Final = {"AGENT": re.compile(r"\bagt_[0-9a-f]{24}\b"), "REQUEST": re.compile(r"\bovr_[0-9a-f]{24}\b")}

GOLDEN: Final = (
    (re.compile(r"\b(agt|ovr|trd|usr|cor)_[0-9a-f]{24}\b"), r"\1_ID"),
    (re.compile(r"\b([0-9a-f]{64}|[0-9a-f]{12}(?=\s*$))\b", re.MULTILINE), "HASH"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d(\.\d+)?\b"), "TIME"),
    (re.compile(r"(?<![\w.])\d[\d,.]* (ms|s|min|h)\b"), "TIME"),
    (re.compile(r"(?<=:)\d+(?= )"), "N"),
    (re.compile(r"(?<![\w-])[-+]?\$?\d[\d,]*(\.\d+)?( ?%|\b)"), "N"),
    (re.compile(r"^(ok|warning|PROBLEM) +(port|disk|sqlite|clock|open files)  .*$", re.MULTILINE), r"\2"),
    (re.compile(r"^ +-> .*$", re.MULTILINE), ""),
    (re.compile(r"\b(running|passive|busy)\b"), "UP"),
    (re.compile(r"\b(low|medium|high|critical)\b"), "RISK"),
    (re.compile(r"N UP(, N UP)+"), "N UP"),
    (re.compile(r"[▁▂▃▄▅▆▇█]+"), ""),
    (re.compile(r"[─ ]{2,}"), " "),
)
"""What differs from run to run, made alike: ids, hashes, times, numbers, what `doctor` finds of the machine, whether an
actor happens to rest, and the risk of an order, which follows from prices that go on."""


@frozen
class Block:
    """A command of the page, and what it printed."""

    command: str
    printed: str


@define
class Session:
    """Runs the commands of a page beside a floor's data."""

    program: Program
    names: dict[str, str] = field(factory=dict)

    def run(self, command: str) -> str:
        """Return what a command prints, on both its outputs."""
        wanted = re.sub(r"\$([A-Z]+)", lambda name: self.names[name[1]], command)
        with chdir(self.program.folder):
            printed = self._trade(wanted) if wanted.startswith(BY_HAND) else self._invoke(wanted)
        for name, pattern in NAMES.items():
            found = pattern.search(printed)
            if found is not None:
                self.names.setdefault(name, found[0])
        printed = printed.replace(str(self.program.folder.resolve()), HOME).replace(f"({OPERATOR})", "(you)")
        return "\n".join(line.rstrip() for line in printed.rstrip().splitlines())

    def _invoke(self, command: str) -> str:
        program, *arguments = shlex.split(command)
        assert program == "tradefloor", command
        nothing_else = dict.fromkeys((*environment_names(), *stray_variables()))
        env = {**nothing_else, "DATABASE_PATH": str(DATABASE), "COLUMNS": COLUMNS, "NO_COLOR": "1"}
        return CliRunner(env=env).invoke(main, arguments).output

    def _trade(self, command: str) -> str:
        path, *options = shlex.split(command.removeprefix(BY_HAND))
        body = json.loads(options[options.index("-d") + 1])
        with connected(Place(None, None, DATABASE)) as floor:
            trade = floor.post(path, body)
        shown = ("tradeId", "status", "approvalRequestId")
        return f"{json.dumps({name: trade[name] for name in shown})[:-1]}, ...}}"


def golden(text: str) -> str:
    """Return what was printed with what differs from run to run made alike."""
    for pattern, alike in GOLDEN:
        text = pattern.sub(alike, text)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def blocks(page: str) -> Iterator[Block]:
    """Yield the commands of a page in order."""
    command: str | None = None
    printed: list[str] = []
    inside = False
    for line in page.splitlines():
        if command is not None and (line.startswith(PROMPT) or line == FENCE):
            yield Block(command, "\n".join(printed))
            command = None
        if line.startswith(FENCE):
            inside = line == CONSOLE
        elif inside and line.startswith(PROMPT):
            command, printed = line.removeprefix(PROMPT), []
        elif inside:
            printed.append(line)


def renewed(page: str, printed: Mapping[int, str]) -> str:
    """Return a page with what its commands print now, by their number."""
    lines: list[str] = []
    number, inside, skipping = 0, False, False
    for line in page.splitlines():
        if line.startswith(FENCE):
            inside, skipping = line == CONSOLE, False
        elif inside and line.startswith(PROMPT):
            lines += [line, *printed[number].splitlines()]
            number, skipping = number + 1, True
            continue
        if not skipping:
            lines.append(line)
    return "\n".join(lines) + "\n"


@contextmanager
def served(folder: Path) -> Iterator[Program]:
    """Start the floor of a page, its data below this folder."""
    with running(folder, "--no-demo", "--database-path", str(DATABASE)) as program:
        yield program


def run_all(page: str, program: Program) -> list[tuple[Block, str]]:
    """Return the commands of a page with what they print now."""
    session = Session(program)
    return [(block, session.run(block.command)) for block in blocks(page)]


def write(path: Path) -> None:
    """Write a page anew with what its commands print now."""
    page = path.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as program:
        printed = [text for _, text in run_all(page, program)]
    path.write_text(renewed(page, dict(enumerate(printed))), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE)
