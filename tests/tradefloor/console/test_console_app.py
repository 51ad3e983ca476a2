"""The console as a whole: the way to the floor, its keys, and its end."""

from click.testing import CliRunner

from tests.fakes.console_floor import FakeFloor
from tests.fakes.piloting import AtTheConsole, at_the_console
from tradefloor.__main__ import main


def test_a_lost_connection_is_told_and_found_again() -> None:
    """With what to do; then the screen is up to date at once."""
    floor = FakeFloor()

    async def wait(console: AtTheConsole) -> None:
        floor.away = "refused"
        await console.press("f5")
        lost = console.lost()
        assert lost is not None
        assert lost.startswith("Connection lost: no floor answers at http://floor (refused); see that it runs")
        assert "├ ● market" in "\n".join(console.lines())
        floor.away = None
        floor.states["/market"] = "stuck"
        await console.press("f5")
        assert console.lost() is None
        assert console.told() == "The floor at http://floor answers again."
        assert "├ ! stuck market" in "\n".join(console.lines())

    at_the_console(floor.connection(), wait)


def test_an_act_that_nobody_answers_is_told() -> None:
    """It may be done or not; the console goes on either way."""
    floor = FakeFloor()

    async def act(console: AtTheConsole) -> None:
        await console.press("p")
        floor.away = "refused"
        await console.write("odd prices")
        await console.press("enter")
        assert console.lost() is not None

    at_the_console(floor.connection(), act)


def test_a_floor_that_is_not_ready_says_what_is_missing() -> None:
    """Its 503 is an answer."""
    floor = FakeFloor(wrong={"database": "the disk is full"})

    async def look(console: AtTheConsole) -> None:
        assert console.lines()[0].endswith("not ready: database the disk is full  4 actors")

    at_the_console(floor.connection(), look)


def test_the_keys_are_shown_until_one_is_pressed() -> None:
    """Help never does anything else."""
    floor = FakeFloor()

    async def read(console: AtTheConsole) -> None:
        await console.press("question_mark")
        assert any("pause, resume" in line for line in console.lines())
        await console.press("R")
        assert console.lines()[0].startswith(" 1 Actors ")
        assert not any("Restart 4 actors" in line for line in console.lines())

    at_the_console(floor.connection(), read)


def test_the_views_are_turned_to_by_the_mouse_too() -> None:
    """By their names."""

    async def click(console: AtTheConsole) -> None:
        await console.pilot.click("#tabs", offset=(15, 0))
        await console.settle()
        assert "Nothing waits." in console.lines()[1]

    at_the_console(FakeFloor().connection(), click)


def test_a_wide_screen_is_used() -> None:
    """The details have the room that there is."""

    async def look(console: AtTheConsole) -> None:
        await console.press("down")
        assert "handled    0, skipped 0, busy 1.2 s in all" in console.lines()[5]

    at_the_console(FakeFloor().connection(), look, size=(160, 48))


def test_q_quits() -> None:
    """Wherever one is."""

    async def leave(console: AtTheConsole) -> None:
        await console.press("q")
        assert console.app._exit

    at_the_console(FakeFloor().connection(), leave)


def test_a_pipe_is_no_terminal() -> None:
    """Exit status 2, with what does go into a pipe."""
    result = CliRunner().invoke(main, ["console"])

    assert result.exit_code == 2
    assert "tradefloor summary and tradefloor tree go into a pipe" in result.output
