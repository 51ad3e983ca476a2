"""Somebody at the console, in a test: textual runs on asyncio, so this one file of the tests does."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from attrs import frozen
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input, Static
from textual.worker import WorkerCancelled

from tradefloor.console.app import ConsoleApp
from tradefloor.console.tree import ActorTree
from tradefloor.operating.async_connection import AsyncConnection

SMALL_SCREEN = (80, 24)
FLUSHES = 6
"""A message may go from widget to widget so often before it leads to a question."""


@frozen
class AtTheConsole:
    """Presses keys and reads the screen. Each key waits for all that it led to."""

    pilot: Pilot[None]

    @property
    def app(self) -> ConsoleApp:
        """The console."""
        assert isinstance(self.pilot.app, ConsoleApp)
        return self.pilot.app

    @property
    def path(self) -> str:
        """Where the cursor of the tree is."""
        return self.app.screen_stack[0].query_one(ActorTree).path

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.app.post_message(Key(key, key if len(key) == 1 else None))
            await self.settle()

    async def write(self, text: str) -> None:
        """Write a text into the line of the dialog."""
        self.app.screen.query_one(Input).value = text
        await self.settle()

    async def settle(self) -> None:
        """Wait until all is asked, answered and shown.

        The pilot's own `pause` watches the processor until it is idle, which a busy machine never is.
        """
        flushed = 0
        while flushed < FLUSHES:
            await self.pilot._wait_for_screen()
            self.app.screen._on_timer_update()
            flushed = 0 if await self._answered() else flushed + 1

    async def _answered(self) -> bool:
        """Wait for the questions that are open, and say whether there were any."""
        open_ones = [worker for worker in self.app.workers if not worker.is_finished]
        for worker in open_ones:
            with suppress(WorkerCancelled):  # Somebody turned to something else meanwhile.
                await worker.wait()
        return bool(open_ones)

    def lines(self) -> list[str]:
        """Return the screen, line by line."""
        compositor = self.app.screen._compositor
        return ["".join(segment.text for segment in strip).rstrip() for strip in compositor.render_strips()]

    def told(self) -> str:
        """Return the line about what was done last."""
        return str(self.app.screen_stack[0].query_one("#told", Static).content)

    def lost(self) -> str | None:
        """Return the line about the lost connection, None where there is none."""
        line = self.app.screen_stack[0].query_one("#lost", Static)
        return str(line.content) if line.display else None


def at_the_console(
    floor: AsyncConnection,
    do: Callable[[AtTheConsole], Awaitable[None]],
    size: tuple[int, int] = SMALL_SCREEN,
) -> None:
    """Open the console of a floor, do something there, and close it. It looks again only when told to."""

    async def sit_down() -> None:
        async with ConsoleApp(floor, None).run_test(size=size) as pilot:
            person = AtTheConsole(pilot)
            await person.settle()
            await do(person)

    asyncio.run(sit_down())
