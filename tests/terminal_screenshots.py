"""Take the pictures of the terminal out of a running demo: `python -m tests.terminal_screenshots FOLDER`."""

import re
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from tests.browser.floor_api import api, buy, make_agent
from tests.e2e.people import sign_in
from tests.e2e.program import DEMO, Program, running
from tests.e2e.terminal import terminal
from tests.fakes.piloting import AtTheConsole, at_the_console
from tradefloor.operating.async_connection import connection_to
from tradefloor.operating.connection import Place

COLUMNS: Final = 112
LINES: Final = 30
LOOKS: Final = 8
MARKET_LOOKS: Final = 12
MARKET_LOOK_S: Final = 1.7
"""Now one tick of the market falls between two looks, now two."""

HOME: Final = "\x1b[H"
"""With this a command that goes on begins to draw its next frame."""

CONTROLS: Final = re.compile(r"\x1b\[\?[0-9;]*[a-z]|\x1b\[[0-9;]*[A-LN-Za-ln-z]")
"""What moves or hides something, and is no colour."""

FONTS: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich has the font fetched from elsewhere; a reader's own will do."""


def main(folder: Path) -> None:
    """Write an SVG of `top`, `inspect` and both views of the console."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, running(Path(data)) as program:
        agent_id = _have_something_to_see(program)
        beside = ("--database-path", str(program.folder / "floor.db"))
        top = ("top", "--looks", str(LOOKS), *beside)
        inspect = ("inspect", f"/agents/{agent_id}/portfolio", *beside)
        for name, arguments in {"top": top, "inspect": inspect}.items():
            with terminal(*arguments, columns=COLUMNS, lines=LINES) as window:
                _keep(folder / f"terminal-{name}.svg", _picture(window.rest(), f"tradefloor {name}"))
        _console(folder, Place(program.url, sign_in(program.url, DEMO)["token"], program.folder / "floor.db"))


def _have_something_to_see(program: Program) -> str:
    """Let two trades wait for approval; return the agent of the first."""
    with api(program.url) as client:
        agent_id = make_agent(client, "Conviction desk")
        buy(client, agent_id, "AAPL", 80)
        buy(client, agent_id, "TSLA", 500)
        buy(client, make_agent(client, "Energy desk"), "XOM", 600)
    return agent_id


def _console(folder: Path, place: Place) -> None:
    """Take both views of the console, with one agent paused, after some looks at the market."""

    async def visit(console: AtTheConsole) -> None:
        for wanted in ("conviction", "night owl"):
            await console.press("slash")
            await console.write(wanted)
            await console.press("enter", "enter", "right")
        await console.press("p")
        await console.write("odd prices since noon")
        await console.press("enter", "slash")
        await console.write("/market")
        await console.press("enter", "enter")
        for _ in range(MARKET_LOOKS):
            await console.pilot.pause(MARKET_LOOK_S)
            await console.press("f5")
        _keep(folder / "terminal-console.svg", console.app.export_screenshot(title="tradefloor console"))
        await console.press("2")
        _keep(folder / "terminal-approvals.svg", console.app.export_screenshot(title="tradefloor console"))

    at_the_console(connection_to(place), visit, size=(COLUMNS, LINES))


def _picture(drawn: str, title: str) -> str:
    """Return what was drawn last as a picture."""
    console = Console(width=COLUMNS, record=True, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(CONTROLS.sub("", drawn.rsplit(HOME, maxsplit=1)[-1]).replace("\r\n", "\n").rstrip()))
    return console.export_svg(title=title)


def _keep(file: Path, svg: str) -> None:
    file.write_text(FONTS.sub("", svg), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
